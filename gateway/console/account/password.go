package account

import (
	"bufio"
	_ "embed"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What a password may be, in characters.
const (
	MinPassword = 10
	MaxPassword = 200
)

// leftOver is how many characters must be left of a password when the name or
// one of the worst words is taken out of it: "amina12345" has five.
const leftOver = 6

// variety is how many different characters a password has at least.
const variety = 5

// worst are pieces of the passwords that are found first in every leak, one a
// line and in small letters.
//
//go:embed worst.txt
var worst string

// normal is a password as it is hashed: keyboards write the same letter in
// more than one way (RFC 8265).
func normal(password string) string { return norm.NFC.String(password) }

// folded is a name or a password without the difference of case and width.
func folded(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// checkPassword tells why nobody of that name should have the password.
func checkPassword(name, password string) error {
	length := utf8.RuneCountInString(normal(password))
	switch {
	case length < MinPassword:
		return refused("short", least(MinPassword)...)
	case length > MaxPassword:
		return refused("long", most(MaxPassword)...)
	}
	plain := folded(password)
	if !leaves(plain, folded(name)) {
		return refused("personal")
	}
	seen := map[rune]bool{}
	for _, r := range plain {
		seen[r] = true
	}
	if len(seen) < variety {
		return refused("easy")
	}
	for lines := bufio.NewScanner(strings.NewReader(worst)); lines.Scan(); {
		if !leaves(plain, lines.Text()) {
			return refused("easy")
		}
	}
	return nil
}

// leaves tells whether a password is more than a piece and a little.
func leaves(password, piece string) bool {
	if piece == "" || !strings.Contains(password, piece) {
		return true
	}
	return utf8.RuneCountInString(strings.ReplaceAll(password, piece, "")) >= leftOver
}
