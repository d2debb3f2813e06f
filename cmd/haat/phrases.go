package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"haat/gateway/gsm"
	"haat/gateway/lang"
)

// phrasesCheckCmd shows what every phrase costs.
type phrasesCheckCmd struct {
	Languages []string `arg:"" optional:"" name:"language" help:"Only these languages, such as sw fr; without any, all that there are."`
}

// Run prints the table, and below it what should be mended.
func (cmd phrasesCheckCmd) Run(_ context.Context, std *stdio) error {
	languages, err := lang.Load(cmd.Languages...)
	if err != nil {
		return err
	}
	phrases := allPhrases(languages)
	if err := showPhrases(std.Out, phrases); err != nil {
		return err
	}
	wrong := 0
	for _, p := range phrases {
		for _, say := range p.wrong() {
			fmt.Fprintf(std.Err, "%s %s %s: %s\n", p.language, p.variant, p.key, say)
			wrong++
		}
	}
	if wrong == 0 {
		return nil
	}
	fmt.Fprintf(std.Err, "%d %s to mend.\n", wrong, plural(wrong, "phrase", "phrases"))
	return errReported
}

// The variants of a language.
const (
	variantFull       = "full"
	variantShort      = "short"
	variantLatin      = "latin"
	variantLatinShort = "latin short"
)

// phrase is one text that is said, in one plural form.
type phrase struct {
	language, variant, key string
	text                   string
	full                   string // of a short form: what it is short for; else empty
	plain                  bool   // the other phrases of the variant are in GSM 03.38
}

// allPhrases lists every phrase of every language and variant.
func allPhrases(languages *lang.Set) []phrase {
	var all []phrase
	for _, l := range languages.Languages() {
		all = append(all, variantPhrases(l, l, variantFull)...)
		all = append(all, variantPhrases(l.Brief(), l, variantShort)...)
		if latin := l.Latin(); latin != nil && latin != l {
			all = append(all, variantPhrases(latin, latin, variantLatin)...)
			all = append(all, variantPhrases(latin.Brief(), latin, variantLatinShort)...)
		}
	}
	return all
}

// variantPhrases lists the phrases of one variant of a language beside those
// that they are short for.
func variantPhrases(l, full *lang.Language, variant string) []phrase {
	var list []phrase
	texts := textsOf(full)
	l.Phrases.Each(func(key string, p *lang.Phrase) {
		for i, text := range p.Texts() {
			one := phrase{language: l.Code, variant: variant, key: key, text: text}
			if l != full {
				one.full = texts[key][min(i, len(texts[key])-1)]
			}
			list = append(list, one)
		}
	})
	plain := mostlyPlain(list)
	for i := range list {
		list[i].plain = plain
	}
	return list
}

func textsOf(l *lang.Language) map[string][]string {
	texts := map[string][]string{}
	l.Phrases.Each(func(key string, p *lang.Phrase) { texts[key] = p.Texts() })
	return texts
}

// mostlyPlain tells whether a language is one of GSM 03.38: one that has to do
// without it has other characters in nearly every phrase.
func mostlyPlain(list []phrase) bool {
	plain := 0
	for _, p := range list {
		if gsm.Encoding(p.text) == gsm.GSM7 {
			plain++
		}
	}
	return 2*plain > len(list)
}

// waste are the characters for which alone the text is sent in UCS-2, which has
// room for less than half as much.
func (p phrase) waste() string {
	if !p.plain {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if gsm.Encoding(string(r)) == gsm.GSM7 {
			return -1
		}
		return r
	}, p.text)
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// length is how many characters a text has beside what is filled in.
func length(text string) int {
	return utf8.RuneCountInString(placeholder.ReplaceAllString(text, ""))
}

// shortEnough is how many characters a phrase has at most that needs no short
// form.
const shortEnough = 12

// wrong says what should be mended of a phrase.
func (p phrase) wrong() []string {
	var list []string
	if waste := p.waste(); waste != "" {
		list = append(list, fmt.Sprintf("%q is outside of GSM 03.38 and makes the text cost twice as much: write it without", waste))
	}
	have, was := length(p.text), length(p.full)
	switch {
	case p.full == "":
	case have > was:
		list = append(list, fmt.Sprintf("the short form has %d characters and the phrase %d: shorten it", have, was))
	case p.text == p.full && was > shortEnough:
		list = append(list, fmt.Sprintf("it has %d characters and no short form: add one under short", was))
	}
	return list
}

// showPhrases writes the table.
func showPhrases(out io.Writer, phrases []phrase) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LANGUAGE\tVARIANT\tPHRASE\tCHARACTERS\tENCODING\tSMS\tWASTE\tTEXT")
	for _, p := range phrases {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", p.language, p.variant, p.key,
			length(p.text), gsm.Encoding(p.text), gsm.Segments(p.text), p.waste(), p.text)
	}
	return w.Flush()
}
