// Package lang holds what is said and what is understood, per language: every
// phrase in its full and its short form, how numbers and money are written,
// and the words that people type.
//
// A language is two files beside this one: sw.yaml for what is said and
// sw.words.yaml for what is understood. A third, hi-Latn.yaml, says the same in
// Latin script for channels and phones that have no other. What operators' pages
// say is in console/sw. Adding a language is adding files.
package lang

import (
	"embed"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"

	"haat/gateway/gsm"
)

//go:embed *.yaml
var files embed.FS

// English is the code of the language whose words are understood in every
// market and whose phrases say which placeholders a phrase has.
const English = "en"

// latin marks the file of a language in Latin script.
const latin = "-Latn"

// Set is the languages of a market in the order in which they are offered.
type Set struct {
	offered []*Language
	english *Language
}

// Language is one language with all that is said in it. It is immutable.
type Language struct {
	Code    string // ISO 639: "sw"
	Names   string // by what goods are called in it: the code, or "hi-latn" in Latin script
	Name    string // what its speakers call it: "Kiswahili"
	Phrases Phrases
	Words   *Words

	rightToLeft bool

	money money
	units map[string]string
	brief *Language // the same in short phrases
	latin *Language // the same in the GSM alphabet; nil where we have none
}

// file is a language as it is written in YAML.
type file struct {
	Name    string            `yaml:"name"`
	Money   money             `yaml:"money"`
	Units   map[string]string `yaml:"units"`
	Phrases Phrases           `yaml:"phrases"`
	Short   Phrases           `yaml:"short"`
}

// Load reads the languages with these codes, in this order, or all that there
// are when no code is given. It fails when a language is unknown or incomplete.
func Load(codes ...string) (*Set, error) {
	if len(codes) == 0 {
		codes = Available()
	}
	english, err := known(English)
	if err != nil {
		return nil, err
	}
	set := &Set{english: english}
	for _, code := range codes {
		if slices.ContainsFunc(set.offered, func(l *Language) bool { return l.Code == code }) {
			return nil, fmt.Errorf("language %q is listed twice: list it once", code)
		}
		l, err := known(code)
		if err != nil {
			return nil, err
		}
		set.offered = append(set.offered, l)
	}
	return set, nil
}

// Available lists the languages that there are, English first.
func Available() []string {
	codes := []string{English}
	entries, _ := files.ReadDir(".") // an embedded folder can always be read
	for _, e := range entries {
		code, words := strings.CutSuffix(e.Name(), ".words.yaml")
		if words && code != English {
			codes = append(codes, code)
		}
	}
	return codes
}

// languages are those that were read, each by a function that reads it once: the
// files are part of the program, and reading six takes a tenth of a second.
var languages sync.Map

// known is the language with the code, which nobody changes.
func known(code string) (*Language, error) {
	if !slices.Contains(Available(), code) {
		return nil, fmt.Errorf("there is no language %q: use one of %s", code, strings.Join(Available(), ", "))
	}
	once, _ := languages.LoadOrStore(code, sync.OnceValues(func() (*Language, error) { return read(code) }))
	return once.(func() (*Language, error))()
}

// read puts a language together from its files.
func read(code string) (*Language, error) {
	var english *Language // which nothing is compared with
	if code != English {
		var err error
		if english, err = known(English); err != nil {
			return nil, err
		}
	}
	l, err := readSaid(code, code, english)
	if err != nil {
		return nil, err
	}
	if l.Words, err = readWords(code); err != nil {
		return nil, err
	}
	l.brief.Words = l.Words
	if l.latin, err = inLatin(l, english); err != nil {
		return nil, err
	}
	if l.brief.latin = l.latin; l.latin != nil {
		l.brief.latin = l.latin.brief
	}
	return l, nil
}

// inLatin is the language in the GSM alphabet: itself where that is how it is
// written, else what its file for Latin script says.
func inLatin(l, english *Language) (*Language, error) {
	if l.plain() {
		return l, nil
	}
	if english == nil {
		english = l
	}
	if _, err := files.ReadFile(l.Code + latin + ".yaml"); err != nil {
		return nil, nil
	}
	v, err := readSaid(l.Code, l.Code+latin, english)
	if err != nil {
		return nil, err
	}
	v.Words, v.brief.Words, v.latin, v.brief.latin = l.Words, l.Words, v, v.brief
	return v, nil
}

// plain tells whether all that is said in the language is in the GSM alphabet.
func (l *Language) plain() bool {
	for _, p := range l.Phrases.all() {
		for _, text := range p.Texts() {
			if gsm.Encoding(text) != gsm.GSM7 {
				return false
			}
		}
	}
	return true
}

func readSaid(code, name string, english *Language) (*Language, error) {
	data, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("language file %s.yaml: %w", name, err)
	}
	l, err := decode(name, data, english)
	if err != nil {
		return nil, fmt.Errorf("language file %s.yaml: %w", name, err)
	}
	l.Code, l.brief.Code = code, code
	return l, nil
}

