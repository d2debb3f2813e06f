package account

import (
	"strconv"
	"strings"
)

// Refused is why an operator cannot be added or a password not be set. Pages
// say it in their language by its key.
type Refused struct {
	Key  string   // one of Keys
	Fill []string // what is put into its words: "{least}", "10"
}

// Error says it in English.
func (e *Refused) Error() string {
	return strings.NewReplacer(e.Fill...).Replace(English(e.Key))
}

func refused(key string, fill ...string) error {
	return &Refused{Key: "account.refused." + key, Fill: fill}
}

func most(n int) []string  { return []string{"{most}", strconv.Itoa(n)} }
func least(n int) []string { return []string{"{least}", strconv.Itoa(n)} }
