package dialogue

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/catalog"
	"haat/gateway/gsm"
	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

// TestLanguageScreenIsOnePage in the smallest usual screen, whoever asks.
func TestLanguageScreenIsOnePage(t *testing.T) {
	for _, gsm7 := range []bool{false, true} {
		for _, code := range append([]string{""}, everyLanguage...) {
			w := market(t)
			w.Budget.GSM7 = gsm7
			s := Session{Profile: Profile{Language: code}, State: stateLanguage, Mode: USSD, At: w.Now}
			o := Step(s, Input{Mode: USSD, Text: "7"}, w) // none of them: it is asked again
			if !o.Session.Last || o.Session.State != stateLanguage || strings.Count(o.Text, "\n") < len(everyLanguage)-1 {
				t.Errorf("%q, GSM-7 alone %v:\n%s", code, gsm7, o.Text)
			}
		}
	}
}

// TestNamesThatTheChannelCannotCarry have a stand-in that says more than
// question marks.
func TestNamesThatTheChannelCannotCarry(t *testing.T) {
	w := market(t)
	product := func(sku string, names, short map[string]string) *catalog.Product {
		return &catalog.Product{SKU: sku, Category: "c", Names: names, Short: short}
	}
	rice := map[string]string{"en": "Rice 5 kg", "zh": "大米5公斤", "fr": "Riz, maïs", "sw": "Mchele"}
	w.Catalog = catalog.New("v", []catalog.Product{{SKU: "X", Category: "米"}}, []catalog.Category{{ID: "米", Names: map[string]string{"en": "米"}}})
	w.Stations = []orders.Station{{ID: "ST1", Name: "Duka", Village: "村"}, {ID: "ST2", Name: "店"}, {ID: "ST3", Name: "Chez Zoë", Village: "Ébène"}}
	for _, tt := range []struct {
		name        string
		say         func(wording) string
		code        string
		want, plain string // on a channel that carries all, and on one that does not
	}{
		{"a name in another script", func(o wording) string { return o.product(product("R", rice, nil)) }, "zh", "大米5公斤", "Rice 5 kg"},
		{"the English short name before the long one", func(o wording) string { return o.product(product("R", rice, map[string]string{"en": "Rice 5kg"})) }, "zh", "大米5公斤", "Rice 5kg"},
		{"no name in the language", func(o wording) string { return o.product(product("R", rice, map[string]string{"en": "Rice 5kg"})) }, "ar", "Rice 5kg", "Rice 5kg"},
		{"accents are no other script", func(o wording) string { return o.product(product("R", rice, nil)) }, "fr", "Riz, maïs", "Riz, maïs"},
		{"not even English", func(o wording) string { return o.product(product("R5", map[string]string{"en": "大米"}, nil)) }, "en", "大米", "R5"},
		{"a category", func(o wording) string { return o.category(o.w.Catalog.Categories()[0]) }, "en", "米", "米"},
		{"a village", func(o wording) string { return o.station("ST1") }, "en", "Duka, 村", "Duka"},
		{"a shop", func(o wording) string { return o.station("ST2") }, "en", "店", "ST2"},
		{"a shop with accents", func(o wording) string { return o.station("ST3") }, "en", "Chez Zoë, Ébène", "Chez Zoë, Ébène"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for gsm7, want := range map[bool]string{false: tt.want, true: tt.plain} {
				w.Budget.GSM7 = gsm7
				l, _ := w.language(tt.code)
				if got := tt.say(wording{l, &w}); got != want {
					t.Errorf("GSM-7 alone %v: %q, want %q", gsm7, got, want)
				}
			}
		})
	}
}

// TestOrderKeepsItsLanguage where the channel makes it speak in another way.
func TestOrderKeepsItsLanguage(t *testing.T) {
	w := market(t)
	w.Budget.GSM7, w.Stations = true, w.Stations[:1]
	o := Step(Session{Profile: Profile{Language: "ar"}, At: w.Now}, Input{Mode: SMS, Text: "RICE5 2"}, w)
	o = Step(o.Session, Input{Mode: SMS, Text: "1"}, w)
	if o.Request == nil || o.Request.Place.Language != "ar" || o.Session.Profile.Language != "ar" {
		t.Errorf("the request is %+v after\n%s", o.Request, o.Text)
	}
}