func readWords(code string) (*Words, error) {
	data, err := files.ReadFile(code + ".words.yaml")
	if err != nil {
		return nil, fmt.Errorf("language file %s.words.yaml: %w", code, err)
	}
	var w Words
	if err := yaml.UnmarshalWithOptions(data, &w, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("language file %s.words.yaml: %w", code, err)
	}
	return &w, nil
}

// decode reads one file of what is said, strictly. With english it also checks
// that each phrase has the placeholders of the English one.
func decode(name string, data []byte, english *Language) (*Language, error) {
	tag, err := language.Parse(strings.TrimSuffix(name, latin)) // the script changes no plural
	if err != nil {
		return nil, fmt.Errorf("name the file by an ISO 639 code: %w", err)
	}
	var f file
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, err
	}
	if err := f.complete(); err != nil {
		return nil, err
	}
	script, _ := language.Make(name).Script()
	l := &Language{rightToLeft: script.String() == "Arab", Code: name, Names: strings.ToLower(name), Name: f.Name, Phrases: f.Phrases, money: f.Money, units: f.Units}
	var model *Phrases
	if english != nil {
		model = &english.Phrases
	}
	if err := l.Phrases.bind(tag, model); err != nil {
		return nil, err
	}
	brief := *l
	brief.Phrases = f.Short
	for i, p := range brief.Phrases.all() {
		if len(p.forms) == 0 {
			*p = *l.Phrases.all()[i]
		}
	}
	if err := brief.Phrases.bind(tag, &l.Phrases); err != nil {
		return nil, fmt.Errorf("short forms: %w", err)
	}
	l.brief, brief.brief = &brief, &brief
	return l, nil
}

// complete tells what the file lacks beside phrases.
func (f *file) complete() error {
	if f.Name == "" || f.Money.Decimal == "" || len(f.Money.Grouping) == 0 {
		return errors.New("name, money.decimal and money.grouping must be set")
	}
	return nil
}

// all lists the phrases in the order of the struct.
func (p *Phrases) all() []*Phrase {
	v := reflect.ValueOf(p).Elem()
	list := make([]*Phrase, v.NumField())
	for i := range list {
		list[i] = v.Field(i).Addr().Interface().(*Phrase)
	}
	return list
}

// Each calls do for every phrase with its name in the language files.
func (p *Phrases) Each(do func(key string, p *Phrase)) {
	t := reflect.TypeFor[Phrases]()
	for i, phrase := range p.all() {
		do(t.Field(i).Tag.Get("yaml"), phrase)
	}
}

// bind finishes every phrase for the language and checks it against its model;
// all that is wrong is told at once.
func (p *Phrases) bind(tag language.Tag, model *Phrases) error {
	var problems []error
	needed := pluralForms(tag)
	models := model.allOrNone(len(p.all()))
	i := 0
	p.Each(func(key string, phrase *Phrase) {
		phrase.tag = tag
		if err := phrase.check(needed, models[i]); err != nil {
			problems = append(problems, fmt.Errorf("phrases.%s: %w", key, err))
		}
		i++
	})
	return errors.Join(problems...)
}

func (p *Phrases) allOrNone(n int) []*Phrase {
	if p == nil {
		return make([]*Phrase, n)
	}
	return p.all()
}

// Languages are the languages in the order in which they are offered.
func (s *Set) Languages() []*Language { return s.offered }

// Understood are the languages whose words are understood: those offered, and
// English.
func (s *Set) Understood() []*Language {
	if slices.Contains(s.offered, s.english) {
		return s.offered
	}
	return append(s.offered[:len(s.offered):len(s.offered)], s.english)
}

// Default is the market's language: the first one.
func (s *Set) Default() *Language { return s.offered[0] }

// English is the language whose words everybody may use, offered or not.
func (s *Set) English() *Language { return s.english }

// Get is the language with the code, or the market's default.
func (s *Set) Get(code string) *Language {
	if l, ok := s.Lookup(code); ok {
		return l
	}
	return s.Default()
}

// Lookup is the language with the code, if it is offered.
func (s *Set) Lookup(code string) (*Language, bool) {
	for _, l := range s.offered {
		if l.Code == code {
			return l, true
		}
	}
	return nil, false
}

// Brief is the language in its short phrases, for small screens.
func (l *Language) Brief() *Language { return l.brief }

// Latin is the language in the GSM alphabet, or nil where we do not have it.
func (l *Language) Latin() *Language { return l.latin }

// RightToLeft tells whether the language is written from right to left.
func (l *Language) RightToLeft() bool { return l.rightToLeft }

// Unit is the word for a unit of sale of the catalogue ("bag"), or the unit as
// it is where the language has no word for it.
func (l *Language) Unit(unit string) string {
	if word, ok := l.units[unit]; ok {
		return word
	}
	return unit
}
