package screen_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"haat/gateway/gsm"
	"haat/gateway/screen"
)

// Lines of a random draft tell what they are: a title begins with §, a hint
// with ¿, and an option's key ends in ¤. No random text holds those marks or
// ASCII digits.
const (
	titleMark = "§"
	hintMark  = "¿"
	keyMark   = "¤"
)

// words draws texts of words in one or several scripts, some of them longer
// than a page, some of extension characters.
func words(most int) *rapid.Generator[string] {
	scripts := []string{
		"abcdefg", "unga wa mahindi", "é€[]~Ç", "أرزسكر", "大米公斤，。（）", "क्षत्रियाँ", "👍🏽👩‍🌾🇰🇪", "e\u0301ç", "บาท",
	}
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, most).Draw(t, "words") {
			script := []rune(rapid.SampledFrom(scripts).Draw(t, "script"))
			length := rapid.OneOf(rapid.IntRange(1, 9), rapid.IntRange(1, 9), rapid.IntRange(1, 40), rapid.IntRange(1, 180)).Draw(t, "length")
			from := rapid.IntRange(0, len(script)-1).Draw(t, "from")
			for i := range length {
				b.WriteRune(script[(from+i)%len(script)])
			}
			b.WriteByte(' ')
		}
		return b.String()
	})
}

// label draws what stands beside a key: mostly as long as labels are.
func label() *rapid.Generator[string] {
	return rapid.OneOf(words(1), rapid.SampledFrom([]string{"", "Back", "Rudi", "رجوع", "返回"}))
}

func options(prefix string, most int) *rapid.Generator[[]screen.Option] {
	return rapid.Custom(func(t *rapid.T) []screen.Option {
		list := make([]screen.Option, rapid.IntRange(0, most).Draw(t, "options"))
		for i := range list {
			list[i] = screen.Option{
				Key:   prefix + strconv.Itoa(i+1) + keyMark,
				Text:  rapid.OneOf(words(3), words(8)).Draw(t, "text"),
				Short: rapid.OneOf(rapid.Just(""), words(2)).Draw(t, "short"),
			}
		}
		return list
	})
}

func drafts() *rapid.Generator[screen.Draft] {
	return rapid.Custom(func(t *rapid.T) screen.Draft {
		return screen.Draft{
			Title:     titleMark + words(5).Draw(t, "title"),
			Body:      rapid.SliceOfN(words(12), 0, 3).Draw(t, "body"),
			Options:   options("", 12).Draw(t, "options"),
			Final:     options("f", 3).Draw(t, "final"),
			TitleOnce: rapid.Bool().Draw(t, "title once"),
			Nav:       screen.Nav{More: label().Draw(t, "more"), Back: label().Draw(t, "back"), Home: label().Draw(t, "home")},
		}
	})
}

func budgets() *rapid.Generator[screen.Budget] {
	return rapid.Custom(func(t *rapid.T) screen.Budget {
		units := rapid.IntRange(screen.MinUnits, 150).Draw(t, "units")
		return rapid.SampledFrom([]screen.Budget{
			screen.USSD(), screen.SMS(1), screen.SMS(2), screen.SMS(4),
			{Septets: screen.MinSeptets, Units: screen.MinUnits},
			{Septets: 182, Units: 80},
			{Septets: 2 * units, Units: units},
		}).Draw(t, "budget")
	})
}

func walk(d screen.Draft, b screen.Budget) []string {
	var texts []string
	for {
		p := d.Page(len(texts), b)
		texts = append(texts, p.Text)
		if len(texts) >= p.Of {
			return texts
		}
	}
}

// read is what a walk over all pages of a draft showed.
type read struct {
	options []shown
	body    []string // pieces of lines, in order
}

type shown struct {
	key, text string
	page      int
}

// sort parses pages back; it knows the fixed keys of the page from its number.
func sort(d screen.Draft, pages []string) read {
	var r read
	for n, text := range pages {
		lines := strings.Split(text, "\n")
		if n+1 < len(pages) || plain(d.Nav.Back) != "" || plain(d.Nav.Home) != "" {
			lines = lines[:len(lines)-1]
		}
		for _, line := range lines {
			if strings.HasPrefix(line, titleMark) || strings.HasPrefix(line, hintMark) {
				continue
			}
			if key, text, ok := strings.Cut(line, keyMark); ok {
				r.options = append(r.options, shown{key + keyMark, strings.TrimPrefix(text, "."), n})
			} else {
				r.body = append(r.body, line)
			}
		}
	}
	return r
}

