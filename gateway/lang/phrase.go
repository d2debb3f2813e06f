package lang

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Phrase is one thing that is said: text with {placeholders}, where it needs
// them in one form for each plural category of the language. It is parsed when
// the language is loaded, so that saying it is only joining strings.
type Phrase struct {
	tag   language.Tag
	forms map[plural.Form]template // only Other where the phrase has no plural
	same  bool                     // written as one text, for every number
}

// template alternates literal text and placeholder names; literals are first.
type template []string

// count is the placeholder that a plural phrase is counted by.
const count = "n"

var formNames = map[string]plural.Form{"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other}

// UnmarshalYAML reads either one text or a text for each plural category.
func (p *Phrase) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if unmarshal(&text) == nil {
		p.same = true
		return p.parse(map[string]string{"other": text})
	}
	var forms map[string]string
	if err := unmarshal(&forms); err != nil {
		return errors.New("write one text, or texts for plural categories such as one and other")
	}
	return p.parse(forms)
}

func (p *Phrase) parse(forms map[string]string) error {
	p.forms = make(map[plural.Form]template, len(forms))
	for name, text := range forms {
		form, ok := formNames[name]
		if !ok {
			return fmt.Errorf("%q is no plural category: use zero, one, two, few, many, other", name)
		}
		t, err := parseTemplate(text)
		if err != nil {
			return err
		}
		p.forms[form] = t
	}
	return nil
}

func parseTemplate(text string) (template, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the text is empty: say something")
	}
	var t template
	for {
		literal, rest, found := strings.Cut(text, "{")
		if t = append(t, literal); !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" {
			return nil, fmt.Errorf("%q: a placeholder is a name in braces", text)
		}
		t, text = append(t, name), after
	}
}

// With says the phrase with its placeholders filled: names and values in turn.
func (p Phrase) With(pairs ...string) string {
	return p.forms[plural.Other].fill(pairs)
}

// String says a phrase that has no placeholders.
func (p Phrase) String() string { return p.With() }

// Count says the phrase in the form for n and fills {n}.
func (p Phrase) Count(n int, pairs ...string) string {
	t, ok := p.forms[plural.Cardinal.MatchPlural(p.tag, n, 0, 0, 0, 0)]
	if !ok {
		t = p.forms[plural.Other]
	}
	return t.fill(append(pairs, count, strconv.Itoa(n)))
}

func (t template) fill(pairs []string) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	b.Grow(96) // most phrases fit, so that they cost one allocation
	for i, part := range t {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		for j := 0; j+1 < len(pairs); j += 2 {
			if pairs[j] == part {
				b.WriteString(pairs[j+1])
				break
			}
		}
	}
	return b.String()
}

// Texts are the texts of the phrase, one for each of its plural forms, with the
// placeholders in braces.
func (p Phrase) Texts() []string {
	var texts []string
	for _, form := range [...]plural.Form{plural.Zero, plural.One, plural.Two, plural.Few, plural.Many, plural.Other} {
		if t, ok := p.forms[form]; ok {
			texts = append(texts, t.String())
		}
	}
	return texts
}

// String is the template as it is written.
func (t template) String() string {
	var b strings.Builder
	for i, part := range t {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		b.WriteString("{" + part + "}")
	}
	return b.String()
}

// names lists the placeholders, sorted.
func (t template) names() []string {
	found := map[string]bool{}
	for i := 1; i < len(t); i += 2 {
		found[t[i]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// check tells what is wrong with a phrase: that it is missing, lacks plural
// forms that the language needs, or has other placeholders than its model.
func (p *Phrase) check(needed map[plural.Form]bool, model *Phrase) error {
	if len(p.forms) == 0 {
		return errors.New("the phrase is missing: add it")
	}
	other, ok := p.forms[plural.Other]
	if !ok {
		return errors.New(`the form "other" is missing: every phrase has it`)
	}
	if !p.same {
		for name, form := range formNames {
			if _, has := p.forms[form]; has != needed[form] {
				return fmt.Errorf("the language uses the plural categories %s, and %q does not match that", formList(needed), name)
			}
		}
	}
	if model != nil {
		other = model.forms[plural.Other]
	}
	for _, t := range p.forms {
		if !slices.Equal(t.names(), other.names()) {
			return fmt.Errorf("the placeholders are %v and should be %v", t.names(), other.names())
		}
	}
	return nil
}

func formList(needed map[plural.Form]bool) string {
	var list []string
	for name, form := range formNames {
		if needed[form] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// pluralForms finds the categories that whole numbers have in a language by
// asking for enough numbers: x/text does not list them.
func pluralForms(tag language.Tag) map[plural.Form]bool {
	forms := map[plural.Form]bool{plural.Other: true}
	for n := range 201 {
		forms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)] = true
	}
	return forms
}
