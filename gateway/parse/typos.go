package parse

import "unicode/utf8"

// typos finds the words that a mistyped word may be: every word is listed under
// each form with one or two letters left out, and so is what was typed. Words
// that meet there are measured.
type typos struct {
	near    map[uint64]int32 // hash of a form -> first of its entries
	entries []typo
	bones   map[string][]string // words by their consonants
}

type typo struct {
	word string
	next int32
}

// shortestTypo is how many letters a word must have to be taken for another.
const shortestTypo = 3

func newTypos(words map[string]class) typos {
	t := typos{near: map[uint64]int32{}, bones: map[string][]string{}}
	for w := range words {
		runes := []rune(w)
		if len(runes) < shortestTypo {
			continue
		}
		if b := bones(runes); b != "" {
			t.bones[b] = append(t.bones[b], w)
		}
		eachForm(runes, func(hash uint64) {
			t.entries = append(t.entries, typo{w, t.near[hash]})
			t.near[hash] = int32(len(t.entries))
		})
	}
	return t
}

// eachForm gives the hashes of a word and of its forms with up to two letters
// left out, one in short words.
func eachForm(w []rune, do func(uint64)) {
	do(hashWithout(w, -1, -1))
	for i := range w {
		do(hashWithout(w, i, -1))
		if len(w) < 7 {
			continue
		}
		for j := i + 1; j < len(w); j++ {
			do(hashWithout(w, i, j))
		}
	}
}

// hashWithout is FNV-1a over the letters but the i-th and the j-th.
func hashWithout(w []rune, i, j int) uint64 {
	h := uint64(14695981039346656037)
	for k, r := range w {
		if k != i && k != j {
			h = (h ^ uint64(r)) * 1099511628211
		}
	}
	return h
}

// clearly is how much nearer than any other word the nearest must be.
const clearly = 0.35

// nearest is the word that was meant, if one is near enough for its length and
// clearly nearer than every other.
//
// sense tells which words mean the same goods: these do not compete.
func (t *typos) nearest(w string, classes map[string]class, sense []int32) (found, bool) {
	var buf [24]rune
	runes := buf[:0]
	for _, r := range w {
		runes = append(runes, r)
	}
	if len(runes) <= shortestTypo || len(runes) > len(buf) {
		return found{}, false
	}
	best, second := found{cost: 99}, float32(99)
	consider := func(candidate string, cost float32) {
		c := classes[candidate]
		switch {
		case best.class != 0 && sense[c] == sense[best.class]:
			if cost < best.cost {
				best.class, best.cost = c, cost
			}
		case cost < best.cost:
			best, second = found{class: c, cost: cost}, best.cost
		case cost < second:
			second = cost
		}
	}
	eachForm(runes, func(hash uint64) {
		for e := t.near[hash]; e > 0; e = t.entries[e-1].next {
			candidate := t.entries[e-1].word
			cost := distance(runes, candidate)
			if cost > tolerance(min(len(runes), utf8.RuneCountInString(candidate))) {
				cost += 10 // competes with nothing
			}
			consider(candidate, cost)
		}
	})
	if b := bones(runes); b != "" {
		for _, candidate := range t.bones[b] { // only vowels differ
			consider(candidate, min(1.2, distance(runes, candidate)))
		}
	}
	return best, best.cost < 10 && second-best.cost >= clearly
}

// bones are the consonants of a long word, those typed twice once: people who
// spell by ear keep them. Empty where there are too few to tell words apart.
func bones(w []rune) string {
	if len(w) < 6 {
		return ""
	}
	var b []rune
	for i, r := range w {
		if i > 0 && isVowel(r) || len(b) > 0 && b[len(b)-1] == r {
			continue
		}
		b = append(b, r)
	}
	if len(b) < 4 {
		return ""
	}
	return string(b)
}

// tolerance is how much may be wrong with a word of so many letters.
func tolerance(n int) float32 {
	switch {
	case n < shortestTypo:
		return 0
	case n == 3:
		return 0.3
	case n == 4:
		return 0.5
	case n == 5:
		return 0.6
	case n <= 7:
		return 1
	case n <= 10:
		return 1.5
	}
	return 2
}

