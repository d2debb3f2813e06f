package screen

import (
	"cmp"
	"strings"
)

// minHint is the length in UTF-16 code units below which the beginning of a
// hint says less than the title that it would stand for: "Not", "Please". So
// does one that lacks more than a third of its words.
const minHint = 10

// render writes a page with its hint. The hint takes what room it finds and
// leaves the content alone.
func (l *layout) render(s sheet, hint, short string) string {
	if hint = l.directed(plain(hint)); hint == "" {
		return l.text(s, s.frame, "")
	}
	short = cmp.Or(l.directed(plain(short)), hint)
	bare := frame{bare: true}
	for _, f := range [...]frame{s.frame, {bare: s.frame.bare}, bare} {
		for _, hint := range [...]string{hint, short} {
			if text := l.text(s, f, hint); l.budget.Fits(text) {
				return text
			}
		}
	}
	hint = short
	rest := measure(l.text(s, bare, "")).plus(ascii(1))
	n := head(hint, func(h size) bool { return l.budget.holds(rest.plus(h)) })
	if said := measure(hint[:n]).units; said < minHint || 3*said < 2*measure(hint).units {
		return l.text(s, s.frame, "")
	}
	return l.text(s, bare, hint[:n])
}

// text joins the lines of a page.
func (l *layout) text(s sheet, f frame, hint string) string {
	var p pageText
	p.Grow(2 * l.budget.Septets)
	p.line(hint)
	p.line(f.title.text)
	for at := s.from; at != s.to; {
		k := &l.blocks[at.block]
		if at.block == s.to.block {
			p.line(l.piece(at, strings.TrimRight(k.text[at.offset:s.to.offset], " ")))
			break
		}
		p.option(k.key, l.piece(at, k.text[at.offset:]))
		at = position{at.block + 1, 0}
	}
	l.nav.write(&p, f.bare, !s.last)
	return p.String()
}

// pageText is a page as it is written.
type pageText struct{ strings.Builder }

func (p *pageText) line(text string) { p.option("", text) }

// option writes a line "key.text", or the one of the two that there is.
func (p *pageText) option(key, text string) {
	if key == "" && text == "" {
		return
	}
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	p.WriteString(key)
	p.WriteString(dot(key, text))
	p.WriteString(text)
}

func (p *pageText) labelled(key, text string) {
	p.WriteString(key)
	if key != "" && text != "" {
		p.WriteByte('.')
	}
	p.WriteString(text)
}

// write adds the line of the fixed keys.
func (n *navigation) write(p *pageText, bare, more bool) {
	before := byte('\n')
	add := func(key, label string) {
		if p.Len() > 0 {
			p.WriteByte(before)
		}
		before = ' '
		if bare {
			label = ""
		}
		p.labelled(key, label)
	}
	if more {
		add(KeyMore, n.more)
	}
	if n.back != "" {
		add(KeyBack, n.back)
	}
	if n.home != "" {
		add(KeyHome, n.home)
	}
}
