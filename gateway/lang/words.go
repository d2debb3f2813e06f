package lang

import (
	"fmt"
	"strings"
	"unicode"
)

// Words are what people type to say what they want, several for each thing,
// in any case.
type Words struct {
	Menu        []string `yaml:"menu"`
	Greeting    []string `yaml:"greeting"`
	Help        []string `yaml:"help"`
	Status      []string `yaml:"status"`       // alone or before an order's number
	Order       []string `yaml:"order"`        // alone or before products
	CancelOrder []string `yaml:"cancel_order"` // alone or before an order's number
	Stop        []string `yaml:"stop"`
	Start       []string `yaml:"start"`
	Basket      []string `yaml:"basket"`
	Language    []string `yaml:"language"` // alone or before the name of a language
}

// Command is what a command word stands for.
type Command int

// The commands.
const (
	NoCommand Command = iota
	MenuCommand
	GreetingCommand
	HelpCommand
	StatusCommand
	OrderCommand
	CancelOrderCommand
	StopCommand
	StartCommand
	BasketCommand
	LanguageCommand
)

// index maps every folded word to its command.
func (w *Words) index() (map[string]Command, error) {
	lists := [...][]string{MenuCommand: w.Menu, GreetingCommand: w.Greeting, HelpCommand: w.Help, StatusCommand: w.Status, OrderCommand: w.Order,
		CancelOrderCommand: w.CancelOrder, StopCommand: w.Stop, StartCommand: w.Start, BasketCommand: w.Basket, LanguageCommand: w.Language}
	commands := map[string]Command{}
	for command := MenuCommand; int(command) < len(lists); command++ {
		if len(lists[command]) == 0 {
			return nil, fmt.Errorf("words: command %d has no word: give each at least one", command)
		}
		for _, word := range lists[command] {
			folded := Fold(word)
			if other, taken := commands[folded]; taken || folded == "" {
				return nil, fmt.Errorf("words: %q stands for two commands (%d and %d) or for nothing", word, other, command)
			}
			commands[folded] = command
		}
	}
	return commands, nil
}

// Command is what a folded text means as a whole, or NoCommand.
func (l *Language) Command(folded string) Command { return l.commands[folded] }

// Named is the code of the offered language that a folded text names, in
// whatever language.
func (l *Language) Named(folded string) (code string, ok bool) {
	code, ok = l.names[folded]
	return code, ok
}

// Fold makes texts comparable: letters in upper case, digits of every script
// that our markets use as ASCII, anything else as single spaces between.
func Fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	gap := false
	for _, r := range text {
		r = Digit(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// zeros are the zeros of the digits that phones of our markets type: Arabic,
// Persian and Urdu, Devanagari, Bengali, and full width.
var zeros = [...]rune{'٠', '۰', '०', '০', '０'}

// Digit gives the ASCII digit for a digit of another script, and every other
// rune as it is.
func Digit(r rune) rune {
	if r < 0x80 {
		return r
	}
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}