// distance measures what must have gone wrong for the candidate to be typed as
// w: whole units for any letter, less for what thumbs and ears do.
func distance(w []rune, candidate string) float32 {
	var buf [24]rune
	c := buf[:0]
	for _, r := range candidate {
		if len(c) == len(buf) {
			return 99
		}
		c = append(c, r)
	}
	if d := len(w) - len(c); d > 4 || d < -4 {
		return 99
	}
	var rows [3][25]float32
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range c {
		last[j+1] = last[j] + dropCost(c, j)
	}
	for i := range w {
		row[0] = last[0] + dropCost(w, i)
		for j := range c {
			best := last[j] + swapCost(w[i], c[j], i == 0 || j == 0)
			best = min(best, last[j+1]+dropCost(w, i), row[j]+dropCost(c, j))
			if i > 0 && j > 0 && w[i] == c[j-1] && w[i-1] == c[j] {
				best = min(best, before[j-1]+0.5)
			}
			row[j+1] = best
		}
		before, last, row = last, row, before
	}
	return last[len(c)]
}

// dropCost is the price of one letter too many or too few.
func dropCost(w []rune, i int) float32 {
	switch {
	case i > 0 && w[i] == w[i-1]:
		return 0.3
	case i == 0:
		return 1.5
	case isVowel(w[i]):
		return 0.4
	case w[i] == 'h':
		return 0.4
	}
	return 1
}

// swapCost is the price of one letter typed for another.
func swapCost(a, b rune, first bool) float32 {
	cost := float32(1)
	switch {
	case a == b:
		return 0
	case isVowel(a) && isVowel(b), sameSound(a, b):
		cost = 0.5
	case neighbours(a, b):
		cost = 0.6
	}
	if first {
		cost *= 1.6
	}
	return cost
}

// isVowel tells of the letters that hurried writers leave out: Latin vowels, and
// the vowel signs of Devanagari.
func isVowel(r rune) bool {
	switch r {
	case 'a', 'e', 'i', 'o', 'u', 'y', 'ا', 'و', 'ي':
		return true
	}
	return r >= 0x900 && r <= 0x903 || r >= 0x93e && r <= 0x94d
}

// sounds are letters that writers by ear do not tell apart.
var sounds = [...]string{"ckqx", "szc", "vwbf", "lr", "jgz", "iy", "td", "pb", "mn",
	"سصثش", "تط", "دضذ", "ضظص", "كق", "حهجخ", "زذظر", "عاغ", "بتثني", "فق",
	"सशष", "नण", "बव", "टत", "डद", "ढध", "जझ", "रड", "दध", "कख", "गघ", "चछ", "पफ", "बभ"}

func sameSound(a, b rune) bool {
	return int(a) < len(soundsOf) && int(b) < len(soundsOf) && soundsOf[a]&soundsOf[b] != 0
}

// soundsOf are the sounds that a letter belongs to, one bit for each. It ends
// after Devanagari, the last script of which there are any.
var soundsOf = func() (of [0x980]uint64) {
	for i, letters := range sounds {
		for _, r := range letters {
			of[r] |= 1 << i
		}
	}
	return of
}()

// neighbours tells of letters side by side on a keyboard or on one key of a
// keypad.
func neighbours(a, b rune) bool {
	return a < utf8.RuneSelf && b < utf8.RuneSelf && (sideBySide[a&0x7f][b&0x7f] || keypad[a&0x7f] != 0 && keypad[a&0x7f] == keypad[b&0x7f])
}

var keypad = func() (keys [128]byte) {
	for i, letters := range [...]string{"abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"} {
		for _, r := range letters {
			keys[r] = byte(i + 2)
		}
	}
	return keys
}()

var sideBySide = func() (near [128][128]bool) {
	for _, row := range [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm", "awzs", "sexd", "drcf", "ftvg", "gybh", "hunj", "jimk"} {
		for i := 1; i < len(row); i++ {
			near[row[i-1]][row[i]], near[row[i]][row[i-1]] = true, true
		}
	}
	return near
}()
