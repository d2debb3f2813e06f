package main

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// keyUse says whether a command needs the carriers' keys.
type keyUse bool

const (
	keysNeeded keyUse = true
	keysUnused keyUse = false
)

// loadConfig reads the configuration: the defaults, over them the file ("" for
// none), over that the environment ("NAME=value" each), over all of it the
// flags. The error is a *configError with everything that is wrong, or says
// why the file cannot be read.
func loadConfig(name string, environ []string, keys keyUse, flags func(*Config)) (Config, error) {
	c := defaultConfig()
	environment := env.ToMap(environ)
	var problems []problem
	file := configFile{name: name, at: map[string]spot{}}
	if name != "" {
		found, err := file.read(&c)
		if err != nil {
			return c, err
		}
		problems = found
	}
	problems = append(problems, c.readEnvironment(environment)...)
	flags(&c)
	c.orDemo()
	problems = append(problems, c.check()...)
	if keys == keysNeeded {
		problems = append(problems, c.Console.OIDC.expand(environment)...)
	}
	problems = append(problems, c.checkChannels(environment, keys)...)
	problems = append(problems, c.checkAlerts(environment, keys)...)
	if len(problems) > 0 {
		return c, &configError{file, file.sort(problems)}
	}
	return c, nil
}

const envPrefix = "HAAT_"

// readEnvironment applies each HAAT_ variable by itself, so that a bad one is
// named and the others still count.
func (c *Config) readEnvironment(environment map[string]string) (problems []problem) {
	settings, err := env.GetFieldParamsWithOptions(c, env.Options{Prefix: envPrefix})
	if err != nil {
		return []problem{{where: "environment", say: err.Error()}}
	}
	for _, s := range settings {
		value, set := environment[s.Key]
		if !set || s.OwnKey == "" {
			continue
		}
		one := env.Options{Prefix: envPrefix, Environment: map[string]string{s.Key: value}}
		if err := env.ParseWithOptions(c, one); err != nil {
			problems = append(problems, problem{s.Key, fmt.Sprintf("%q cannot be read: %v", value, errors.Unwrap(err))})
		}
	}
	return problems
}

// configFile is a configuration file and where in it each setting stands.
type configFile struct {
	name  string
	lines []string
	at    map[string]spot
}

type spot struct{ line, column int }

// read decodes the file into c, which keeps what the file does not say.
func (f *configFile) read(c *Config) ([]problem, error) {
	data, err := os.ReadFile(f.name)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	f.lines = strings.Split(string(data), "\n")
	tree, err := parser.ParseBytes(data, 0)
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		position := syntax.GetToken().Position
		f.at[""] = spot{position.Line, position.Column}
		return []problem{{"", syntax.GetMessage()}}, nil
	} else if err != nil {
		return nil, fmt.Errorf("the configuration %s is no YAML: %w", f.name, err)
	}
	var problems []problem
	for i, doc := range tree.Docs {
		if doc.Body == nil {
			continue // nothing but comments
		}
		if i > 0 {
			return append(problems, problem{"", "there is a second document: remove the line `---` before it"}), nil
		}
		problems = f.decode(doc.Body, reflect.ValueOf(c).Elem(), "")
	}
	return problems, nil
}

// decode reads a node into v and goes on after a problem: all of them are
// told at once.
func (f *configFile) decode(node ast.Node, v reflect.Value, path string) []problem {
	position := node.GetToken().Position
	if _, known := f.at[path]; !known || node.Type() != ast.MappingType {
		f.at[path] = spot{position.Line, position.Column} // the value is more to the point than its key
	}
	switch {
	case node.Type() == ast.NullType && v.Kind() != reflect.Pointer:
		return nil // "key:" with nothing after it says nothing
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.decode(node, v.Elem(), path)
	case v.Kind() == reflect.Struct, v.Kind() == reflect.Map:
		return f.decodeMapping(node, v, path)
	}
	return decodeValue(node, v, path)
}

func isScalar(node ast.Node) bool {
	_, ok := node.(ast.ScalarNode)
	return ok
}

func (f *configFile) decodeMapping(node ast.Node, v reflect.Value, path string) (problems []problem) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return []problem{{path, "write settings below it, each `name: value` on a line of its own and indented"}}
	}
	for _, entry := range mapping.Values {
		key := entry.Key.GetToken().Value
		below := strings.TrimPrefix(path+"."+key, ".")
		position := entry.Key.GetToken().Position
		f.at[below] = spot{position.Line, position.Column}
		if v.Kind() == reflect.Map {
			problems = append(problems, f.decodeElement(entry.Value, v, key, below)...)
			continue
		}
		field, ok := fieldNamed(v, key)
		if !ok {
			problems = append(problems, problem{below, unknownKey(v.Type(), key)})
			continue
		}
		problems = append(problems, f.decode(entry.Value, field, below)...)
	}
	return problems
}

// decodeElement reads one named element of a map over its type's defaults.
func (f *configFile) decodeElement(node ast.Node, m reflect.Value, key, path string) []problem {
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	element := reflect.New(m.Type().Elem())
	if e, ok := element.Interface().(interface{ preset() }); ok {
		e.preset()
	}
	problems := f.decode(node, element.Elem(), path)
	m.SetMapIndex(reflect.ValueOf(key), element.Elem())
	return problems
}

// decodeValue reads a single value or a list of them.
func decodeValue(node ast.Node, v reflect.Value, path string) []problem {
	var err error
	text, isText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case isText && isScalar(node):
		err = text.UnmarshalText([]byte(node.GetToken().Value))
	default:
		err = yaml.NodeToValue(node, v.Addr().Interface())
	}
	if err == nil {
		return nil
	}
	if node.Type() == ast.AliasType { // a bare * means an alias in YAML
		return []problem{{path, "a value that begins with * must stand in quotes: write it like \"*384#\""}}
	}
	say := err.Error()
	if want := wanted(v); want != "" {
		say = fmt.Sprintf("%s cannot be read: write %s", node, want)
	}
	return []problem{{path, say}}
}

// wanted describes what can be written for v, where its type has no words of
// its own.
func wanted(v reflect.Value) string {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return "a time with its unit, such as 800ms, 5s, 10m or 24h"
	case v.Type() == reflect.TypeFor[Size]():
		return ""
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list such as [a, b]"
	case reflect.String:
		return "one text"
	}
	return ""
}

// settingsOf lists the fields of a struct that are settings. Those of a struct
// that it embeds as `yaml:",inline"` are its own.
func settingsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(field reflect.StructField) bool { return field.Anonymous })
}

func fieldNamed(v reflect.Value, key string) (reflect.Value, bool) {
	for _, field := range settingsOf(v.Type()) {
		if field.Tag.Get("yaml") == key {
			return v.FieldByIndex(field.Index), true
		}
	}
	return reflect.Value{}, false
}

func unknownKey(t reflect.Type, key string) string {
	var known []string
	for _, field := range settingsOf(t) {
		known = append(known, field.Tag.Get("yaml"))
	}
	if len(known) == 0 {
		return fmt.Sprintf("there is no setting %q here: remove it, there are none", key)
	}
	return fmt.Sprintf("there is no setting %q here: remove it, or write one of %s", key, strings.Join(known, ", "))
}
