package parse

import (
	"strings"

	"haat/catalog"
	"haat/gateway/lang"
)

// Parser understands texts about one catalogue in the languages of a market. It
// is immutable, and safe for use by many at once.
type Parser struct {
	reader    *reader
	index     *index
	languages *lang.Set
}

// New prepares a parser. Nothing of the catalogue or the languages may change
// after that.
func New(c *catalog.Catalog, languages *lang.Set) *Parser {
	r := newReader(languages.Understood())
	return &Parser{r, newIndex(c, r), languages}
}

// Part is a piece of a text and what it was understood to say.
type Part struct {
	Text string
	As   string
}

// Text understands a text of somebody who is thought to speak the language with
// the code. Words of the market's other languages are understood too.
func (p *Parser) Text(text, language string) Meaning {
	m, _ := p.read(text, language)
	return m
}

// Explain understands a text and tells which of its words became what.
func (p *Parser) Explain(text, language string) (Meaning, []Part) {
	m, t := p.read(text, language)
	if t == nil {
		return m, nil
	}
	var parts []Part
	for i := range t.parts {
		q := &t.parts[i]
		if q.to <= len(t.s.atoms) && q.to > q.from {
			parts = append(parts, Part{t.typed(q.from, q.to), t.as(q)})
		}
	}
	return m, parts
}

func (p *Parser) read(text, language string) (Meaning, *sentence) {
	s := p.reader.fold.scan(text)
	if m, ok := wordless(s, text); ok {
		return m, nil
	}
	p.reader.unglue(s, p.index)
	p.reader.lookalikes(s, p.index)
	l := p.reader.listen(s, language, p.index)
	t := &sentence{s: s, t: l.t, languages: p.reader.tongues, x: p.index, parts: l.segment(s, p.index)}
	code := l.language(s, t.parts)
	m := t.meaning()
	m.Language = code
	return m, t
}

// wordless understands a text without any word: a number, nothing, or a
// question mark.
func wordless(s *scanned, text string) (Meaning, bool) {
	if len(s.atoms) == 0 {
		return Meaning{Intent: Menu}, true
	}
	if s.atoms[0].kind == digits {
		rest := strings.Trim(string(s.canon[s.atoms[0].to:]), ".# ")
		if rest == "" {
			return Meaning{Intent: Number, Number: s.text(s.atoms[0])}, true
		}
	}
	if strings.Trim(string(s.canon), "? ") == "" {
		return Meaning{Intent: Help}, true
	}
	for _, a := range s.atoms {
		if a.kind != sign {
			return Meaning{}, false
		}
	}
	return Meaning{Intent: Unknown}, true
}
