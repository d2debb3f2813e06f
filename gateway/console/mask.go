package console

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"haat/gateway"
)

// lastShown is how many digits of a number stay to be seen: enough to tell the
// phones of a page apart, too few to call one.
const lastShown = 3

const dots = "•••"

// masked is a phone as pages show it.
func masked(p gateway.Phone) string {
	digits := strings.TrimPrefix(string(p), "+")
	if len(digits) < 2*lastShown || strings.Trim(digits, "0123456789") != "" {
		return dots
	}
	return dots + digits[len(digits)-lastShown:]
}

// numbers are what may be somebody's phone number in a text: with a plus, with a
// leading zero in groups as people write them, or just many digits. Lists of
// product numbers are none: they do not begin so and are short.
var numbers = regexp.MustCompile(`\+\p{Nd}(?:[ ().-]{0,2}\p{Nd}){7,14}` +
	`|\b0\p{Nd}{2,4}(?:[ .-]?\p{Nd}{3,4}){2,3}` +
	`|\b0\p{Nd}(?:[ .-]\p{Nd}{2}){4}\b` +
	`|\p{Nd}{9,}`)

// maskNumbers masks the numbers in a text of the phone: its own, however short,
// and whatever else looks like one.
func maskNumbers(text string, own gateway.Phone) string {
	if digits := strings.TrimPrefix(string(own), "+"); len(digits) >= 2*lastShown && strings.Contains(text, digits) {
		text = strings.NewReplacer("+"+digits, masked(own), digits, masked(own)).Replace(text)
	}
	if !mayBeNumber(text) {
		return text
	}
	return numbers.ReplaceAllStringFunc(text, func(number string) string {
		end := len(number)
		for range lastShown {
			_, size := utf8.DecodeLastRuneInString(number[:end])
			end -= size
		}
		return dots + strings.TrimLeft(number[end:], " ().-")
	})
}

// What [numbers] asks for at least: fewer digits are none, nor are those with more
// between them.
const (
	leastDigits = 8
	mostBetween = 2
)

// mayBeNumber tells quickly that there is no number in a text, as in most: it
// finds all that numbers does, and more.
func mayBeNumber(text string) bool {
	digits, between := 0, 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9', r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r):
			if digits++; digits == leastDigits {
				return true
			}
			between = 0
		case r == ' ' || r == '(' || r == ')' || r == '.' || r == '-':
			if between++; between > mostBetween {
				digits = 0
			}
		default:
			digits = 0
		}
	}
	return false
}