func plain(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

func plainLines(lines []string) []string {
	var out []string
	for _, line := range lines {
		if line = plain(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, b := drafts().Draw(t, "draft"), budgets().Draw(t, "budget")
		if len(plainLines(d.Body))+len(d.Options)+len(d.Final) == 0 {
			t.Skip("a title that is all there is flows like body")
		}
		if foldable(d) {
			t.Skip("it may be written plainly, which has properties of its own")
		}
		pages := walk(d, b)
		checkBudget(t, d, b, pages)
		checkKeys(t, d, pages)
		r := sort(d, pages)
		checkOptions(t, d, b, r, len(pages))
		checkBody(t, d, b, r)
		checkTitle(t, d, b, pages)
		checkFull(t, d, b, pages, r)

		d.Hint = hintMark + words(5).Draw(t, "hint")
		hinted := walk(d, b)
		checkBudget(t, d, b, hinted)
		checkKeys(t, d, hinted)
		if h := sort(d, hinted); !slices.Equal(h.options, r.options) || !slices.Equal(h.body, r.body) {
			t.Fatalf("the hint changed what is shown\nwithout: %q\nwith: %q", pages, hinted)
		}
	})
}

// foldable tells whether a draft has characters beyond GSM 03.38, and each of
// them a plain form.
func foldable(d screen.Draft) bool {
	texts := append([]string{d.Title, d.Nav.More, d.Nav.Back, d.Nav.Home}, d.Body...)
	for _, o := range append(slices.Clone(d.Options), d.Final...) {
		texts = append(texts, o.Key, o.Text, o.Short)
	}
	all := strings.Join(texts, "\n")
	_, ok := gsm.Plain(all)
	return ok && gsm.Encoding(all) != gsm.GSM7
}

func checkBudget(t *rapid.T, d screen.Draft, b screen.Budget, pages []string) {
	for n, text := range pages {
		if !b.Fits(text) {
			septets, _ := gsm.Septets(text)
			t.Fatalf("page %d has %d septets, %d units: %q", n, septets, gsm.Units(text), text)
		}
		if p := d.Page(n, b); p.Number != n || p.Of != len(pages) || p.Text != text {
			t.Fatalf("page %d of %d came back as %+v", n, len(pages), p)
		}
	}
}

// checkKeys wants 98 exactly where a page follows, and 0 and 00 on all pages.
func checkKeys(t *rapid.T, d screen.Draft, pages []string) {
	for n, text := range pages {
		line := " " + text[strings.LastIndexByte(text, '\n')+1:]
		for _, k := range []struct {
			key  string
			want bool
		}{
			{screen.KeyMore, n+1 < len(pages)},
			{screen.KeyBack, plain(d.Nav.Back) != ""},
			{screen.KeyHome, plain(d.Nav.Home) != ""},
		} {
			got := strings.Contains(line+" ", " "+k.key+" ") || strings.Contains(line, " "+k.key+".")
			if got != k.want {
				t.Fatalf("page %d of %d: key %s is shown: %v, want %v: %q", n, len(pages), k.key, got, k.want, text)
			}
		}
	}
}

// holds is Fits but for texts that fit only because a character which GSM-7
// lacks halves the price of their extension characters.
func holds(b screen.Budget, text string) bool {
	septets, _ := gsm.Septets(text)
	return septets <= b.Septets && b.Fits(text)
}

// labelledKeys are the fixed keys of a page that is not the last.
func labelledKeys(d screen.Draft) string {
	return "\n98." + plain(d.Nav.More) + " 0." + plain(d.Nav.Back) + " 00." + plain(d.Nav.Home)
}

// checkTitle wants a short title wherever there is room. Beside long labels
// it may need room twice over, by its length and by its alphabet; and a page
// after the first that begins in GSM-7 does without one that is not in it.
func checkTitle(t *rapid.T, d screen.Draft, b screen.Budget, pages []string) {
	title := plain(d.Title)
	small := 8*(gsm.Units(title)+2) <= b.Units && 2*gsm.Units(labelledKeys(d)) <= b.Units
	for n, text := range pages {
		begins, _, _ := strings.Cut(text, "\n")
		if d.TitleOnce && n > 0 && strings.HasPrefix(text, titleMark) {
			t.Fatalf("page %d has the title that is for the first alone: %q", n, text)
		}
		dear := n > 0 && d.TitleOnce || n > 0 && gsm.Encoding(begins) == gsm.GSM7 && gsm.Encoding(title) != gsm.GSM7
		if !strings.HasPrefix(text, titleMark) && small && !dear && holds(b, title+"\n"+text) {
			t.Fatalf("page %d has room for the title %q: %q", n, title, text)
		}
	}
}

// bareKeys are the fixed keys at their shortest on a page that is not the last.
func bareKeys(d screen.Draft) string {
	s := "\n98"
	if plain(d.Nav.Back) != "" {
		s += " 0"
	}
	if plain(d.Nav.Home) != "" {
		s += " 00"
	}
	return s
}

func labelled(key, text string) string {
	if text == "" {
		return key
	}
	return key + "." + text
}

// checkOptions wants every option once and in order, with as much of its text
// as a page can hold, and the final ones together at the end.
func checkOptions(t *rapid.T, d screen.Draft, b screen.Budget, r read, pages int) {
	all := slices.Concat(d.Options, d.Final)
	if len(r.options) != len(all) {
		t.Fatalf("%d options are shown of %d", len(r.options), len(all))
	}
	fits := func(o screen.Option, text string) bool { return holds(b, labelled(o.Key, text)+bareKeys(d)) }
	together := ""
	for i, o := range all {
		got, text, short := r.options[i], plain(o.Text), plain(o.Short)
		if text == "" {
			text = short
		}
		if short == "" {
			short = text
		}
		if i >= len(d.Options) {
			together += labelled(o.Key, short) + "\n"
		}
		switch final := i >= len(d.Options); {
		case got.key != o.Key:
			t.Fatalf("option %d has key %s, want %s", i, got.key, o.Key)
		case got.text == text, final && got.text == short:
		case fits(o, text):
			t.Fatalf("option %s reads %q, but all of %q fits", o.Key, got.text, text)
		case got.text == short:
		case fits(o, short):
			t.Fatalf("option %s reads %q, but all of %q fits", o.Key, got.text, short)
		case !strings.HasPrefix(short, got.text):
			t.Fatalf("option %s reads %q instead of %q", o.Key, got.text, short)
		case !wordEnd(short, got.text) && fits(o, firstWord(short)):
			t.Fatalf("option %s is cut within a word: %q of %q", o.Key, got.text, short)
		}
	}
	if holds(b, together+strings.TrimPrefix(bareKeys(d), "\n")) {
		for _, o := range r.options[len(d.Options):] {
			if o.page != pages-1 {
				t.Fatalf("final option %s is on page %d of %d", o.key, o.page, pages)
			}
		}
	}
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// wordEnd tells whether a beginning of a text ends where a word may end.
func wordEnd(text, start string) bool {
	rest := text[len(start):]
	return rest == "" || rest[0] == ' ' || unspaced(start) || unspaced(rest)
}

func unspaced(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) || strings.ContainsRune("，。（）", r) })
}

