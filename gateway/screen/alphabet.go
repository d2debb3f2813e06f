package screen

import "haat/gateway/gsm"

// plain is the draft in GSM 03.38, where all of it has a plain form, if that is
// worth its accents: not where the draft as it is takes one page of one segment.
// The hint decides nothing, so that it moves no page break.
func (d Draft) plain(b Budget) (Draft, bool) {
	other := false
	for text := range d.texts {
		if gsm.Encoding(text) == gsm.GSM7 {
			continue
		}
		if _, ok := gsm.Plain(text); !ok {
			return d, false
		}
		other = true
	}
	if other {
		unhinted := d
		unhinted.Hint, unhinted.HintShort = "", ""
		if first := unhinted.page(0, b); first.Of == 1 && gsm.Segments(first.Text) <= 1 {
			return d, false
		}
		d = d.rewritten(asPlain)
	}
	d.Hint, d.HintShort = asPlain(d.Hint), asPlain(d.HintShort)
	return d, true
}

// asPlain is a text in its plain form, or as it is where it has none.
func asPlain(s string) string {
	s, _ = gsm.Plain(s)
	return s
}

// texts are the texts of the draft but for its hint.
func (d *Draft) texts(yield func(string) bool) {
	for _, text := range [...]string{d.Title, d.Nav.More, d.Nav.Back, d.Nav.Home} {
		if !yield(text) {
			return
		}
	}
	for _, text := range d.Body {
		if !yield(text) {
			return
		}
	}
	for _, options := range [...][]Option{d.Options, d.Final} {
		for _, o := range options {
			if !yield(o.Key) || !yield(o.Text) || !yield(o.Short) {
				return
			}
		}
	}
}

// rewritten is the draft with all its texts rewritten.
func (d Draft) rewritten(rewrite func(string) string) Draft {
	d.Hint, d.HintShort, d.Title = rewrite(d.Hint), rewrite(d.HintShort), rewrite(d.Title)
	d.Nav = Nav{More: rewrite(d.Nav.More), Back: rewrite(d.Nav.Back), Home: rewrite(d.Nav.Home)}
	body := make([]string, len(d.Body))
	for i, text := range d.Body {
		body[i] = rewrite(text)
	}
	d.Body, d.Options, d.Final = body, rewrittenOptions(d.Options, rewrite), rewrittenOptions(d.Final, rewrite)
	return d
}

func rewrittenOptions(options []Option, rewrite func(string) string) []Option {
	list := make([]Option, len(options))
	for i, o := range options {
		list[i] = Option{Key: rewrite(o.Key), Text: rewrite(o.Text), Short: rewrite(o.Short)}
	}
	return list
}
