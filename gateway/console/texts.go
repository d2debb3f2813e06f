package console

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"

	"haat/catalog"
	"haat/catalog/sheet"
	"haat/gateway/console/account"
	"haat/gateway/console/alert"
	"haat/gateway/lang"
)

// model is the language that every other is checked against.
const model = "en"

// texts are what the pages say, by language.
type texts struct {
	codes   []string // the model first
	words   map[string]map[string]string
	matcher language.Matcher
}

// loadTexts reads the language files and checks that each says all that the
// model says, with the same {places}.
func loadTexts() (*texts, error) {
	t := &texts{words: map[string]map[string]string{}}
	files := lang.Console()
	names, err := fs.Glob(files, "*/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		code := path.Dir(name)
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		words, err := readTexts(data)
		if err != nil {
			return nil, fmt.Errorf("texts of the console: %s: %w", name, err)
		}
		if t.words[code] == nil {
			t.words[code] = map[string]string{}
		}
		for key, text := range words {
			if _, twice := t.words[code][key]; twice {
				return nil, fmt.Errorf("texts of the console: %s: another file of the language says %s, too", name, key)
			}
			t.words[code][key] = text
		}
	}
	t.addEnglish()
	t.codes = slices.Sorted(maps.Keys(t.words))
	slices.SortStableFunc(t.codes, func(a, b string) int { return rankOf(a) - rankOf(b) })
	tags := make([]language.Tag, len(t.codes))
	for i, code := range t.codes {
		tags[i] = language.Make(code)
	}
	t.matcher = language.NewMatcher(tags)
	return t, t.complete()
}

// addEnglish adds the English words that are at home in other rooms: what the
// sign-in says, and what is wrong in a catalogue's file.
func (t *texts) addEnglish() {
	for _, key := range account.Keys() {
		t.words[model][key] = account.English(key)
	}
	for _, reasons := range []catalog.Reasons{catalog.AllReasons(), sheet.AllReasons()} {
		for key, text := range reasons {
			t.words[model][wrong+key] = text
		}
	}
}

// wrong begins the keys of what is wrong in a catalogue's file.
const wrong = "wrong."

func rankOf(code string) int {
	if code == model {
		return 0
	}
	return 1
}

// readTexts makes "section.key" of the sections of a file.
func readTexts(data []byte) (map[string]string, error) {
	var sections map[string]map[string]string
	if err := yaml.UnmarshalWithOptions(data, &sections, yaml.Strict()); err != nil {
		return nil, err
	}
	words := map[string]string{}
	for section, entries := range sections {
		for key, text := range entries {
			words[section+"."+key] = text
		}
	}
	return words, nil
}

// complete names whatever a language lacks.
func (t *texts) complete() error {
	var errs []error
	for _, code := range t.codes {
		for _, key := range slices.Sorted(maps.Keys(t.words[model])) {
			said, ok := t.words[code][key]
			if !ok || strings.TrimSpace(said) == "" {
				errs = append(errs, fmt.Errorf("texts of the console: %s lacks %s", code, key))
			} else if !slices.Equal(places(said), places(t.words[model][key])) {
				errs = append(errs, fmt.Errorf("texts of the console: %s: %s has other {places} than in %s", code, key, model))
			}
		}
		for key := range t.words[code] {
			if _, ok := t.words[model][key]; !ok {
				errs = append(errs, fmt.Errorf("texts of the console: %s: nothing says %s", code, key))
			}
		}
	}
	return errors.Join(errs...)
}

// places are the {names} of a text, sorted.
func places(text string) (all []string) {
	for {
		_, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			slices.Sort(all)
			return all
		}
		all, text = append(all, name), after
	}
}

// say gives a text with its {places} filled: pairs of a name and a value. A key
// that nobody wrote is shown itself, so that it is seen.
func (t *texts) say(code, key string, pairs ...any) string {
	text, ok := t.words[code][key]
	if !ok {
		return key
	}
	filled := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		filled = append(filled, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(filled...).Replace(text)
}

// reason says what is wrong in a catalogue's file.
func (t *texts) reason(code string, why catalog.Reason) string {
	if _, known := t.words[code][wrong+why.Key]; !known {
		return why.Say
	}
	var pairs []any
	for _, p := range why.With {
		pairs = append(pairs, p)
	}
	return t.say(code, wrong+why.Key, pairs...)
}

// unheard says why somebody was not told of an alert.
func (t *texts) unheard(code, why string) string {
	key, with, _ := strings.Cut(why, " ")
	if _, known := t.words[code]["unheard."+key]; !known {
		return why
	}
	return t.say(code, "unheard."+key, "why", with)
}

// or is the text of a key, or another where there is none: for words that come
// from elsewhere, such as a state.
func (t *texts) or(code, key, other string) string {
	if text, ok := t.words[code][key]; ok {
		return text
	}
	return other
}

// of is the language of a request: what its operator chose, else what their
// browser asks for.
func (t *texts) of(r *http.Request) string {
	if cookie, err := r.Cookie(languageCookie); err == nil && slices.Contains(t.codes, cookie.Value) {
		return cookie.Value
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return model
	}
	_, i, _ := t.matcher.Match(wanted...)
	return t.codes[i]
}

// Words gives what the sign-in pages say in the language of a request, for
// [account.Config].
func Words() (func(*http.Request) func(key string) string, error) {
	t, err := loadTexts()
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) func(string) string {
		code := t.of(r)
		return func(key string) string { return t.say(code, key) }
	}, nil
}

// Speak gives what is said to operators elsewhere than on a page, in one of
// [lang.Operators], for [alert.Config].
func Speak(code string) (alert.Words, error) {
	t, err := loadTexts()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(t.codes, code) {
		return nil, fmt.Errorf("the console does not speak %q: use one of %s", code, strings.Join(t.codes, ", "))
	}
	return func(key string, pairs ...any) string { return t.say(code, key, pairs...) }, nil
}
