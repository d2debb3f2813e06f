package parse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"haat/gateway/gsm"
)

// MaxRunes is how much of a text is looked at: three SMS of GSM characters.
const MaxRunes = 480

// An atom is what a text is made of: a word, a run of digits, one Chinese
// character, or a sign.
type atom struct {
	kind     kind
	from, to int // in the scanned text's canon
	at, end  int // bytes in the text as it was typed
	glued    bool
	line     bool // a line ends before it
}

type kind uint8

const (
	word kind = iota
	digits
	han
	sign
)

// scanned is a text in atoms. Two texts that differ only in case, width,
// composition, zero-width characters or spacing have the same canon.
type scanned struct {
	typed string // as it came
	canon []byte // atoms with a space between two, but for Chinese characters
	atoms []atom
}

func (s *scanned) text(a atom) string { return string(s.canon[a.from:a.to]) }

// span is the canon from the i-th atom to before the j-th.
func (s *scanned) span(i, j int) []byte { return s.canon[s.atoms[i].from:s.atoms[j-1].to] }

// folding are the letters that the languages' writers use for one another.
type folding map[rune]string

// scan cuts a text into atoms.
func (f folding) scan(text string) *scanned {
	s := &scanned{typed: text, canon: make([]byte, 0, len(text)+8), atoms: make([]atom, 0, 24)}
	sc := scanner{s: s, f: f}
	n := 0
	for at, r := range text {
		if n++; n > MaxRunes {
			break
		}
		sc.at, sc.end = at, at+utf8.RuneLen(r)
		if r == utf8.RuneError {
			sc.end = at + 1
		}
		if r < utf8.RuneSelf {
			sc.add(unicode.ToLower(r))
			continue
		}
		sc.wide(r)
	}
	s.atoms = dropWordSigns(s)
	s.atoms = joinInitials(s)
	return s
}

// scanner puts folded runes together to atoms.
type scanner struct {
	s       *scanned
	f       folding
	at, end int  // of the rune in the typed text
	gap     bool // a space or a line's end was before
	line    bool
}

// wide decomposes a rune beyond ASCII, so that composed, decomposed, wide and
// stylised letters are the same.
func (sc *scanner) wide(r rune) {
	if isCircledDigit(r) { // a list's number, not a count
		sc.add('\n')
		return
	}
	var buf [utf8.UTFMax]byte
	decomposed := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if decomposed == nil {
		sc.fold(r)
		return
	}
	for _, d := range string(decomposed) {
		sc.fold(d)
	}
}

func isCircledDigit(r rune) bool { return r >= '①' && r <= '⓿' }

func (sc *scanner) fold(r rune) {
	if d, ok := gsm.Digit(r); ok {
		r = d
	}
	r = unicode.ToLower(r)
	if to, ok := sc.f[r]; ok {
		for _, t := range to {
			sc.add(t)
		}
		if to == "" {
			sc.extend()
		}
		return
	}
	if plain, ok := plainSigns[r]; ok {
		r = plain
	}
	sc.add(r)
}

// plainSigns are signs of other scripts and of typography for their ASCII ones.
var plainSigns = map[rune]rune{
	'、': ',', '。': '.', '·': ' ', '・': ' ', '،': ',', '؛': ';', '؟': '?', '।': '.', '॥': '.', '٫': '.', '٬': ',',
	'‘': '\'', '’': '\'', 'ʼ': '\'', '`': '\'', '´': '\'', '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '《': '"', '》': '"', '「': '"', '」': '"',
	'–': '-', '—': '-', '―': '-', '‐': '-', '−': '-', '〜': '~', '∼': '~', '⁄': '/', '∕': '/', '…': '.', '•': '\n', '●': '\n', '▪': '\n', '◦': '\n',
	'✓': '\n', '✔': '\n', '➤': '\n', '×': '×', '✕': '×', '✖': '×', '╳': '×', '【': '(', '】': ')', '〔': '(', '〕': ')',
	'œ': 'o', 'æ': 'a', 'ø': 'o', 'ı': 'i', 'ł': 'l', 'đ': 'd',
}

// add appends one folded rune.
func (sc *scanner) add(r rune) {
	k, ok := kindOf(r)
	if !ok {
		switch {
		case r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029:
			sc.gap, sc.line = true, true
		case dropped(r):
			sc.extend()
		default: // spaces, pictures
			sc.gap = true
		}
		return
	}
	s := sc.s
	last := len(s.atoms) - 1
	if last >= 0 && !sc.gap && k != sign && k != han && s.atoms[last].kind == k && sc.joins(last, r) {
		s.canon = utf8.AppendRune(s.canon, r)
		s.atoms[last].to, s.atoms[last].end = len(s.canon), sc.end
		return
	}
	if last >= 0 && (k != han || s.atoms[last].kind != han) {
		s.canon = append(s.canon, ' ')
	}
	from := len(s.canon)
	s.canon = utf8.AppendRune(s.canon, r)
	s.atoms = append(s.atoms, atom{kind: k, from: from, to: len(s.canon), at: sc.at, end: sc.end, glued: last >= 0 && !sc.gap, line: sc.line})
	sc.gap, sc.line = false, false
}

