package dialogue

import (
	"strconv"

	"haat/gateway/screen"
)

// moreNumber is the number that cannot be an option's, for it turns the page.
const moreNumber = 98

// optionKey is the number of the i-th choice of a list, counted from 0. The
// numbers run on over the pages, so that a number means the same choice
// wherever the phone has paged to, and pass over the key for more.
func optionKey(i int) string {
	n := i + 1
	if n >= moreNumber {
		n++
	}
	return strconv.Itoa(n)
}

// choose finds the choice that a key means among n, and gives a hint when there
// is none.
func (t *talk) choose(key string, n int) (int, bool) {
	i, ok := parseKey(key)
	if ok && i > moreNumber {
		i--
	}
	if !ok || i < 1 || i > n {
		t.again(hintChoice)
		return 0, false
	}
	return i - 1, true
}

// parseKey reads a number that is written as the screen writes it.
func parseKey(key string) (int, bool) {
	if len(key) > 6 || key == "" || key[0] == '0' {
		return 0, false
	}
	n, err := strconv.Atoi(key)
	return n, err == nil
}

// decide finds which of the n closing choices of a screen a key means, counted
// from 1, or gives a hint. They can be chosen only where they stand, on the last
// page: nobody agrees to what was not shown.
func (t *talk) decide(key string, n int) int {
	i, ok := parseKey(key)
	switch {
	case !ok || i < 1 || i > n:
		t.again(hintChoice)
	case !t.s.Last:
		t.again(hintReadOn)
	default:
		return i
	}
	return 0
}

// options numbers texts from 1.
func options(texts ...string) []screen.Option {
	list := make([]screen.Option, len(texts))
	for i, text := range texts {
		list[i] = screen.Option{Key: optionKey(i), Text: text}
	}
	return list
}