// checkBody wants all words of the body in order, none cut that a page can
// hold, and every line that a page can hold in one piece.
func checkBody(t *rapid.T, d screen.Draft, b screen.Budget, r read) {
	lines := plainLines(d.Body)
	if got, want := squeeze(r.body), squeeze(lines); got != want {
		t.Fatalf("the body reads %q, want %q", got, want)
	}
	pieces := strings.Fields(strings.Join(r.body, " "))
	for _, word := range strings.Fields(strings.Join(lines, " ")) {
		piece := pieces[0]
		pieces = pieces[1:]
		if piece != word && !unspaced(word) && holds(b, word+bareKeys(d)) {
			t.Fatalf("the word %q is cut: %q", word, piece)
		}
		for piece != word {
			piece += pieces[0]
			pieces = pieces[1:]
		}
	}
	for _, line := range lines {
		if holds(b, line+labelledKeys(d)) && holds(b, line+bareKeys(d)) && !slices.Contains(r.body, line) {
			t.Fatalf("the line %q is broken, but fits a page: %q", line, r.body)
		}
	}
}

func squeeze(lines []string) string { return strings.ReplaceAll(strings.Join(lines, ""), " ", "") }

// checkFull wants no page to end before an option that it could still hold.
func checkFull(t *rapid.T, d screen.Draft, b screen.Budget, pages []string, r read) {
	for _, o := range r.options[:len(d.Options)] {
		line := labelled(o.key, o.text)
		begins := strings.HasPrefix(strings.TrimPrefix(pages[o.page], plain(d.Title)+"\n"), line+"\n")
		if o.page > 0 && begins && holds(b, line+"\n"+pages[o.page-1]) {
			t.Fatalf("page %d could hold %q: %q", o.page-1, line, pages[o.page-1])
		}
	}
}

// FuzzPage fits any bytes at all, as a broken catalogue may hold.
func FuzzPage(f *testing.F) {
	f.Add("Staples", "Welcome\nto the market", "Rice 5kg 850\nSugar", "Press a number", "Back", 0, 160, 70)
	f.Add("", "", "", "", "", -1, 0, 0)
	f.Add("\xff\x00", "\u202eأرز\r\n👩‍🌾", "e\u0301\u0301\u0301", "€", "\x1b", 3, 40, 40)
	f.Fuzz(func(t *testing.T, title, body, list, hint, label string, n, septets, units int) {
		d := screen.Draft{Title: title, Body: []string{body}, Hint: hint, Nav: screen.Nav{More: label, Back: label, Home: label}}
		for text := range strings.SplitSeq(list, "\n") {
			d.Options = append(d.Options, screen.Option{Key: text, Text: text, Short: body})
		}
		d.Final = d.Options
		b := screen.Budget{Septets: screen.MinSeptets + septets&0xff, Units: screen.MinUnits + units&0xff}
		if p := d.Page(n, b); p.Number < 0 || p.Number >= p.Of {
			t.Fatalf("page %d is number %d of %d", n, p.Number, p.Of)
		}
		for _, gsm7 := range []bool{false, true} {
			b.GSM7, d.RightToLeft = gsm7, !gsm7
			for n, text := range walk(d, b) {
				if !b.Fits(text) {
					t.Fatalf("page %d is over budget %+v: %q", n, b, text)
				}
			}
		}
	})
}
