package screen

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// block is a line of the draft that is to be placed: a line to read, which may
// flow over pages, or an option.
type block struct {
	key, text string
	size      size // with the line break before it
	flows     bool
}

// position is a place in the draft: so many whole blocks and, of a line that
// flows over pages, so many bytes.
type position struct{ block, offset int }

// sheet is a page that was broken off: all from one position to another.
type sheet struct {
	frame    frame
	from, to position
	last     bool
}

// layout is a draft made ready to be broken into sheets: cleaned, measured, and
// with no option that is longer than a page.
type layout struct {
	budget Budget
	rtl    bool
	title  line
	once   bool // the title is for the first page alone
	nav    navigation
	blocks []block
	finals int // the first of the blocks that stand together on the last page
}

func newLayout(d *Draft, b Budget) *layout {
	l := &layout{budget: b, rtl: d.RightToLeft, once: d.TitleOnce}
	l.nav = newNavigation(d.Nav, l)
	l.blocks = make([]block, 0, len(d.Body)+len(d.Options)+len(d.Final)+1)
	for _, text := range d.Body {
		l.addText(text)
	}
	for _, o := range d.Options {
		l.addOption(o)
	}
	l.addFinal(d.Final)
	if len(l.blocks) > 0 {
		l.title = l.line(l.directed(plain(d.Title)))
		return l
	}
	// A title that is all there is to read is not shortened: it flows.
	l.addText(d.Title)
	l.finals = len(l.blocks)
	return l
}

func (l *layout) addText(text string) {
	for text := range strings.SplitSeq(text, "\n") {
		if text = l.directed(plain(text)); text != "" {
			l.blocks = append(l.blocks, block{text: text, size: l.measure(text).plus(ascii(1)), flows: true})
		}
	}
}

// addOption adds as much of an option as a page can hold that has nothing else
// but bare keys: its text, else its short text, else the beginning of that.
func (l *layout) addOption(o Option) {
	k := l.option(o, false)
	if !l.fitsAlone(k, true, true) {
		k = l.option(o, true)
	}
	if !l.fitsAlone(k, true, true) {
		room := l.room(frame{bare: true}, k.keySize().plus(ascii(-1)))
		k = l.keyed(k.key, shorten(k.text, room))
	}
	if k.key != "" || k.text != "" {
		l.blocks = append(l.blocks, k)
	}
}

// addFinal adds the final options: all with their texts or all with their
// short texts where a page can hold them together, else they flow.
func (l *layout) addFinal(options []Option) {
	l.finals = len(l.blocks)
	for _, short := range [...]bool{false, true} {
		together := l.nav.size(true, false).plus(ascii(-1))
		for _, o := range options {
			if k := l.option(o, short); k.key != "" || k.text != "" {
				l.blocks = append(l.blocks, k)
				together = together.plus(k.size)
			}
		}
		if l.budget.holds(together) {
			return
		}
		l.blocks = l.blocks[:l.finals]
	}
	for _, o := range options {
		l.addOption(o)
	}
	l.finals = len(l.blocks)
}

// option is the line of an option with its text, or with its short text where
// that is asked for or all there is.
func (l *layout) option(o Option, short bool) block {
	text := plain(o.Text)
	if short || text == "" {
		text = cmp.Or(plain(o.Short), text)
	}
	return l.keyed(firstRunes(plain(o.Key), maxKey), l.directed(text))
}

func (l *layout) keyed(key, text string) block {
	k := block{key: key, text: text}
	k.size = k.keySize().plus(l.measure(text))
	return k
}

// keySize is the size of an option's line before its text.
func (k block) keySize() size {
	s := ascii(1).plus(measure(k.key))
	return s.plus(ascii(len(dot(k.key, k.text))))
}

// dot is what stands between the key of an option and its text. A text that
// begins with a number is kept apart, lest "1." and "2 x Rice" be read as 1.2.
func dot(key, text string) string {
	if key == "" || text == "" {
		return ""
	}
	if r, _ := utf8.DecodeRuneInString(text); unicode.IsDigit(r) {
		return ". "
	}
	return "."
}

// fitsAlone tells whether a block can stand whole on a page of its own, without
// the title.
func (l *layout) fitsAlone(k block, bare, more bool) bool {
	return l.budget.holds(k.size.plus(ascii(-1)).plus(l.nav.size(bare, more)))
}

// room tells what a page can hold in a frame beside what is used of it.
func (l *layout) room(f frame, used size) func(size) bool {
	used = used.plus(f.title.size).plus(l.nav.size(f.bare, true))
	return func(s size) bool { return l.budget.holds(used.plus(s)) }
}

// measure is the size of a text. Of one that is far too long it is the size
// of its beginning, which does not fit either: the cost of a page must not
// grow with what comes after it.
func (l *layout) measure(text string) size {
	if end := l.budget.bytes() + utf8.UTFMax; len(text) > end {
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return measure(text)
}

// sizeAt is the size of what is left of a block.
func (l *layout) sizeAt(at position) size {
	k := &l.blocks[at.block]
	if at.offset == 0 {
		return k.size
	}
	return l.measure(k.text[at.offset:]).plus(ascii(1)).plus(l.markAt(at))
}