// extend makes a mark that says nothing part of the word before it, so that the
// word is given back as it was typed.
func (sc *scanner) extend() {
	if last := len(sc.s.atoms) - 1; last >= 0 && !sc.gap {
		sc.s.atoms[last].end = sc.end
	}
}

// joins tells whether a letter goes on the word before it: a word is of one
// script.
func (sc *scanner) joins(last int, r rune) bool {
	if s := sc.s; s.atoms[last].kind == word {
		before, _ := utf8.DecodeLastRune(s.canon)
		return script(before) == script(r)
	}
	return true
}

// dropped are marks that say nothing by themselves: accents, vowel points of
// Arabic and its tatweel, the nukta, joiners and direction marks.
func dropped(r rune) bool {
	switch {
	case r < 0x300:
		return unicode.IsControl(r) && r != '\t' && r != '\v' && r != '\f' || r == 0xad
	case r <= 0x36f, r >= 0x610 && r <= 0x61a, r >= 0x64b && r <= 0x65f, r == 0x670, r == 0x640, r >= 0x6d6 && r <= 0x6ed, r == 0x93c:
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == 0x20e3
}

// kindOf is the kind of atom that a rune is part of; not ok for what is between
// atoms.
func kindOf(r rune) (k kind, ok bool) {
	switch {
	case r >= 'a' && r <= 'z':
		return word, true
	case r >= '0' && r <= '9':
		return digits, true
	case r < utf8.RuneSelf:
		return sign, r > ' ' && r < 0x7f
	case dropped(r):
		return 0, false
	case unicode.Is(unicode.Han, r):
		return han, true
	case unicode.IsLetter(r), unicode.IsMark(r):
		return word, true
	case r == '×', unicode.Is(unicode.Sc, r):
		return sign, true
	}
	return 0, false
}

// script is that of an atom.
func (s *scanned) script(a atom) int {
	switch r, _ := utf8.DecodeRune(s.canon[a.from:]); a.kind {
	case han:
		return 4
	case word:
		return script(r)
	}
	return -1
}

// script tells scripts apart as far as words go.
func script(r rune) int {
	switch {
	case r < 0x370:
		return 0
	case r >= 0x600 && r <= 0x77f:
		return 1
	case r >= 0x900 && r <= 0x97f:
		return 2
	}
	return 3
}

// dropWordSigns drops hyphens and apostrophes within words: demi-douzaine,
// d'huile, ng'ombe are two words each.
func dropWordSigns(s *scanned) []atom {
	if !strings.ContainsAny(string(s.canon), "-'") {
		return s.atoms
	}
	within := func(i int) bool {
		a := s.atoms[i]
		return a.kind == sign && (s.canon[a.from] == '-' || s.canon[a.from] == '\'') && a.glued && i > 0 && i+1 < len(s.atoms) &&
			s.atoms[i-1].kind == word && s.atoms[i+1].kind == word && s.atoms[i+1].glued
	}
	out := &scanned{}
	for i, a := range s.atoms {
		if within(i) {
			continue
		}
		a.glued = a.glued && (i == 0 || !within(i-1))
		out.append(a, s.span(i, i+1))
	}
	s.canon = out.canon
	return out.atoms
}

// append copies an atom of another text.
func (s *scanned) append(a atom, canon []byte) {
	if last := len(s.atoms) - 1; last >= 0 && (a.kind != han || s.atoms[last].kind != han) {
		s.canon = append(s.canon, ' ')
	}
	a.from = len(s.canon)
	s.canon = append(s.canon, canon...)
	a.to = len(s.canon)
	s.atoms = append(s.atoms, a)
}

// joinInitials makes one word of letters with full stops between: d.a.p.
func joinInitials(s *scanned) []atom {
	if !strings.ContainsRune(string(s.canon), '.') {
		return s.atoms
	}
	single := func(i int) bool {
		return i < len(s.atoms) && s.atoms[i].kind == word && s.atoms[i].to-s.atoms[i].from == 1
	}
	dot := func(i int) bool {
		return i < len(s.atoms) && s.atoms[i].glued && s.atoms[i].kind == sign && s.canon[s.atoms[i].from] == '.'
	}
	out := &scanned{}
	for i := 0; i < len(s.atoms); {
		a, j := s.atoms[i], i
		letters := append([]byte(nil), s.span(i, i+1)...)
		for single(j) && dot(j+1) && single(j+2) && s.atoms[j+2].glued {
			j += 2
			letters = append(letters, s.span(j, j+1)...)
		}
		a.end = s.atoms[j].end
		out.append(a, letters)
		i = j + 1
	}
	s.canon = out.canon
	return out.atoms
}
