package screen

// sheet breaks the page off that begins at the position, in the best frame in
// which its first block makes headway. A frame that is out of proportion is
// good enough only where all that is left fits into it.
func (l *layout) sheet(from position) sheet {
	if len(l.blocks) == 0 {
		return sheet{last: true}
	}
	for f := range l.frames(from) {
		s := l.fill(f, from)
		if s.last || s.to != from && l.modest(f, from) {
			return s
		}
	}
	return l.cutWord(from)
}

// cutWord breaks a page off whose first word is longer than any page. As it
// is cut in any case the page keeps its title and labels.
func (l *layout) cutWord(from position) sheet {
	word := l.blocks[from.block].text[from.offset:]
	s := sheet{from: from}
	for f := range l.frames(from) {
		n := cut(word, l.room(f, l.markAt(from)))
		if n > 0 && l.modest(f, from) {
			s.frame, s.to = f, l.skipSpace(position{from.block, from.offset + n})
			return s
		}
	}
	s.frame = frame{bare: true}
	s.to = l.skipSpace(position{from.block, from.offset + split(word, l.room(s.frame, l.markAt(from)))})
	return s
}

// fill places blocks in a frame for as long as they fit. A page that is not the
// last needs room for the key that leads on, so that blocks which would fit
// only beside the last page's keys are given back when more follow.
func (l *layout) fill(f frame, from position) sheet {
	more, last := l.nav.size(f.bare, true), l.nav.size(f.bare, false)
	used := ascii(-1).plus(f.title.size) // the first line has no line break before it
	whole, kept := from.block, used
	for at := from; ; at = (position{at.block + 1, 0}) {
		if at.block == len(l.blocks) {
			return sheet{frame: f, from: from, to: at, last: true}
		}
		used = used.plus(l.sizeAt(at))
		if !l.budget.holds(used.plus(last)) {
			break
		}
		if at.block < l.finals && l.budget.holds(used.plus(more)) {
			whole, kept = at.block+1, used
		}
	}
	s := sheet{frame: f, from: from, to: from}
	if whole > from.block {
		s.to = position{whole, 0}
	}
	if whole < l.finals {
		s.to = l.flow(s, kept)
	}
	return s
}

// flow adds to a sheet the beginning of a line that is longer than a page.
func (l *layout) flow(s sheet, used size) position {
	k := l.blocks[s.to.block]
	more := s.to.block+1 < len(l.blocks)
	if !k.flows || s.to.offset == 0 && l.fitsAlone(k, s.frame.bare, more) {
		return s.to
	}
	room := l.room(frame{bare: s.frame.bare}, used.plus(ascii(1)).plus(l.markAt(s.to)))
	n := head(k.text[s.to.offset:], room)
	if n == 0 {
		return s.to
	}
	return l.skipSpace(position{s.to.block, s.to.offset + n})
}

// skipSpace moves a position in a line to the next word, or to the next block.
func (l *layout) skipSpace(at position) position {
	text := l.blocks[at.block].text
	for at.offset < len(text) && text[at.offset] == ' ' {
		at.offset++
	}
	if at.offset == len(text) {
		return position{at.block + 1, 0}
	}
	return at
}
