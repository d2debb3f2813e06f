package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const exampleFile = "../../config.example.yaml"

const exampleHead = `# Everything that can be set in haat, with its default. What has a # directly
# before it is off. Check a file with: haat config check --config FILE
#
# The environment wins over the file, and the flags --data and --listen win
# over both: nats.url is also HAAT_NATS_URL. Times are written like 800ms, 5s,
# 10m or 24h; sizes like 64MiB.
`

// exampleChannel is a channel of one carrier with the examples of its settings.
type exampleChannel struct {
	name    string // the example's
	through string // the example that sends its SMS, where it cannot itself
	config  ChannelConfig
}

// exampleChannels are what the example shows, commented out: one of each
// carrier that has an example.
func exampleChannels() (all []exampleChannel) {
	t := reflect.TypeFor[ChannelConfig]()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("example")
		if t.Field(i).Type.Kind() != reflect.Pointer || name == "" {
			continue
		}
		ch := exampleChannel{name: name, through: t.Field(i).Tag.Get("through")}
		ch.config.preset()
		reflect.ValueOf(&ch.config).Elem().Field(i).Set(reflect.New(t.Field(i).Type.Elem()))
		all = append(all, ch)
	}
	return all
}

// exampleWriter writes settings as YAML with the comments of their fields.
type exampleWriter struct {
	t    *testing.T
	docs map[string]map[string]string // by package directory, then "Type.Field"
	out  strings.Builder
}

// line writes a line of YAML, as a comment where off.
func (w *exampleWriter) line(off bool, indent int, text string) {
	if off {
		w.out.WriteString("#")
	}
	w.out.WriteString(strings.Repeat("  ", indent) + text + "\n")
}

// settings writes every field of a struct.
func (w *exampleWriter) settings(v reflect.Value, indent int, off bool) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		key := field.Tag.Get("yaml")
		if value.Kind() == reflect.Pointer && value.IsNil() {
			continue
		}
		if field.Anonymous { // its settings are the struct's own
			w.settings(value, indent, off)
			continue
		}
		if indent == 0 && i > 0 {
			w.out.WriteString("\n")
		}
		doc := w.doc(v.Type(), field)
		for text := range strings.SplitSeq(doc, "\n") {
			w.line(off, indent, "# "+text)
		}
		switch {
		case key == "channels":
			w.channels()
		case value.Kind() == reflect.Pointer:
			w.line(off, indent, key+":")
			w.settings(value.Elem(), indent+1, off)
		case value.Kind() == reflect.Struct:
			w.line(off, indent, key+":")
			w.settings(value, indent+1, off)
		case value.IsZero() && field.Tag.Get("example") != "" && off:
			w.line(off, indent, key+": "+field.Tag.Get("example"))
		case value.IsZero() && field.Tag.Get("example") != "":
			w.line(off, indent, "#"+key+": "+field.Tag.Get("example"))
		default:
			w.line(off, indent, key+": "+w.scalar(value))
		}
	}
}

func (w *exampleWriter) channels() {
	w.line(true, 0, "channels:")
	for i, ch := range exampleChannels() {
		if i > 0 {
			w.out.WriteString("#\n")
		}
		w.line(true, 1, ch.name+":")
		if i == 0 { // it shows what all carriers share, too
			w.settings(reflect.ValueOf(ch.config), 2, true)
			continue
		}
		if ch.through != "" {
			w.line(true, 2, "sending: {through: "+ch.through+"}")
		}
		for block, settings := range ch.config.blocks() { // there is one
			w.line(true, 2, block+":")
			w.settings(settings, 3, true)
		}
	}
}

func (w *exampleWriter) scalar(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return span(value)
	case Size:
		return value.String()
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	default:
		text, err := yaml.Marshal(value)
		if err != nil {
			w.t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
}

// doc is the comment of a field. The carriers' comments begin with the field's
// name, which in the file is the key.
func (w *exampleWriter) doc(t reflect.Type, field reflect.StructField) string {
	dir := filepath.Join(moduleRoot, strings.TrimPrefix(t.PkgPath(), "haat/"))
	if w.docs[dir] == nil {
		w.docs[dir] = fieldComments(w.t, dir)
	}
	doc := w.docs[dir][t.Name()+"."+field.Name]
	if doc == "" {
		w.t.Errorf("%s.%s has no comment: say its unit, meaning, default and limits", t, field.Name)
	}
	if rest, ok := strings.CutPrefix(doc, field.Name+" "); ok && t.PkgPath() != reflect.TypeFor[Config]().PkgPath() {
		doc = field.Tag.Get("yaml") + " " + rest
	}
	return doc
}

// fieldComments reads the comments of all struct fields of a package.
func fieldComments(t *testing.T, dir string) map[string]string {
	comments := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					for _, ident := range field.Names {
						comments[spec.Name.Name+"."+ident.Name] = strings.TrimSpace(field.Doc.Text())
					}
				}
			}
			return true
		})
	}
	return comments
}

func TestExampleFileIsGenerated(t *testing.T) {
	w := &exampleWriter{t: t, docs: map[string]map[string]string{}}
	w.out.WriteString(exampleHead + "\n")
	w.settings(reflect.ValueOf(defaultConfig()), 0, false)
	if *update {
		if err := os.WriteFile(exampleFile, []byte(w.out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(w.out.String(), readExample(t)); diff != "" {
		t.Errorf("config.example.yaml differs from the settings; rewrite it with `go test ./cmd/haat -run Example -update` (-want +got):\n%s", diff)
	}
}

func readExample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestExampleFileIsTheDefault: who copies the file as it stands has changed
// nothing.
func TestExampleFileIsTheDefault(t *testing.T) {
	c, err := loadConfig(exampleFile, nil, keysNeeded, func(*Config) {})
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig()
	want.orDemo()
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-default +example):\n%s", diff)
	}
}

// TestExampleChannelsWork: the channels that are commented out are right, too: each
// carrier opens with the examples of its settings.
func TestExampleChannelsWork(t *testing.T) {
	before, channels, found := strings.Cut(readExample(t), "#channels:\n")
	if !found {
		t.Fatal("the example has no channels")
	}
	text := before + "channels:\n"
	for line := range strings.Lines(channels) {
		text += strings.TrimPrefix(line, "#")
	}
	name := filepath.Join(t.TempDir(), "haat.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var environ []string
	for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(channels, -1) {
		environ = append(environ, match[1]+"=secret-of-"+match[1])
	}
	c, err := loadConfig(name, environ, keysNeeded, func(*Config) {})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(exampleChannels()); len(c.Channels) != want {
		t.Errorf("%d channels, want %d", len(c.Channels), want)
	}
}
