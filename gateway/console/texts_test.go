package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"haat/catalog"
	"haat/catalog/sheet"
	"haat/gateway/console/account"
	"haat/gateway/console/alert"
)

func TestTextsAreComplete(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all.codes, " "); got != "en sw zh" {
		t.Errorf("languages %s", got)
	}
	delete(all.words["sw"], "log.title")
	all.words["zh"]["live.news"] = "条新消息"
	all.words["zh"]["live.old"] = "旧"
	err = all.complete()
	for _, want := range []string{"sw lacks log.title", "zh: live.news has other {places}", "nothing says live.old"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not found: %s in %v", want, err)
		}
	}
}

// TestTemplatesSayWhatThereIs looks up every key that a template names.
func TestTemplatesSayWhatThereIs(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`say "([a-z_.]+)"`)
	for _, file := range files {
		data, err := templateFiles.ReadFile("templates/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(data), -1) {
			if all.words[model][m[1]] == "" {
				t.Errorf("%s: nothing says %s", file.Name(), m[1])
			}
		}
	}
}

// TestReasonsAreKnown looks up every reason that the code gives for a bad file, in
// every language; what no code gives needs no words.
func TestReasonsAreKnown(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	call := regexp.MustCompile(`(?:reasons\.Of|wrong)\("([a-z0-9_]+)"`)
	for _, folder := range []string{"../../catalog", "../../catalog/sheet"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no code in %s: %v", folder, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range call.FindAllStringSubmatch(string(code), -1) {
				given[m[1]] = true
			}
		}
	}
	given["number_of"], given["number_taken_of"] = given["number"], given["number_taken"] // of a product on no line
	for key := range given {
		for _, code := range all.codes {
			if all.words[code][wrong+key] == "" {
				t.Errorf("%s: nothing says %s", code, wrong+key)
			}
		}
	}
	for key := range all.words[model] {
		if reason, is := strings.CutPrefix(key, wrong); is && !given[reason] {
			t.Errorf("no code gives the reason %s", reason)
		}
	}
	if len(given) < 50 {
		t.Errorf("only %d reasons are found in the code", len(given))
	}
}

// TestReasonsAreFilled: a reason in other words has the same figures, and one that
// has no other words is said in English.
func TestReasonsAreFilled(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		why  catalog.Reason
		want map[string]string
	}{
		{"figures", catalog.AllReasons().Of("cells", "n", 3, "columns", 7), map[string]string{
			"en": "there are 3 cells under 7 columns; a cell with a comma in it must stand in double quotes",
			"sw": "kuna seli 3 chini ya safu 7; seli yenye mkato iwe ndani ya alama za nukuu",
			"zh": "7 列下有 3 个单元格；含逗号的单元格必须放在双引号内",
		}},
		{"a place in what stands there", sheet.AllReasons().Of("sheets", "n", 2, "names", "{n}, b"), map[string]string{
			"en": "2 sheets have cells: {n}, b; keep only the one with the products",
			"zh": "2 个工作表有内容：{n}, b；请只保留商品那一个",
		}},
		{"English alone", catalog.Reason{Say: "write it"}, map[string]string{"en": "write it", "sw": "write it", "zh": "write it"}},
	} {
		for code, want := range tc.want {
			if got := all.reason(code, tc.why); got != want {
				t.Errorf("%s, %s: got %q, want %q", tc.name, code, got, want)
			}
		}
		if tc.why.Say != tc.want["en"] {
			t.Errorf("%s: the command line says %q", tc.name, tc.why.Say)
		}
	}
}

func TestWhyNobodyWasTold(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, code, why, want string }{
		{"a status", "en", "status 500", "The webhook answers 500. See its server's log."},
		{"a status, in Chinese", "zh", "status 500", "webhook 回应 500。请查看其服务器的日志。"},
		{"an address", "sw", "address", "Anwani ya webhook haiwezi kutumika. Angalia alerts.webhook.url."},
		{"words of others", "zh", "nats: timeout", "nats: timeout"},
		{"nothing", "zh", "", ""},
	} {
		if got := all.unheard(tc.code, tc.why); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestWordsOfOthersAreKnown looks up what the templates make keys of.
func TestWordsOfOthersAreKnown(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, k := range alert.Kinds {
		rules = append(rules, string(k))
	}
	for section, values := range map[string][]string{
		"rule": rules, "tell": rules, "unheard": {"address", "no_answer", "status"},
		"mode": modes, "dir": directions, "kind": kinds, "state": statuses, "class": classes, "since": spanNames(), "theme": themes, "act": {ActReveal, account.ActSignIn, account.ActSignOut, account.ActAttempts, account.ActAdded, account.ActRemoved, account.ActPassword, account.ActRole, account.ActFirst, account.ActInvited, account.ActJoined, account.ActEnded, account.ActLinked, account.ActAgedOut},
		"screen": {"language", "menu", "resume", "help", "ask", "categories", "products", "quantity", "which", "count", "basket", "change", "line", "requantity", "station", "confirm", "short", "orders", "order", "cancel"},
	} {
		for _, value := range values {
			if all.words[model][section+"."+value] == "" {
				t.Errorf("nothing says %s.%s", section, value)
			}
		}
	}
}
