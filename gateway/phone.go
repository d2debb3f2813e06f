package gateway

import (
	"errors"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nyaruka/phonenumbers"
)

// Phone is a phone number in E.164: "+254700000001".
type Phone string

// ErrNotPhone says that a sender is no number that could be answered: a short
// code, an alphanumeric sender, or no number at all.
var ErrNotPhone = errors.New("the sender is no phone number in international format")

// minDigits is one more than a short code has: without this the library would
// find a country for most short codes.
const minDigits = 7

// Phones reads the senders of one market. It remembers the latest: a USSD
// session sends the same number with every hop, and reading one costs more than
// the rest of a hop.
type Phones struct {
	region string
	known  *lru.Cache[string, Phone]
}

// knownPhones is how many senders are remembered, about 100 bytes each.
const knownPhones = 8192

// NewPhones returns the reader of a region, an ISO 3166 code such as "KE".
func NewPhones(region string) *Phones {
	known, err := lru.New[string, Phone](knownPhones)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &Phones{region: region, known: known}
}

// Parse is [ParsePhone] for the region.
func (p *Phones) Parse(raw string) (Phone, error) {
	if phone, ok := p.known.Get(raw); ok {
		return phone, nil
	}
	phone, err := ParsePhone(raw, p.region)
	if err == nil {
		p.known.Add(raw, phone)
	}
	return phone, err
}

// ParsePhone reads a sender as carriers write it: "+254700000001",
// "254700000001", "0700000001" (in the region, an ISO 3166 code such as "KE"),
// with the spaces and dashes people put in.
func ParsePhone(raw, region string) (Phone, error) {
	if len(raw) > 32 {
		return "", ErrNotPhone
	}
	digits := 0
	for _, r := range raw { // the library would read letters as keypad digits
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0x7e {
			return "", ErrNotPhone
		}
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if digits < minDigits {
		return "", ErrNotPhone
	}
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		n, err = phonenumbers.Parse("+"+raw, region)
	}
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", ErrNotPhone
	}
	return Phone(phonenumbers.Format(n, phonenumbers.E164)), nil
}
