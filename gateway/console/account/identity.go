package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/text/unicode/norm"
)

// ByProvider is by whom the acts are that follow from what the OpenID Connect
// provider says.
const ByProvider = "(OpenID Connect)"

// maxSubject is how long a subject may be, in octets (OpenID Connect Core, 2).
const maxSubject = 255

// identity is somebody as the provider knows them.
type identity struct {
	issuer, subject string
	email           string // "" unless the provider has verified it
	call            string // what they like to be called, for a name
	role            Role   // that the claim gives, "" for none
}

// key is how the identity is kept: a subject means something at its issuer only.
func (id identity) key() string { return id.issuer + " " + id.subject }

// strangerError is that somebody has signed in there and is not known here. It
// is told by what they could be.
type strangerError struct{ subject string }

func (strangerError) Error() string   { return errStranger.Error() }
func (strangerError) Is(e error) bool { return e == errStranger }

// read takes out of a token that was verified what concerns us.
func (p *provider) read(token *oidc.IDToken) (id identity, err error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return id, fmt.Errorf("%w: %w", errToken, err)
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	if len(token.Audience) > 1 && text("azp") != p.ClientID {
		return id, fmt.Errorf("%w: it was made for another program", errToken)
	}
	if token.Subject == "" || len(token.Subject) > maxSubject {
		return id, fmt.Errorf("%w: it has no subject that could be kept", errToken)
	}
	id = identity{issuer: token.Issuer, subject: token.Subject, role: p.roleOf(claims)}
	if claims["email_verified"] == true || text("email_verified") == "true" { // some write it as a text
		id.email = plainLower(text("email"))
	}
	mailbox, _, _ := strings.Cut(text("email"), "@")
	for _, call := range []string{text("preferred_username"), mailbox, text("name"), "operator"} {
		if id.call = asName(call); id.call != "" {
			break
		}
	}
	return id, nil
}

// roleOf is the highest role that the claim gives.
func (p *provider) roleOf(claims map[string]any) (role Role) {
	if p.Claim == "" {
		return ""
	}
	value, ok := claims[p.Claim]
	for at, path := any(claims), strings.Split(p.Claim, "."); !ok && len(path) > 0; path = path[1:] {
		within, _ := at.(map[string]any)
		at = within[path[0]]
		value = at
	}
	values, many := value.([]any)
	if !many {
		values = []any{value}
	}
	for _, v := range values {
		if s, ok := v.(string); ok && rank(p.Roles[s]) > rank(role) {
			role = p.Roles[s]
		}
	}
	return role
}

// plainLower folds the case of A to Z alone: further letters that look alike
// belong to other people's addresses.
func plainLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// asName makes a name for an operator of what somebody is called elsewhere, ""
// where nothing is left.
func asName(call string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(strings.ToValidUTF8(call, "")) {
		switch {
		case b.Len() == 0 && !named.MatchString(string(r)):
		case named.MatchString(b.String() + string(r)):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if utf8.RuneCountInString(b.String()) == MaxName-4 { // there must be room for a number
			break
		}
	}
	return strings.TrimRight(b.String(), "-")
}

// operatorOf finds whom an identity lets in: an operator who has come by it
// before, one whom an administrator has linked, or a new one whose claim gives a
// role.
func (a *Accounts) operatorOf(ctx context.Context, id identity) (o operator, err error) {
	var name string
	var stranger error
	err = a.change(ctx, "signing in by OpenID Connect", func(tx *sql.Tx) error {
		name, stranger = "", nil
		for _, find := range []func(context.Context, *sql.Tx, identity) (string, error){cameBefore, wasLinked, comesByClaim} {
			if name, err = find(ctx, tx, id); err != nil || name != "" {
				break
			}
		}
		if errors.Is(err, errStranger) {
			stranger, err = err, nil // what was done about their sessions stays done
		}
		return err
	})
	switch {
	case err != nil:
		return o, err
	case name == "" || stranger != nil:
		return o, strangerError{id.subject}
	}
	return a.find(ctx, name)
}

// cameBefore finds an operator by the subject. The role of one who came by a
// claim follows it.
func cameBefore(ctx context.Context, tx *sql.Tx, id identity) (name string, err error) {
	var role Role
	var byClaim bool
	err = tx.QueryRowContext(ctx, "SELECT name, role, by_claim FROM operators WHERE subject = $1", id.key()).Scan(&name, &role, &byClaim)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil || !byClaim || role == id.role {
		return name, err
	}
	if id.role == "" {
		if err := renewStamp(ctx, tx, name); err != nil {
			return "", err
		}
		return "", errStranger
	}
	if _, err := tx.ExecContext(ctx, "UPDATE operators SET role = $2 WHERE subject = $1", id.key(), string(id.role)); err != nil {
		return "", err
	}
	if err := renewStamp(ctx, tx, name); err != nil {
		return "", err
	}
	return name, record(ctx, tx, Act{By: ByProvider, What: ActRole, About: name, Detail: string(id.role)})
}

// wasLinked finds an operator whom an administrator has linked and who comes for
// the first time. From then on only the subject counts: an address may be given
// to somebody else one day.
func wasLinked(ctx context.Context, tx *sql.Tx, id identity) (name string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT name FROM operators WHERE subject IS NULL AND awaited = CASE WHEN instr(awaited, '@') THEN $2 ELSE $1 END
		ORDER BY instr(awaited, '@') LIMIT 1`, id.subject, id.email).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE operators SET subject = $2 WHERE folded = $1", folded(name), id.key()); err != nil {
		return "", err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM barred WHERE subject = $1", id.key())
	return name, err
}

// comesByClaim makes an operator of whom the claim gives a role, unless one of
// that subject was removed here.
func comesByClaim(ctx context.Context, tx *sql.Tx, id identity) (name string, err error) {
	if id.role == "" {
		return "", nil
	}
	var barred bool
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM barred WHERE subject = $1)", id.key()).Scan(&barred); err != nil || barred {
		return "", err
	}
	name, err = freeName(ctx, tx, id.call)
	if err != nil {
		return "", err
	}
	o := operator{Operator: Operator{Name: name, Role: id.role, At: time.Now()}, subject: id.key(), byClaim: true}
	if err := insertOperator(ctx, tx, o); err != nil {
		return "", err
	}
	return name, record(ctx, tx, Act{By: ByProvider, What: ActAdded, About: name, Detail: string(id.role)})
}

// freeName is a name that nobody has: whoever is called like an operator
// elsewhere is not that operator.
func freeName(ctx context.Context, tx *sql.Tx, call string) (string, error) {
	for n := 1; n <= MaxOperators; n++ {
		name := call
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		var taken bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM operators WHERE folded = $1)", folded(name)).Scan(&taken)
		if err != nil {
			return "", err
		}
		if !taken && folded(name) != demoName {
			return name, nil
		}
	}
	return "", refused("taken")
}
