package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// snippets are the configurations that a page shows, whether fenced or indented.
func snippets(t *testing.T, page string) (all []string) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var snippet strings.Builder
	flush := func() {
		if text := snippet.String(); strings.Contains(text, "channels:\n") {
			all = append(all, text)
		}
		snippet.Reset()
	}
	fenced := false
	for line := range strings.Lines(string(data)) {
		indented, isIndented := strings.CutPrefix(line, "    ")
		switch {
		case strings.HasPrefix(line, "```"):
			flush()
			fenced = !fenced
		case fenced:
			snippet.WriteString(line)
		case isIndented:
			snippet.WriteString(indented)
		case strings.TrimSpace(line) != "":
			flush()
		}
	}
	flush()
	return all
}

// TestDocumentedConfigurationsWork: who copies a carrier's lines from the page has
// a configuration that haat takes.
func TestDocumentedConfigurationsWork(t *testing.T) {
	const others = `
  modem: {kannel: {username: haat, password: secret}}
  abroad: {twilio: {account_sid: AC1, auth_token: secret, from: "+15005550006", public_url: "https://sms.example.org"}}
`
	seen := map[string]bool{}
	for _, snippet := range snippets(t, "../../docs/carriers.md") {
		if !strings.Contains(snippet, "\n    "+"sending:\n") { // the one about sending names no carrier
			for block := range strings.FieldsSeq(snippet) {
				seen[strings.TrimSuffix(block, ":")] = true
			}
		} else {
			snippet += "    africastalking: {username: duka, api_key: k, callback_key: 0123456789abcdef}\n"
		}
		for name, other := range map[string]string{"modem": strings.Split(others, "\n")[1], "abroad": strings.Split(others, "\n")[2]} {
			if !strings.Contains(snippet, "\n  "+name+":") {
				snippet += other + "\n"
			}
		}
		var environ []string
		for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(snippet, -1) {
			environ = append(environ, match[1]+"=secret-of-"+match[1])
		}
		c, err := loadConfig(saveConfig(t, snippet), environ, keysNeeded, func(*Config) {})
		if err != nil {
			t.Errorf("%v\nin\n%s", err, snippet)
			continue
		}
		for name, channel := range c.Channels {
			if _, err := channel.open(name, &c, zerolog.Nop()); err != nil {
				t.Errorf("%v in\n%s", err, snippet)
			}
		}
	}
	for _, carrier := range carrierBlocks() {
		if !seen[carrier] && carrier != "demo" {
			t.Errorf("docs/carriers.md shows no configuration of %s", carrier)
		}
	}
}
