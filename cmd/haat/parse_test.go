package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	parseCatalog = "../../gateway/parse/testdata/catalog.csv"
	parseLines   = "../../gateway/parse/testdata/dev.jsonl"
)

// parsed runs the command on these lines.
func parsed(t *testing.T, in string, args ...string) (lines []map[string]any, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"parse", "--catalog", parseCatalog}, args...), strings.NewReader(in), &out, &errs)
	for s := bufio.NewScanner(&out); s.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		lines = append(lines, line)
	}
	return lines, errs.String(), code
}

// TestParseSamples answers each published sample in the form of what it expects.
func TestParseSamples(t *testing.T) {
	data, err := os.ReadFile(parseLines)
	if err != nil {
		t.Fatal(err)
	}
	lines, errs, code := parsed(t, string(data))
	if code != exitOK {
		t.Fatalf("code %d: %s", code, errs)
	}
	for i, sample := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var want struct {
			ID     string
			Expect map[string]any
		}
		if err := json.Unmarshal([]byte(sample), &want); err != nil {
			t.Fatal(err)
		}
		want.Expect["id"] = want.ID
		if diff := cmp.Diff(want.Expect, lines[i]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sample, diff)
		}
	}
}

func TestParseLines(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"an id that is a number", `{"id":7,"text":"2 soap"}`, `{"id":7,"intent":"order","items":[{"sku":"SOAP","qty":2}]}`},
		{"no id and no language", `{"text":"naomba sabuni tatu"}`, `{"intent":"order","items":[{"sku":"SOAP","qty":3}]}`},
		{"a language that we do not have", `{"text":"2 soap","lang":"xx"}`, `{"intent":"order","items":[{"sku":"SOAP","qty":2}]}`},
		{"more than is asked for", `{"text":"?","note":"x","expect":{}}`, `{"intent":"help"}`},
		{"an empty text", `{"text":""}`, `{"intent":"menu"}`},
		{"a number alone", `{"text":"5"}`, `{"intent":"unknown"}`},
		{"the wish to buy something", `{"text":"I want to buy"}`, `{"intent":"menu"}`},
		{"something that is not sold beside it", `{"text":"2 soap and 3 chairs"}`, `{"intent":"ask","items":[{"sku":"SOAP","qty":2}],"candidates":[]}`},
		{"a price with cents", `{"text":"sell 10 litres milk at 45.50"}`, `{"intent":"sell","text_item":"milk","qty":10,"unit":"litre","price":45.5}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			lines, errs, code := parsed(t, tt.in+"\n\n")
			if code != exitOK || len(lines) != 1 {
				t.Fatalf("code %d, %d lines: %s", code, len(lines), errs)
			}
			if diff := cmp.Diff(want, lines[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParseBadLines answers each in its place and fails in the end.
func TestParseBadLines(t *testing.T) {
	lines, errs, code := parsed(t, "{\"text\":\"2 soap\"}\nnonsense\n{\"id\":\"b\"}\n{\"text\":\"salt\"}\n")
	if code != exitError || !strings.Contains(errs, "2 lines could not be read") {
		t.Errorf("code %d: %s", code, errs)
	}
	if len(lines) != 4 || lines[0]["intent"] != "order" || lines[3]["intent"] != "order" {
		t.Fatalf("the lines are %v", lines)
	}
	for i, says := range map[int]string{1: "line 2", 2: "there is no text"} {
		if said, _ := lines[i]["error"].(string); !strings.Contains(said, says) {
			t.Errorf("line %d is answered %v, want %q", i+1, lines[i], says)
		}
	}
}

func TestParseExplains(t *testing.T) {
	lines, _, _ := parsed(t, `{"text":"plz 2 rice 5kg","lang":"en"}`, "--explain")
	want := []any{
		map[string]any{"text": "plz", "as": "no part of an order"}, map[string]any{"text": "2", "as": "number 2"},
		map[string]any{"text": "rice", "as": "RICE5"}, map[string]any{"text": "5kg", "as": "size 5 kg"},
	}
	if diff := cmp.Diff(want, lines[0]["explain"]); diff != "" {
		t.Error(diff)
	}
}

func TestParseLearnsWordsOfThePlace(t *testing.T) {
	dir := t.TempDir()
	words, config := dir+"/words.yaml", dir+"/haat.yaml"
	if err := os.WriteFile(words, []byte("sw:\n  numbers: {kenda: 9}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("market: {words: "+words+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, errs, code := parsed(t, `{"text":"sabuni kenda","lang":"sw"}`, "--config", config)
	if code != exitOK {
		t.Fatal(errs)
	}
	if diff := cmp.Diff([]any{map[string]any{"sku": "SOAP", "qty": 9.0}}, lines[0]["items"]); diff != "" {
		t.Error(diff)
	}
}
