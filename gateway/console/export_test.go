package console

import (
	"net/url"

	"haat/gateway"
	"haat/gateway/console/account"
)

// Route is one of the table.
type Route struct {
	Method, Path string
	Role         account.Role
}

// RoutesOf is the table of the addresses.
func RoutesOf(c *Console) (all []Route) {
	for _, r := range c.routes() {
		all = append(all, Route{r.method, r.path, r.role})
	}
	return all
}

// View is a view, for tests.
type View = view

// Names of what may be chosen in a view.
var (
	Modes, Directions, Kinds, Statuses, Classes = modes, directions, kinds, statuses, classes
	Spans                                       = spanNames()
)

// AddressOf is the address of a view, and ViewAt the view at an address.
func AddressOf(c *Console, v View) string { return c.address(v) }

// ViewAt reads an address.
func ViewAt(c *Console, q url.Values) (View, error) { return c.readView(q) }

// Limits of streams.
const (
	PushRows, MaxBehind, MaxStreams, PageRows = pushRows, maxBehind, maxStreams, pageRows
)

// MaskNumbers masks the numbers in a text.
func MaskNumbers(text string, own gateway.Phone) string { return maskNumbers(text, own) }

// Numbers are what is masked, and MayBeNumber tells quickly that there is none.
var Numbers, MayBeNumber = numbers, mayBeNumber

// PhoneIDOf stands for a phone in files.
func PhoneIDOf(c *Console, p gateway.Phone) string { return c.tokens.id(p) }

// TokenOf is the token of a phone, and PhoneOf the phone of a token.
func TokenOf(c *Console, p gateway.Phone) string { return c.tokens.of(p) }

// PhoneOf reads a token.
func PhoneOf(c *Console, token string) (gateway.Phone, bool) { return c.tokens.phone(token) }

// GuessOf is how many rows an export will have, as is guessed on the way.
func GuessOf(done int64, before, oldest, at uint64) int64 {
	e := export{before: before, oldest: oldest}
	e.done.Store(done)
	e.at.Store(at)
	_, of, _ := e.progress()
	return of
}

// MoneyText writes an amount.
var MoneyText = moneyText
