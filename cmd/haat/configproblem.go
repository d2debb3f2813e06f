package main

import (
	"fmt"
	"slices"
	"strings"
)

// problem is one thing that is wrong in the configuration.
type problem struct {
	where string // path of the setting, or the environment variable
	say   string // what is wrong and what to do
}

// configError lists everything that is wrong, each with its place in the file
// where it has one.
type configError struct {
	file     configFile
	problems []problem
}

// Error is one paragraph a problem: file, line and column, what to do, and the
// line with a caret below the place.
func (e *configError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d %s:", len(e.problems), plural(len(e.problems), "problem", "problems"))
	for _, p := range e.problems {
		b.WriteString("\n")
		e.file.show(&b, p)
	}
	return b.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sort puts the problems in the order of the file; those that are not from the
// file come first.
func (f *configFile) sort(problems []problem) []problem {
	slices.SortStableFunc(problems, func(a, b problem) int {
		x, y := f.at[a.where], f.at[b.where]
		if x.line != y.line {
			return x.line - y.line
		}
		return x.column - y.column
	})
	return problems
}

// show writes a problem with its line of the file and a caret.
func (f *configFile) show(b *strings.Builder, p problem) {
	at, here := f.at[p.where]
	if here {
		fmt.Fprintf(b, "%s:%d:%d: ", f.name, at.line, at.column)
	}
	if p.where != "" {
		fmt.Fprintf(b, "%s: ", p.where)
	}
	b.WriteString(p.say)
	if here && at.line <= len(f.lines) {
		line := strings.TrimRight(f.lines[at.line-1], "\r")
		fmt.Fprintf(b, "\n    %s\n    %s^", line, caretIndent(line, at.column))
	}
}

// caretIndent is the blank text before the column, with the line's own tabs so
// that the caret stands below the right character.
func caretIndent(line string, column int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i >= column-1 {
			break
		}
		if r == '\t' {
			b.WriteRune('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
