package parse

import (
	"strconv"
	"strings"
	"unicode"

	"haat/catalog"
	"haat/gateway/lang"
)

// MaxRunes is how much of a text is looked at: three SMS of GSM characters.
const MaxRunes = 480

// Text understands a text that was typed on a phone whose owner speaks l; the
// English words are understood too. It never guesses: an item is there only
// when its code and its quantity stand in the text, and anything beside that
// makes the meaning Ask.
func Text(text string, l, english *lang.Language, c *catalog.Catalog) Meaning {
	text = clip(text, MaxRunes)
	if digits, ok := number(text); ok {
		return Meaning{Intent: Number, Number: digits}
	}
	if m, ok := command(text, words{l, english}); ok {
		return m
	}
	return order(text, words{l, english}, c)
}

// clip cuts a text after n runes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// number reads a text that is nothing but digits of any script, perhaps with
// the full stop or hash that people end an answer with.
func number(text string) (string, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), ".#")
	if text == "" {
		return "", false
	}
	ascii := true
	for _, r := range text {
		d := lang.Digit(r)
		if d < '0' || d > '9' {
			return "", false
		}
		ascii = ascii && d == r
	}
	if ascii {
		return text, true
	}
	return strings.Map(lang.Digit, text), true
}

// words are the languages whose command words count.
type words struct{ own, english *lang.Language }

func (w words) command(folded string) lang.Command {
	if c := w.own.Command(folded); c != lang.NoCommand {
		return c
	}
	return w.english.Command(folded)
}

// plain are the commands that stand alone.
var plain = map[lang.Command]Intent{
	lang.MenuCommand: Menu, lang.GreetingCommand: Menu, lang.HelpCommand: Help,
	lang.StatusCommand: Status, lang.OrderCommand: Order, lang.CancelOrderCommand: Cancel,
	lang.StopCommand: Stop, lang.StartCommand: Start, lang.BasketCommand: Basket, lang.LanguageCommand: Language,
}

// command understands a text that is a command as a whole.
func command(text string, w words) (Meaning, bool) {
	folded := lang.Fold(text)
	if folded == "" {
		return wordless(text)
	}
	if intent, ok := plain[w.command(folded)]; ok {
		return Meaning{Intent: intent}, true
	}
	if code, ok := w.own.Named(folded); ok && len(folded) > len(code) {
		return Meaning{Intent: Language, LangTo: code}, true
	}
	space := strings.LastIndexByte(folded, ' ')
	if space < 0 || strings.ContainsAny(text, ",;\n") {
		return Meaning{}, false
	}
	return withArgument(w, folded[:space], folded[space+1:], text)
}

// wordless understands a text without any letter or digit. A text of other
// signs alone, such as a picture, says nothing.
func wordless(text string) (Meaning, bool) {
	switch {
	case strings.TrimSpace(text) == "":
		return Meaning{Intent: Menu}, true
	case strings.Trim(text, "? \t\r\n？؟") == "":
		return Meaning{Intent: Help}, true
	}
	return Meaning{Intent: Unknown}, true
}

// withArgument understands a command word before the number of an order or the
// name of a language. The number must stand in the text as it is here, so that
// "CANCEL ORDER 10-23" is not taken for order 23.
func withArgument(w words, head, last, text string) (Meaning, bool) {
	command := w.command(head)
	if code, ok := w.own.Named(last); ok && command == lang.LanguageCommand {
		return Meaning{Intent: Language, LangTo: code}, true
	}
	no, err := strconv.ParseInt(last, 10, 64)
	if err != nil || no <= 0 || !endsInNumber(text, len(last)) {
		return Meaning{}, false
	}
	switch {
	case command == lang.StatusCommand:
		return Meaning{Intent: Status, OrderNo: no}, true
	case command == lang.CancelOrderCommand, head == "CANCEL":
		return Meaning{Intent: Cancel, OrderNo: no}, true
	}
	return Meaning{}, false
}

// endsInNumber tells whether the text's last digits are just so many, and
// stand after a space or a sign that people put before a number.
func endsInNumber(text string, digits int) bool {
	runes := []rune(strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) }))
	before := len(runes) - digits - 1
	return before >= 0 && (unicode.IsSpace(runes[before]) || strings.ContainsRune("#:", runes[before]))
}
