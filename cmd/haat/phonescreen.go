package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columns is how wide the phone's screen is.
const columns = 20

// framed draws a text on the phone's screen, with a title in its upper edge.
func framed(title, text string) string {
	var b strings.Builder
	if title != "" {
		title = "[" + title + "]"
	}
	b.WriteString("+" + title + strings.Repeat("-", columns-len(title)) + "+\n")
	for _, line := range wrapped(text, columns) {
		b.WriteString("|" + line + strings.Repeat(" ", columns-cells(line)) + "|\n")
	}
	b.WriteString("+" + strings.Repeat("-", columns) + "+\n")
	return b.String()
}

// wrapped breaks a text between words, and inside a word only where the word
// alone is wider than the screen. A numbered choice goes on below its words,
// so that the numbers stand out.
func wrapped(text string, columns int) (lines []string) {
	for paragraph := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		paragraph = strings.Map(visible, paragraph)
		indent := strings.Repeat(" ", numberWidth(paragraph))
		line, empty := "", true
		for _, word := range strings.Fields(paragraph) {
			if !empty && cells(line)+1+cells(word) > columns {
				lines = append(lines, line)
				line, empty = indent, true
			}
			if !empty {
				line += " "
			}
			for cells(line)+cells(word) > columns {
				head, tail := splitAt(word, columns-cells(line))
				lines = append(lines, line+head)
				line, word = indent, tail
			}
			line, empty = line+word, false
		}
		lines = append(lines, line)
	}
	return lines
}

// visible drops what would move the cursor or colour the terminal.
func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\t' {
		return -1
	}
	return r
}

// numberWidth is the width of a choice's number with its dot: "12." is 3, and
// 0 for a line that is no choice.
func numberWidth(line string) int {
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	if digits == 0 || digits > 2 || !strings.HasPrefix(line[digits:], ".") {
		return 0
	}
	return digits + 1
}

// splitAt cuts a word so that the head fills at most so many cells. The head
// has at least one rune, else a wide rune on a narrow screen would never fit.
func splitAt(word string, room int) (head, tail string) {
	used := 0
	for i, r := range word {
		used += runeCells(r)
		if used > room && i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

func cells(s string) (n int) {
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

// runeCells is how many columns of a terminal a rune takes.
func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
