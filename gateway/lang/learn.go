package lang

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
)

// Learn is the set with the words of one place added, from YAML that has
// the keys of the words files under the code of each language:
//
//	sw:
//	  filler: [sasa bwana]
//	  counters: {bag: [debe]}
//
// Lists become longer; a single word that the language has is given what it
// means here.
func (s *Set) Learn(data []byte) (*Set, error) {
	var local map[string]Words
	if err := yaml.UnmarshalWithOptions(data, &local, yaml.Strict()); err != nil {
		return nil, err
	}
	for code := range local {
		if !slices.ContainsFunc(s.Understood(), func(l *Language) bool { return l.Code == code }) {
			return nil, fmt.Errorf("there are words of %q, which the market does not speak: add it to the languages or take it out", code)
		}
	}
	learned := &Set{english: s.english.learn(local)}
	for _, l := range s.offered {
		if l == s.english {
			learned.offered = append(learned.offered, learned.english)
			continue
		}
		learned.offered = append(learned.offered, l.learn(local))
	}
	return learned, nil
}

func (l *Language) learn(local map[string]Words) *Language {
	more, ok := local[l.Code]
	if !ok {
		return l
	}
	words, learned := *l.Words, *l
	add(reflect.ValueOf(&words).Elem(), reflect.ValueOf(more))
	learned.Words = &words
	if l.latin == l {
		learned.latin = &learned
	}
	return &learned
}

// add gives what a words file says one more file's: both stay as they are, for
// lists and maps are copied.
func add(to, more reflect.Value) {
	switch to.Kind() {
	case reflect.Struct:
		for i := range to.NumField() {
			add(to.Field(i), more.Field(i))
		}
	case reflect.Slice:
		both := reflect.MakeSlice(to.Type(), 0, to.Len()+more.Len())
		to.Set(reflect.AppendSlice(reflect.AppendSlice(both, to), more))
	case reflect.Map:
		both := reflect.MakeMap(to.Type())
		for _, m := range []reflect.Value{to, more} {
			for _, key := range m.MapKeys() {
				value := reflect.New(to.Type().Elem()).Elem()
				if have := both.MapIndex(key); have.IsValid() {
					value.Set(have)
				}
				add(value, m.MapIndex(key))
				both.SetMapIndex(key, value)
			}
		}
		to.Set(both)
	default:
		if !more.IsZero() {
			to.Set(more)
		}
	}
}