// TestShortFormsOfTexts takes the full text where it fits, then the short one,
// and the number and the code in the end.
func TestShortFormsOfTexts(t *testing.T) {
	w := market(t)
	e := orders.Event{Kind: orders.Confirmed, Order: orders.Order{Number: 10023, Station: "ST01", PickupCode: "4821", Total: catalog.Money{Minor: 85000, Currency: "KES"}}}
	en := w.Languages.English()
	full, brief := wording{en, &w}.event(e), wording{en.Brief(), &w}.event(e)
	if len(brief) >= len(full) {
		t.Fatalf("the short form %q is not short", brief)
	}
	for septets, want := range map[int]string{len(full): full, len(full) - 1: brief, len(brief): brief, screen.MinSeptets: wording{en, &w}.short(e)} {
		w.Budget.Septets = septets
		if got := Notice(e, en, w); got != want {
			t.Errorf("%d septets: %q, want %q", septets, got, want)
		}
	}
}

// TestShortScreens are shown where they take fewer pages than long ones.
func TestShortScreens(t *testing.T) {
	w := market(t)
	full, brief := w.Languages.English().Phrases.Help.String(), w.Languages.English().Brief().Phrases.Help.String()
	if len(brief) >= len(full) {
		t.Fatalf("the short form %q is not short", brief)
	}
	for septets, want := range map[int]string{160: full, 120: brief} {
		w.Budget.Septets = septets
		if o := walkTo(t, w, SMS, "help"); !o.Session.Last || !strings.Contains(o.Text, want) {
			t.Errorf("%d septets:\n%s", septets, o.Text)
		}
	}
}

// TestHintsMoveNoPage holds for every screen of every session: neither a hint
// nor the page that is looked at decides which phrases the screen has.
func TestHintsMoveNoPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds("v1").Draw(t, "world")
		s := sessions.Draw(t, "session")
		s.Mode = USSD
		o := Step(s, Input{Mode: USSD, Text: "999999"}, w)
		tl := begin(o.Session, Input{Mode: USSD}, &w)
		if tl.s.State == "" {
			t.Skip("no screen")
		}
		tl.hint = nil
		first := tl.page(0)
		for n := range first.Of {
			tl.hint = nil
			plain := tl.page(n)
			tl.hint = hintOrderUnknown(strings.Repeat("hint ", 30))
			hinted := tl.page(n)
			if plain.Of != first.Of || hinted.Of != first.Of || plain.Number != n || hinted.Number != n {
				t.Fatalf("page %d of %d is page %d of %d, with a hint page %d of %d", n, first.Of, plain.Number, plain.Of, hinted.Number, hinted.Of)
			}
		}
	})
}

func TestMenuAnswers(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, "1*2": 2, "1**3": 3, "٣*1": 2, "00*98": 2,
		"101": 0, "101*2": 0, "1*2*1*150": 4, "help": 0, "1*a": 0,
		strings.Repeat("1*", 100) + "1": maxDialled,
	} {
		if answers, ok := menuAnswers(text); len(answers) != want || ok != (want > 0) {
			t.Errorf("%.20s: %d answers, %v", text, len(answers), ok)
		}
	}
}

func TestBeyondTheCode(t *testing.T) {
	for _, tt := range []struct{ code, text, want string }{
		{"*384*96#", "101*2", "101*2"},
		{"*384*96#", "*384*96*101*2#", "101*2"},
		{"*384*96#", "*384*96#", ""},
		{"*384*96#", "*384*961*2#", "384*961*2"},
		{"*384#", " *384*1# ", "1"},
		{"", "101*2#", "101*2"},
	} {
		w := World{DialCode: tt.code}
		if got := w.beyondCode(tt.text); got != tt.want {
			t.Errorf("%s beyond %s is %q, want %q", tt.text, tt.code, got, tt.want)
		}
	}
}

