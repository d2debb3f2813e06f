package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Cost is what a carrier takes for short messages, or has of ours: millionths of
// a currency's major unit, since prices such as 0.0075 dollars are less than a
// cent.
type Cost struct {
	Micros   int64
	Currency string // ISO 4217
}

// ParsePrice reads a decimal such as "0.80" as millionths.
func ParsePrice(s string) (int64, error) {
	n, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "eE/xX_") {
		return 0, fmt.Errorf("%q is no price: write a decimal such as 0.80", s)
	}
	n.Mul(n, big.NewRat(1_000_000, 1))
	if !n.IsInt() || n.Sign() < 0 || !n.Num().IsInt64() || n.Num().Int64() > 1_000_000_000_000 {
		return 0, fmt.Errorf("%q is no price: write 0 to 1000000 with at most six decimals", s)
	}
	return n.Num().Int64(), nil
}

var errNoBalance = errors.New("it is no amount of money with its currency, such as 1785.50 and KES")

// maxBalance is how long a balance may be written: more than any account holds.
const maxBalance = 24

// ParseBalance reads what is left on an account, as carriers write it: "1785.5000",
// or "-0.35" where they lend. What is finer than a millionth is cut off. The error
// repeats nothing of it: it is whatever the carrier has written.
func ParseBalance(amount, currency string) (Cost, error) {
	isCode := len(currency) == 3 && strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	digits := strings.TrimPrefix(amount, "-")
	if !isCode || len(amount) > maxBalance || strings.Trim(digits, "0123456789.") != "" {
		return Cost{}, errNoBalance
	}
	n, ok := new(big.Rat).SetString(amount)
	if !ok {
		return Cost{}, errNoBalance
	}
	n.Mul(n, big.NewRat(1_000_000, 1))
	micros := new(big.Int).Quo(n.Num(), n.Denom())
	if !micros.IsInt64() {
		return Cost{}, errNoBalance
	}
	return Cost{micros.Int64(), currency}, nil
}

// Decimal writes the cost without its currency: "0.8", with two decimals at least.
func (c Cost) Decimal() string {
	sign, micros := "", uint64(c.Micros)
	if c.Micros < 0 {
		sign, micros = "-", -micros
	}
	s := fmt.Sprintf("%s%d.%06d", sign, micros/1_000_000, micros%1_000_000)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// Major is the cost in the currency's major unit, to compare and to draw.
func (c Cost) Major() float64 { return float64(c.Micros) / 1e6 }

func (c Cost) String() string { return c.Currency + " " + c.Decimal() }

// costJSON is a cost on the wire: a decimal as text, so that no reader rounds it.
type costJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON implements [json.Marshaler].
func (c Cost) MarshalJSON() ([]byte, error) {
	return json.Marshal(costJSON{c.Decimal(), c.Currency})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Cost) UnmarshalJSON(data []byte) error {
	var wire costJSON
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	micros, err := ParsePrice(wire.Amount)
	*c = Cost{micros, wire.Currency}
	return err
}

// Tariff is what a channel's carrier takes for one segment.
type Tariff struct {
	Currency string
	Prices   map[string]int64 // millionths, by the beginning of the phone number: "+254"; "+" is everybody else
}

// Prefix is the longest beginning of the phone number that has a price, or "".
func (t Tariff) Prefix(p Phone) string {
	for n := len(p); n > 0; n-- {
		if _, ok := t.Prices[string(p[:n])]; ok {
			return string(p[:n])
		}
	}
	return ""
}

// Cost is the price of segments to a phone, nil where the tariff has none.
func (t Tariff) Cost(p Phone, segments int) *Cost {
	if prefix := t.Prefix(p); prefix != "" {
		return &Cost{t.Prices[prefix] * int64(segments), t.Currency}
	}
	return nil
}
