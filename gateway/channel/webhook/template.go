package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of what the configuration may hold.
const (
	maxFields = 64  // of one map
	maxPath   = 128 // bytes
	maxDepth  = 8   // fields within each other
)

var (
	placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)
	nameForm    = regexp.MustCompile(`^[a-z_]{1,32}$`)
	headerForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// source is a decoded body: values by their paths, "" where there is none.
type source interface {
	value(path string) string
}

// form is a posted form or a query: a path is the name of a field.
type form url.Values

func (f form) value(path string) string { return url.Values(f).Get(path) }

// document is a decoded JSON body, or an element of a list in it.
type document struct{ root any }

func (d document) value(path string) string {
	switch v := find(d.root, path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// find follows a path such as data.messages.0.text; nil where it leads nowhere.
// A name that has dots itself is found as well.
func find(v any, path string) any {
	head, rest, further := strings.Cut(path, ".")
	switch node := v.(type) {
	case map[string]any:
		if child, ok := node[path]; ok {
			return child
		}
		if child, ok := node[head]; ok && further {
			return find(child, rest)
		}
	case []any:
		i, err := strconv.Atoi(head)
		switch {
		case err != nil || i < 0 || i >= len(node):
		case further:
			return find(node[i], rest)
		default:
			return node[i]
		}
	}
	return nil
}

// parse decodes one JSON value. Numbers stay as they are written: an id or a
// phone number does not survive as a float.
func parse(body []byte) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	return root, nil
}

// encode writes JSON without HTML's escapes: a phone shows < and &.
func encode(v any) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// fields are paths by our names.
type fields map[string]string

// newFields checks a map of the configuration, or takes the native names. What
// is named must be one of the known or, where own may be, usable in a template.
func newFields(setting string, given map[string]string, native fields, known []string, own bool) (fields, error) {
	if given == nil {
		return native, nil
	}
	if len(given) > maxFields {
		return nil, fmt.Errorf("%s has more than %d fields", setting, maxFields)
	}
	all := fields{}
	for name, path := range given {
		switch {
		case path == "":
			continue
		case !slices.Contains(known, name) && !own:
			return nil, fmt.Errorf("%s has the field %q, which is none of ours: write %s", setting, name, strings.Join(known, ", "))
		case !nameForm.MatchString(name):
			return nil, fmt.Errorf("%s has the field %q: our side is written in lower case, as %s", setting, name, strings.Join(known, ", "))
		case !isPath(path):
			return nil, fmt.Errorf("%s has the path %q for %s: write it like data.message.id, at most %d deep", setting, path, name, maxDepth)
		}
		all[name] = path
	}
	return all, nil
}

func isPath(path string) bool {
	return path != "" && len(path) <= maxPath && strings.Count(path, ".") < maxDepth && !strings.ContainsFunc(path, isControl)
}

// need says which of the fields are missing.
func (f fields) need(setting string, names ...string) error {
	for _, name := range names {
		if f[name] == "" {
			return fmt.Errorf("%s has no %s: write where it stands in what the carrier sends", setting, name)
		}
	}
	return nil
}

// read takes our fields out of a body. A field that is not there is empty.
func (f fields) read(from source) map[string]string {
	values := make(map[string]string, len(f)+1)
	for name, path := range f {
		values[name] = from.value(path)
	}
	return values
}

func (f fields) names() []string { return slices.Collect(maps.Keys(f)) }

// template is a body to be written.
type template []blank

// blank is one field of a template.
type blank struct {
	path  string
	value any // a string with {names} in it; or a number, a boolean or nil as it is
}

// newTemplate reads a map of the configuration, in which paths may be written
// with dots or as maps and lists within each other.
func newTemplate(setting string, from map[string]any, names []string) (template, error) {
	var t template
	if err := t.add(setting, "", from); err != nil {
		return nil, err
	}
	if len(t) > maxFields {
		return nil, fmt.Errorf("%s has more than %d fields", setting, maxFields)
	}
	root := map[string]any{}
	for _, b := range t {
		text, _ := b.value.(string)
		for _, name := range placeholders(text) {
			if !slices.Contains(names, name) {
				return nil, fmt.Errorf("%s has {%s}, which is not known there: write one of {%s}", setting, name, strings.Join(slices.Sorted(slices.Values(names)), "}, {"))
			}
		}
		if !put(root, b.path, b.value) {
			return nil, fmt.Errorf("%s has %q twice, or once as a value and once with fields within it", setting, b.path)
		}
	}
	return t, nil
}

// add takes in a value and all that is within it, in the order of names.
func (t *template) add(setting, path string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := t.add(setting, strings.TrimPrefix(path+"."+key, "."), v[key]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for i, element := range v {
			if err := t.add(setting, strings.TrimPrefix(path+"."+strconv.Itoa(i), "."), element); err != nil {
				return err
			}
		}
		return nil
	case string, bool, nil, int, int64, uint64, float64:
		if !isPath(path) {
			return fmt.Errorf("%s has the field %q: write it like messages.0.to, at most %d deep", setting, path, maxDepth)
		}
		*t = append(*t, blank{path, v})
		return nil
	}
	return fmt.Errorf("%s has a value for %q that is no text, number, true or false", setting, path)
}

func placeholders(text string) (names []string) {
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

// uses tells whether a value of the template holds {name}.
func (t template) uses(name string) bool {
	return slices.ContainsFunc(t, func(b blank) bool {
		text, _ := b.value.(string)
		return slices.Contains(placeholders(text), name)
	})
}

// fill puts values in the place of their names. It is not whole where one is
// not there.
func fill(text string, values map[string]string) (filled string, whole bool) {
	whole = true
	filled = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		value, ok := values[match[1:len(match)-1]]
		whole = whole && ok
		return value
	})
	return filled, whole
}

