package screen

import "iter"

// frame is what stands around the content of a page: the title above it, if
// any, and the fixed keys below, with their labels or bare.
type frame struct {
	title line
	bare  bool
}

// line is a text with its size, the line break after it included. The zero
// line is none.
type line struct {
	text string
	size size
}

func (l *layout) line(text string) line {
	if text == "" {
		return line{}
	}
	return line{text: text, size: l.measure(text).plus(ascii(1))}
}

// frames are those that a page could have, the most helpful first. The last of
// them leaves the most room.
func (l *layout) frames(from position) iter.Seq[frame] {
	return func(yield func(frame) bool) {
		for _, bare := range [...]bool{false, true} {
			if l.once && from != (position{}) {
				if !yield(frame{bare: bare}) {
					return
				}
				continue
			}
			if !yield(frame{l.title, bare}) || !yield(frame{l.shortTitle(from, bare), bare}) || !yield(frame{bare: bare}) {
				return
			}
		}
	}
}

// shortTitle is as much of a title as the first page can spare, whole words;
// on the pages that follow, half a title would help nobody.
func (l *layout) shortTitle(from position, bare bool) line {
	if from != (position{}) {
		return line{}
	}
	n := head(l.title.text, func(s size) bool {
		return l.modest(frame{line{size: s.plus(ascii(1))}, bare}, from)
	})
	return l.line(l.title.text[:n])
}

// modest tells whether a frame leaves a page to its content: labelled keys take
// no more than half of it, and of the rest the title no more than half. On the
// pages that follow, where people know both already, it is a third and a
// quarter, and nothing where the frame alone would put the page into UCS-2. Of
// what depends on whether the frame and the page's first block need that.
func (l *layout) modest(f frame, from position) bool {
	keys := l.nav.size(f.bare, true)
	content := l.sizeAt(from).ucs2
	ucs2 := f.title.size.ucs2 || keys.ucs2 || content
	page, keysShare, titleShare := l.budget.in(ucs2), 3, 4
	if from == (position{}) {
		keysShare, titleShare = 2, 2
	} else if ucs2 && !content {
		return false
	}
	if !f.bare && keys.of(ucs2) > page/keysShare {
		return false
	}
	return f.title.size.of(ucs2) <= (page-keys.of(ucs2))/titleShare
}

// navigation is the line of the fixed keys.
type navigation struct {
	more, back, home string
	sizes            [2][2]size // by bare and by whether a page follows, with the line break before
}

func newNavigation(labels Nav, l *layout) navigation {
	n := navigation{more: plain(labels.More), back: plain(labels.Back), home: plain(labels.Home)}
	more, back, home := l.measure(n.more), l.measure(n.back), l.measure(n.home)
	for i, bare := range [...]bool{false, true} {
		var last size
		if n.back != "" {
			last = last.plus(keySize(KeyBack, back, bare))
		}
		if n.home != "" {
			last = last.plus(keySize(KeyHome, home, bare))
		}
		n.sizes[i] = [2]size{last, last.plus(keySize(KeyMore, more, bare))}
	}
	return n
}

// keySize is the size of a fixed key with the space or line break before it.
func keySize(key string, label size, bare bool) size {
	s := ascii(1 + len(key))
	if bare || label == (size{}) {
		return s
	}
	return s.plus(ascii(1)).plus(label)
}

func (n *navigation) size(bare, more bool) size {
	return n.sizes[index(bare)][index(more)]
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
