package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"haat/gateway/gsm"
	"haat/gateway/lang"
)

// TestOurPhrases holds the phrases that haat carries to what `haat phrases check`
// asks of them.
func TestOurPhrases(t *testing.T) {
	languages, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	phrases := allPhrases(languages)
	for _, p := range phrases {
		for _, say := range p.wrong() {
			t.Errorf("%s %s %s: %s", p.language, p.variant, p.key, say)
		}
		if latin := p.variant == variantLatin || p.variant == variantLatinShort; latin && gsm.Encoding(p.text) != gsm.GSM7 {
			t.Errorf("%s %s %s is not in GSM 03.38: %q", p.language, p.variant, p.key, p.text)
		}
	}
	if len(phrases) < 6*2*100 {
		t.Errorf("%d phrases were looked at", len(phrases))
	}
}

func TestWrongPhrases(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    phrase
		says string // "" where nothing is wrong
	}{
		{"all well", phrase{text: "Welcome to the market", plain: true}, ""},
		{"one letter too many", phrase{text: "Ça va, garçon", plain: true}, `"ç" is outside`},
		{"a language of another script", phrase{text: "欢迎来村里赶集"}, ""},
		{"a good short form", phrase{text: "Welcome", full: "Welcome to the market"}, ""},
		{"no short form", phrase{text: "Welcome to the market", full: "Welcome to the market"}, "no short form"},
		{"short enough as it is", phrase{text: "Welcome here", full: "Welcome here"}, ""},
		{"longer than long", phrase{text: "Welcome to all of it", full: "Welcome to it"}, "shorten it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(tt.p.wrong(), "; ")
			if (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) {
				t.Errorf("%q, want %q", got, tt.says)
			}
		})
	}
}

// TestPhrasesCheck reads the table.
func TestPhrasesCheck(t *testing.T) {
	var out, problems bytes.Buffer
	if err := (phrasesCheckCmd{Languages: []string{"sw", "zh"}}).Run(t.Context(), &stdio{Out: &out, Err: &problems}); err != nil && !errors.Is(err, errReported) {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if f := strings.Fields(line); len(f) > 6 {
			rows[strings.Join(f[:3], " ")] = f
		}
	}
	for key, want := range map[string]string{"sw full menu_title": "GSM-7", "sw short menu_title": "GSM-7", "zh full menu_title": "UCS-2", "zh latin menu_title": "GSM-7"} {
		if row := rows[key]; len(row) < 6 || row[4] != want || row[5] != "1" {
			t.Errorf("%s: %v, want %s in one SMS", key, row, want)
		}
	}
	if rows["en full menu_title"] != nil {
		t.Error("a language is listed that was not asked for")
	}
	if err := (phrasesCheckCmd{Languages: []string{"xx"}}).Run(t.Context(), &stdio{Out: &out, Err: &problems}); err == nil {
		t.Error("a language that there is not was checked")
	}
}
