package consoletest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/gateway/console/account"
)

// Operators are those of a console in memory: the three of [NewGate]. They
// refuse what the accounts would, as far as pages can tell.
type Operators struct {
	mu   sync.Mutex
	all  []account.Member
	Did  []string // what was asked for, in order
	Fail error    // what every call fails with; set before the first
}

// NewOperators returns them.
func NewOperators() *Operators {
	o := &Operators{}
	for _, role := range []account.Role{account.Admin, account.Agent, account.Viewer} {
		o.all = append(o.all, account.Member{Operator: account.Operator{Name: string(role), Role: role, At: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}, Password: true, Sessions: 1})
	}
	return o
}

// Add adds one as it is.
func (o *Operators) Add(m account.Member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, m)
}

func refuse(why string) error { return &account.Refused{Key: "account.refused." + why} }

// do finds an operator, notes what is done, and does it.
func (o *Operators) do(what, name string, change func(at int) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Fail != nil {
		return o.Fail
	}
	at := slices.IndexFunc(o.all, func(m account.Member) bool { return m.Name == name })
	if err := change(at); err != nil {
		return err
	}
	o.Did = append(o.Did, what+" "+name)
	return nil
}

// there is a change of an operator that there is.
func (o *Operators) there(change func(m *account.Member) error) func(int) error {
	return func(at int) error {
		if at < 0 {
			return account.ErrNotFound
		}
		return change(&o.all[at])
	}
}

// Members implements the console's port.
func (o *Operators) Members(context.Context) ([]account.Member, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all), o.Fail
}

// Invite implements the console's port.
func (o *Operators) Invite(_ context.Context, by, name string, role account.Role) (string, error) {
	return "TOKEN", o.do("invite "+by, name, func(at int) error {
		if at >= 0 {
			return refuse("taken")
		}
		if name == "" || strings.Contains(name, " ") {
			return refuse("name")
		}
		if !role.May(account.Viewer) {
			return refuse("role")
		}
		o.all = append(o.all, account.Member{Operator: account.Operator{Name: name, Role: role}, Invited: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)})
		return nil
	})
}

// InviteAgain implements the console's port.
func (o *Operators) InviteAgain(_ context.Context, by, name string) (string, error) {
	return "AGAIN", o.do("invite again "+by, name, o.there(func(*account.Member) error { return nil }))
}

// AddLinked implements the console's port.
func (o *Operators) AddLinked(_ context.Context, by, name string, role account.Role, subject string) error {
	return o.do("add linked "+by+" "+subject, name, func(at int) error {
		o.all = append(o.all, account.Member{Operator: account.Operator{Name: name, Role: role}, Linked: subject})
		return nil
	})
}

// Link implements the console's port.
func (o *Operators) Link(_ context.Context, by, name, subject string) error {
	return o.do("link "+by+" "+subject, name, o.there(func(m *account.Member) error {
		m.Linked = subject
		return nil
	}))
}

// SetRole implements the console's port.
func (o *Operators) SetRole(_ context.Context, by, name string, role account.Role) error {
	return o.do("role "+by+" "+string(role), name, o.there(func(m *account.Member) error {
		if by == name {
			return refuse("self")
		}
		m.Role = role
		return nil
	}))
}

// EndSessions implements the console's port.
func (o *Operators) EndSessions(_ context.Context, by, name string) error {
	return o.do("sessions "+by, name, o.there(func(m *account.Member) error {
		m.Sessions = 0
		return nil
	}))
}

// Remove implements the console's port.
func (o *Operators) Remove(_ context.Context, by, name string) error {
	return o.do("remove "+by, name, func(at int) error {
		switch {
		case at < 0:
			return account.ErrNotFound
		case by == name:
			return refuse("self")
		}
		o.all = slices.Delete(o.all, at, at+1)
		return nil
	})
}

// ChangePassword implements the console's port: the old one is "old".
func (o *Operators) ChangePassword(_ http.ResponseWriter, _ *http.Request, old, password, repeat string) error {
	return o.do("password", "", func(int) error {
		switch {
		case old != "old":
			return refuse("old")
		case password != repeat:
			return refuse("unlike")
		}
		return nil
	})
}
