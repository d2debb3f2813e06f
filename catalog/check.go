package catalog

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxProblems is how many problems one check lists; a file with more is
// usually one mistake made everywhere, such as a wrong encoding.
const MaxProblems = 1000

// Problem is one thing that is wrong in a file and what to do about it.
type Problem struct {
	Line   int    // counted from 1 as an editor shows it; 0: the file as a whole
	Column string // name from the header; empty: the whole line
	Cell   string // what stands there, shortened to 60 characters
	Reason        // what to do
}

// String is the problem on one line: `line 3, price: "8,50": write ...`.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d", p.Line)
	} else {
		b.WriteString("the file")
	}
	if p.Column != "" {
		fmt.Fprintf(&b, ", %s", p.Column)
	}
	if p.Cell != "" {
		fmt.Fprintf(&b, ": %q", p.Cell)
	}
	return b.String() + ": " + p.Say
}

// CheckError says everything that is wrong in a file, in the order of its
// lines. Nothing of such a file is used.
type CheckError struct {
	Problems []Problem // at most MaxProblems
	More     int       // how many problems are not listed
}

// Error is one line a problem.
func (e *CheckError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d to correct:", len(e.Problems)+e.More)
	for _, p := range e.Problems {
		b.WriteString("\n" + p.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\nand %d more; correct these first and check again", e.More)
	}
	return b.String()
}

func (e *CheckError) add(p Problem) {
	if len(e.Problems) >= MaxProblems {
		e.More++
		return
	}
	p.Cell = shorten(p.Cell)
	e.Problems = append(e.Problems, p)
}

// orNil keeps a nil *CheckError from becoming an error that is not nil.
func (e *CheckError) orNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// shorten keeps 60 characters of a cell without cutting one in two. The copy
// lets go of the line that the cell is a part of.
func shorten(cell string) string {
	at := 0
	for range 60 {
		if at >= len(cell) {
			return strings.Clone(cell)
		}
		_, size := utf8.DecodeRuneInString(cell[at:])
		at += size
	}
	if at >= len(cell) {
		return strings.Clone(cell)
	}
	return cell[:at] + "…"
}
