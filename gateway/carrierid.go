package gateway

import (
	"strconv"
	"strings"
)

// sameIDs tell whether two of a carrier's ids are one, the strictest way to read
// them first: carriers give an id when they take an SMS, and report on it in
// another case or without its leading zeros, or in hexadecimal instead of
// decimal.
var sameIDs = []func(a, b string) bool{
	func(a, b string) bool { return a == b },
	func(a, b string) bool { return plainID(a) == plainID(b) },
	func(a, b string) bool { a, b = plainID(a), plainID(b); return inHex(a, b) || inHex(b, a) },
}

func plainID(id string) string { return strings.TrimLeft(strings.ToLower(id), "0") }

// inHex tells whether hex is the decimal number written in hexadecimal.
func inHex(decimal, hex string) bool {
	n, err := strconv.ParseUint(decimal, 10, 64)
	return err == nil && strconv.FormatUint(n, 16) == hex
}
