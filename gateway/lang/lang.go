// Package lang holds what is said, per language: every phrase, the words
// that people type, and how numbers and money are written. A language is one
// YAML file beside this one; adding a language is adding a file.
package lang

import (
	"embed"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"
)

//go:embed *.yaml
var files embed.FS

// English is the code of the language whose words are understood in every
// market and whose phrases say which placeholders a phrase has.
const English = "en"

// Set is the languages of a market in the order in which they are offered.
type Set struct {
	offered []*Language
	english *Language
}

// Language is one language with all that is said in it. It is immutable.
type Language struct {
	Code    string // ISO 639: "sw"
	Name    string // what its speakers call it: "Kiswahili"
	Phrases Phrases
	Words   Words

	money    money
	units    map[string]string
	commands map[string]Command
	names    map[string]string // what people call the languages of the set -> code
}

// file is a language as it is written in YAML.
type file struct {
	Name    string            `yaml:"name"`
	Called  []string          `yaml:"called"`
	Money   money             `yaml:"money"`
	Units   map[string]string `yaml:"units"`
	Words   Words             `yaml:"words"`
	Phrases Phrases           `yaml:"phrases"`
}

// Load reads the languages with these codes, in this order, or all that there
// are when no code is given. It fails when a language is unknown or incomplete.
func Load(codes ...string) (*Set, error) {
	if len(codes) == 0 {
		codes = available()
	}
	english, err := read(English, nil)
	if err != nil {
		return nil, err
	}
	set, names := &Set{english: english}, map[string]string{}
	for _, code := range codes {
		if slices.ContainsFunc(set.offered, func(l *Language) bool { return l.Code == code }) {
			return nil, fmt.Errorf("language %q is listed twice: list it once", code)
		}
		l := english
		if code != English {
			if l, err = read(code, english); err != nil {
				return nil, err
			}
		}
		for name := range l.names {
			names[name] = code
		}
		set.offered = append(set.offered, l)
	}
	for _, l := range set.offered {
		l.names = names
	}
	english.names = names
	return set, nil
}

// available lists the embedded languages, English first.
func available() []string {
	codes := []string{English}
	entries, _ := files.ReadDir(".") // an embedded folder can always be read
	for _, e := range entries {
		if code := strings.TrimSuffix(e.Name(), ".yaml"); code != English {
			codes = append(codes, code)
		}
	}
	return codes
}

func read(code string, english *Language) (*Language, error) {
	data, err := files.ReadFile(code + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no language %q: use one of %s", code, strings.Join(available(), ", "))
	}
	l, err := decode(code, data, english)
	if err != nil {
		return nil, fmt.Errorf("language file %s.yaml: %w", code, err)
	}
	return l, nil
}

// decode reads one language file strictly. With english it also checks that
// each phrase has the placeholders of the English one.
func decode(code string, data []byte, english *Language) (*Language, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("name the file by an ISO 639 code: %w", err)
	}
	var f file
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, err
	}
	l := &Language{Code: code, Name: f.Name, Phrases: f.Phrases, Words: f.Words, money: f.Money, units: f.Units, names: map[string]string{}}
	if l.commands, err = f.Words.index(); err != nil {
		return nil, err
	}
	for _, name := range append(f.Called, f.Name) {
		l.names[Fold(name)] = code
	}
	return l, errors.Join(f.complete(), l.bind(tag, english))
}

// complete tells what the file lacks beside phrases and words.
func (f *file) complete() error {
	if f.Name == "" || len(f.Called) == 0 || f.Money.Decimal == "" {
		return errors.New("name, called and money.decimal must be set")
	}
	return nil
}

// bind finishes every phrase for the language and checks it; all that is wrong
// is told at once.
func (l *Language) bind(tag language.Tag, english *Language) error {
	var problems []error
	needed := pluralForms(tag)
	phrases := reflect.ValueOf(&l.Phrases).Elem()
	for i := range phrases.NumField() {
		key := phrases.Type().Field(i).Tag.Get("yaml")
		p := phrases.Field(i).Addr().Interface().(*Phrase)
		p.tag = tag
		var model *Phrase
		if english != nil {
			model = reflect.ValueOf(&english.Phrases).Elem().Field(i).Addr().Interface().(*Phrase)
		}
		if err := p.check(needed, model); err != nil {
			problems = append(problems, fmt.Errorf("phrases.%s: %w", key, err))
		}
	}
	return errors.Join(problems...)
}

// Languages are the languages in the order in which they are offered.
func (s *Set) Languages() []*Language { return s.offered }

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

// Unit is the word for a unit of sale of the catalogue ("bag"), or the unit as
// it is where the language has no word for it.
func (l *Language) Unit(unit string) string {
	if word, ok := l.units[unit]; ok {
		return word
	}
	return unit
}
