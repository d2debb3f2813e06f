package console

import (
	"regexp"
	"strings"
	"testing"

	"haat/gateway/console/account"
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

// TestWordsOfOthersAreKnown looks up what the templates make keys of.
func TestWordsOfOthersAreKnown(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for section, values := range map[string][]string{
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