// TestNothingIsOrderedByDialling whatever is dialled.
func TestNothingIsOrderedByDialling(t *testing.T) {
	w := market(t)
	w.Stations = w.Stations[:1]
	ready := walkTo(t, w, USSD, "RICE5 2")
	if ready.Session.State != stateConfirm {
		t.Fatalf("the walk ends at %q", ready.Session.State)
	}
	for _, text := range []string{"1*1*1", "1*1*1*1", "2*1*1", "102*2", "1", "*384*96*1*1*1#", strings.Repeat("1*", 50)} {
		if o := Step(ready.Session, Input{Mode: USSD, Dial: true, Text: text}, w); o.Request != nil || o.End {
			t.Errorf("%s: %+v\n%s", text, o.Request, o.Text)
		}
	}
}

// TestGuessedLanguage never stands above a choice.
func TestGuessedLanguage(t *testing.T) {
	w := market(t)
	for _, tt := range []struct {
		name, known, text string
		remembered, says  string // the first words of the answer are in this language; none: it is asked for
	}{
		{"a greeting", "", "habari", "sw", "sw"},
		{"an order", "", "nataka sabuni tatu tafadhali", "sw", "sw"},
		{"chosen before", "en", "nataka sabuni tatu tafadhali", "en", "en"},
		{"a code says nothing", "", "SOAP 3", "", "en"},
		{"a number says nothing", "", "102 2", "", "en"},
		{"stop is everybody's word", "", "STOP", "", "en"},
		{"words of English", "", "I want 2 soap please", "en", "en"},
		{"a word of English", "", "menu", "", ""},
		{"another language's word to stop", "", "acha", "", "sw"},
		{"a language that is no longer offered", "xx", "habari", "sw", "sw"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Step(Session{Profile: Profile{Language: tt.known}}, Input{Mode: SMS, Text: tt.text}, w)
			if tt.says == "" {
				if o.Session.State != stateLanguage || o.Session.Profile.Language != "" {
					t.Errorf("the language is not asked for:\n%s", o.Text)
				}
				return
			}
			p := w.Languages.Get(tt.says).Phrases
			said := false
			for _, text := range []lang.Phrase{p.MenuTitle, p.StationTitle, p.Stopped} {
				said = said || strings.HasPrefix(o.Text, text.String())
			}
			said = said || strings.HasPrefix(o.Text, w.Languages.Get(tt.says).Brief().Phrases.StationTitle.String())
			if got := o.Session.Profile.Language; got != tt.remembered && !(tt.remembered == "" && got == tt.known) || !said {
				t.Errorf("%q is remembered, and the answer is\n%s", got, o.Text)
			}
		})
	}
}

// TestOffersOfThoseWhoOptedOut are answered as any text is.
func TestOffersOfThoseWhoOptedOut(t *testing.T) {
	w := market(t)
	o := Step(Session{Profile: Profile{Language: "en", OptedOut: true}}, Input{Mode: SMS, Text: "I sell 50 kg maize"}, w)
	if o.Offer == nil || !o.Session.Profile.OptedOut || !strings.Contains(o.Text, "50 kg maize") {
		t.Errorf("the offer is %+v, the answer\n%s", o.Offer, o.Text)
	}
}

// TestSessionOfManyQuestionsIsBounded for the turn is stored.
func TestSessionOfManyQuestionsIsBounded(t *testing.T) {
	w := market(t)
	var all []string
	for _, p := range w.Catalog.Products() {
		all = append(all, p.SKU)
	}
	var m parse.Meaning
	m.Intent, m.LeftOut = parse.Ask, strings.Repeat("bicycle ", 50)
	for i := range 20 {
		m.Questions = append(m.Questions, parse.Question{Candidates: all[i:], Words: strings.Repeat("米", 100)})
	}
	tl := begin(Session{Profile: Profile{Language: "en"}}, Input{Mode: SMS}, &w)
	tl.command(m)
	o := tl.outcome()
	if n := len(o.Session.Questions); n != maxQuestions || len(o.Session.Questions[0].Candidates) != maxCandidates {
		t.Errorf("%d questions, %d candidates", n, len(o.Session.Questions[0].Candidates))
	}
	if data, err := json.Marshal(o.Session); err != nil || len(data) > 5000 {
		t.Errorf("the session has %d bytes, %v", len(data), err)
	}
}

