package console

import (
	"regexp"
	"strings"
)

// practiceView is the phone on the page as its template shows it.
type practiceView struct {
	There   bool // there is a channel to practise on
	Demo    bool
	Channel string
	Code    string
	Phone   string // masked
	Which   int    // of the operator's phones, from 1
	Of      int
	Token   string
	Screen  screenView
	Texts   textsView
	Keys    []padKey
}

// padKey is one of the keypad.
type padKey struct{ Key, Letters string }

var padKeys = []padKey{{"1", ".,?!"}, {"2", "abc"}, {"3", "def"}, {"4", "ghi"}, {"5", "jkl"}, {"6", "mno"}, {"7", "pqrs"}, {"8", "tuv"}, {"9", "wxyz"}, {"*", ""}, {"0", "␣"}, {"#", ""}}

// screenView is what the phone's screen shows.
type screenView struct {
	Lines   []screenLine
	Open    bool   // the network waits for an answer
	Problem string // the key of what went wrong
	Code    string
}

// screenLine is one of the text; a numbered choice goes on below its words.
type screenLine struct {
	Text   string
	Choice bool
}

var choiceLine = regexp.MustCompile(`^\p{Nd}{1,2}\.`)

func screenLines(text string) (lines []screenLine) {
	if text == "" {
		return nil
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		lines = append(lines, screenLine{line, choiceLine.MatchString(line)})
	}
	return lines
}

// textsView are the SMS of the phone, the oldest first.
type textsView struct {
	Texts []textView
	After int64 // the newest that came
	Came  int   // how many came
}

type textView struct {
	Text  string
	Clock string
	Sent  bool // by the phone
}