// filled calls put for each field that has a value.
func (t template) filled(values map[string]string, put func(path string, value any)) {
	for _, b := range t {
		text, ok := b.value.(string)
		if !ok {
			put(b.path, b.value)
			continue
		}
		if text, whole := fill(text, values); whole {
			put(b.path, text)
		}
	}
}

// object is the template as a JSON value.
func (t template) object(values map[string]string) any {
	root := map[string]any{}
	t.filled(values, func(path string, value any) { put(root, path, value) })
	return lists(root)
}

// form is the template as a form, its paths being names.
func (t template) form(values map[string]string) url.Values {
	form := url.Values{}
	t.filled(values, func(path string, value any) { form.Set(path, fmt.Sprint(value)) })
	return form
}

// text is the template's only field, of a template for plain text.
func (t template) text(values map[string]string) string {
	var all strings.Builder
	t.filled(values, func(_ string, value any) { all.WriteString(fmt.Sprint(value)) })
	return all.String()
}

// put sets the value at a path, and tells whether nothing stood in its way.
func put(root map[string]any, path string, value any) bool {
	node := root
	for {
		head, rest, further := strings.Cut(path, ".")
		there, taken := node[head]
		if !further {
			node[head] = value
			return !taken
		}
		child, ok := there.(map[string]any)
		if taken && !ok {
			return false
		}
		if !taken {
			child = map[string]any{}
			node[head] = child
		}
		node, path = child, rest
	}
}

// lists turns objects whose names are 0, 1, 2 and so on into lists.
func lists(v any) any {
	node, ok := v.(map[string]any)
	if !ok {
		return v
	}
	list := make([]any, 0, len(node))
	for i := range len(node) {
		element, ok := node[strconv.Itoa(i)]
		if !ok {
			break
		}
		list = append(list, lists(element))
	}
	if len(node) > 0 && len(list) == len(node) {
		return list
	}
	for key, child := range node {
		node[key] = lists(child)
	}
	return node
}