// TestWhatDoesNotFitChangesNothing leaves the basket and the questions as they
// were.
func TestWhatDoesNotFitChangesNothing(t *testing.T) {
	w := market(t)
	s := Session{
		Profile: Profile{Language: "en"}, State: stateWhich, Focus: "2", Mode: SMS, At: w.Now, Last: true,
		Basket:    Basket{ID: "b", Lines: []orders.Line{{SKU: "SOAP", Qty: 9000}}},
		Questions: []Question{{Candidates: []string{"RICE1", "RICE5"}, Qty: 1, Words: "rice"}, {Candidates: []string{"SUGAR1", "SUGAR2"}, Qty: 1, Words: "sugar"}},
	}
	for _, text := range []string{"RICE5 2, SOAP 5000", "SUGAR1 2, RICE1 3, SOAP 1000 and some OIL1"} {
		o := Step(s, Input{Mode: SMS, Text: text}, w)
		if diff := cmp.Diff([]any{s.Basket, s.Questions}, []any{o.Session.Basket, o.Session.Questions}); diff != "" || o.Session.State != stateBasket {
			t.Errorf("%s:\n%s\n%s", text, diff, o.Text)
		}
	}
}

// TestQuestionOfWhatIsNoLongerSold goes on with the next one.
func TestQuestionOfWhatIsNoLongerSold(t *testing.T) {
	w := market(t)
	for _, tt := range []struct {
		name  string
		open  []Question
		state State
		focus string
		want  State
	}{
		{"the last one", []Question{{Candidates: []string{"GONE"}, Qty: 1}}, stateWhich, "", stateBasket},
		{"one of two", []Question{{Candidates: []string{"GONE"}}, {Candidates: []string{"SUGAR1", "SUGAR2"}, Qty: 1}}, stateCount, "GONE", stateWhich},
		{"the next is a count", []Question{{Candidates: []string{"GONE"}}, {Candidates: []string{"SOAP"}}}, stateCount, "GONE", stateCount},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Session{Profile: Profile{Language: "en"}, State: tt.state, Focus: tt.focus, Mode: SMS, Last: true, At: w.Now, Catalog: "v0", Questions: tt.open}
			o := Step(s, Input{Mode: SMS, Text: "5"}, w)
			if o.Session.State != tt.want || len(o.Session.Basket.Lines) != 0 || o.Class != ClassHint {
				t.Errorf("%s: %+v\n%s", o.Class, o.Session, o.Text)
			}
		})
	}
}

// TestPhrasesFitTheirPlace says each text of the smallest screen and of an SMS in
// every language, so that none is cut where it matters.
func TestPhrasesFitTheirPlace(t *testing.T) {
	w := market(t)
	number, code := "10023", "4821"
	for _, l := range w.Languages.Languages() {
		for variant, l := range map[string]*lang.Language{"own": l, "Latin": l.Latin()} {
			if l == nil {
				continue
			}
			for key, text := range map[string]string{
				"received_short":  l.Brief().Phrases.ReceivedShort.With("number", number, "code", code),
				"confirmed_short": l.Brief().Phrases.ConfirmedShort.With("number", number, "code", code),
			} {
				if b := (screen.Budget{Septets: screen.MinSeptets, Units: screen.MinUnits}); !b.Fits(text) {
					t.Errorf("%s, %s: %s is cut on the smallest screen: %q", l.Code, variant, key, text)
				}
			}
			if variant == "Latin" && gsm.Encoding(fmt.Sprint(l.Phrases.MenuTitle, l.Brief().Phrases.MenuTitle)) != gsm.GSM7 {
				t.Errorf("%s in Latin letters is not in GSM 03.38", l.Code)
			}
		}
	}
}
