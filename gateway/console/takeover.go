package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"haat/gateway"
	"haat/gateway/console/account"
)

// Talk is how operators take part in a conversation.
type Talk interface {
	// Held is who holds the phone; the zero Hold where nobody does.
	Held(ctx context.Context, p gateway.Phone) (gateway.Hold, error)
	// TakeOver gives the phone to an operator; the channel is for one that never
	// wrote.
	TakeOver(ctx context.Context, p gateway.Phone, channel, by string) (gateway.Hold, error)
	// HandBack gives it back to haat.
	HandBack(ctx context.Context, p gateway.Phone, by string) error
	// Write sends an SMS. Why it may not be is one of the gateway's errors.
	Write(ctx context.Context, n gateway.Notice) error
}

// Acts of operators in a conversation, as the audit log names them.
const (
	ActTakeOver = "takeover"
	ActHandBack = "handback"
	ActWrite    = "write"
)

func (c *Console) takeOverRoutes() []route {
	routes := []route{{"GET", "/phone/{token}/side", account.Viewer, c.sidePart}}
	if c.Talk == nil || len(c.Writers) == 0 {
		return routes
	}
	return append(routes,
		route{"POST", "/phone/{token}/takeover", account.Agent, c.takeOver},
		route{"POST", "/phone/{token}/handback", account.Agent, c.handBack},
		route{"POST", "/phone/{token}/write", account.Agent, c.write},
		route{"POST", "/compose/size", account.Agent, c.sizePart},
	)
}

// holdView is who speaks with the phone.
type holdView struct {
	Token string
	By    string // the operator; "" where haat does
	Mine  bool   // they are who looks
	Ended string // who had it until it ended by itself
	Left  int64  // seconds until it ends by itself
	May   bool   // who looks may take it over and hand it back
	Error string // the text of what did not work
}

// Clock is what is left as a clock shows it.
func (h holdView) Clock() string {
	if h.Left >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", h.Left/3600, h.Left/60%60, h.Left%60)
	}
	return fmt.Sprintf("%d:%02d", h.Left/60, h.Left%60)
}

// holdOf is who speaks with the phone after its latest turn.
func (c *Console) holdOf(ctx context.Context, phone gateway.Phone, turn gateway.Turn) (holdView, error) {
	shown := holdView{Token: c.tokens.of(phone)}
	if c.Talk == nil || turn.Hold == nil {
		return shown, nil
	}
	hold, err := c.Talk.Held(ctx, phone)
	if err != nil {
		return shown, err
	}
	if hold.By == "" {
		shown.Ended = turn.Hold.By
		return shown, nil
	}
	left := hold.Until.Sub(c.Now()) + time.Second - 1
	shown.By, shown.Left = hold.By, max(0, int64(left/time.Second))
	return shown, nil
}

// offered is the hold with what the operator of a request may do about it.
func (c *Console) offered(r *http.Request, h holdView) holdView {
	operator, _ := c.Gate.Of(r)
	h.Mine = h.By != "" && h.By == operator.Name
	h.May = c.Talk != nil && len(c.Writers) > 0 && operator.Role.May(account.Agent)
	return h
}

func (c *Console) takeOver(w http.ResponseWriter, r *http.Request) {
	c.operate(w, r, ActTakeOver, func(phone gateway.Phone, by string) error {
		_, err := c.Talk.TakeOver(r.Context(), phone, c.Writers[0].Channel, by)
		return err
	})
}

func (c *Console) handBack(w http.ResponseWriter, r *http.Request) {
	c.operate(w, r, ActHandBack, func(phone gateway.Phone, by string) error {
		return c.Talk.HandBack(r.Context(), phone, by)
	})
}

// operate does something to a phone, once it is recorded who does it and from
// whom it is taken. A page with scripts gets its bar anew, and keeps what is
// being written.
func (c *Console) operate(w http.ResponseWriter, r *http.Request, what string, do func(gateway.Phone, string) error) {
	phone, operator, ok := c.acting(w, r)
	if !ok {
		return
	}
	held, err := c.Talk.Held(r.Context(), phone)
	if err == nil {
		act := account.Act{At: c.Now(), By: operator.Name, What: what, About: masked(phone)}
		if held.By != "" && held.By != operator.Name {
			act.Detail = c.texts.say(model, "act.held_by", "name", held.By)
		}
		err = c.Gate.Record(r.Context(), act)
	}
	if err == nil {
		err = do(phone, operator.Name)
	}
	script := r.Header.Get("HX-Request") != ""
	if err != nil && !script {
		c.fail(w, r, err)
		return
	}
	if !script {
		http.Redirect(w, r, "/phone/"+r.PathValue("token")+"#write", http.StatusSeeOther)
		return
	}
	failed := ""
	if err != nil {
		c.Logger.Error().Err(err).Str("page", r.Pattern).Msg("an operator could not take over or hand back")
		failed = "hold.failed"
	}
	side, err := c.sideOf(r.Context(), c.texts.of(r), phone)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	side.Hold = c.offered(r, side.Hold)
	side.Hold.Error = failed
	c.part(w, r, "hold", side.Hold)
}

// acting is the phone of the address and the operator of the request, or an
// answer that there is none.
func (c *Console) acting(w http.ResponseWriter, r *http.Request) (gateway.Phone, account.Operator, bool) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return "", account.Operator{}, false
	}
	operator, ok := c.Gate.Of(r)
	if !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
	}
	return phone, operator, ok
}
