package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

// TestOperatorsInBrowser: an administrator invites somebody, who chooses a
// password; somebody else comes by OpenID Connect, and is out when removed.
func TestOperatorsInBrowser(t *testing.T) {
	provider := consoletest.NewProvider(t)
	provider.Knows("sub-njeri", map[string]any{"preferred_username": "njeri", "groups": []string{"haat-lookers"}})
	address := freeAddress(t)
	t.Setenv("CLIENT_SECRET_OF_HAAT", provider.Secret)
	h := startOn(t, address, "serve", filepath.Join(t.TempDir(), "data"), fmt.Sprintf(`
public_url: http://%s
console:
  oidc: {issuer: "%s", client_id: %s, client_secret: "${CLIENT_SECRET_OF_HAAT}", name: Sign in with the cooperative, claim: groups, roles: {haat-lookers: viewer}}
`, address, provider.Server.URL, provider.Client))
	admin := h.signedIn(t, consoletest.Desktop, "light")
	admin.Go(h.base + "/operators")
	admin.Fill("input[name=name]", "otieno")
	admin.Choose("form.fields select[name=role]", "operator")
	admin.Click("button.main")
	admin.Until("the link is shown", `document.getElementById("link-text") !== null`)
	link := admin.Text(`document.getElementById("link-text").value`)
	admin.Accessible("operators")

	invited := consoletest.Open(t)
	invited.See(consoletest.Phone, "dark")
	invited.Go(link)
	invited.Accessible("join")
	invited.Picture("join-phone")
	invited.Fill("#password", firstPassword)
	invited.Fill("#repeat", firstPassword)
	invited.Click("button")
	invited.Until("they are in", `location.pathname === "/" && document.body.innerText.includes("otieno")`)
	invited.Quiet()

	guest := consoletest.Open(t)
	guest.Go(h.base + "/login")
	guest.Click(`a[href^="/login/oidc"]`)
	guest.Until("the provider asks", `document.querySelector("h1").textContent === "Who are you?"`)
	guest.Click(`button[value="sub-njeri"]`)
	guest.Until("they are in", `location.pathname === "/" && document.body.innerText.includes("njeri")`)
	guest.Quiet()

	admin.Go(h.base + "/operators")
	admin.Until("all are listed", `["otieno", "njeri"].every((each) => document.querySelector("tbody").innerText.includes(each))`)
	admin.Picture("operators-desktop")
	admin.See(consoletest.Phone, "dark")
	admin.Go(h.base + "/operators/njeri")
	admin.Accessible("operator")
	admin.Picture("operators-phone")
	admin.Click("details.danger summary")
	admin.Click("button.risky")
	admin.Until("removed", `location.pathname === "/operators" && !document.querySelector("tbody").innerText.includes("njeri")`)
	admin.Quiet()
	guest.Go(h.base + "/")
	guest.Until("out at once", `location.pathname === "/login"`)
}

// TestOperatorsAreLinkedByCommand: what the command says is kept, and audited.
func TestOperatorsAreLinkedByCommand(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new")
	for _, tc := range []struct{ args, out, err string }{
		{"add amina --role admin --oidc Amina@Coop.example", "amina is added as admin and signs in by OpenID Connect", ""},
		{"add otieno --role viewer --oidc amina@coop.example", "", "linked by that already"},
		{"link amina sub-1", "may sign in by OpenID Connect as sub-1", ""},
		{"link amina", "", "no administrator who can sign in"},
		{"remove amina", "", "no administrator who can sign in"},
		{"link nobody x", "", `no operator "nobody"`},
	} {
		out, err := operatorTool(t, data, "", tc.args)
		if !strings.Contains(out, tc.out) || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %q, %v; want %q, %q", tc.args, out, err, tc.out, tc.err)
		}
	}
	a, err := account.Open(t.Context(), filepath.Join(data, consoleFile), account.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if members, err := a.Members(t.Context()); err != nil || len(members) != 1 || members[0].Linked != "sub-1" {
		t.Errorf("%+v %v", members, err)
	}
}

func TestConfigurationOfTheConsole(t *testing.T) {
	const good = `{issuer: "https://id.example", client_id: haat, claim: groups, roles: {x: admin}}`
	for _, tc := range []struct{ name, config, says string }{
		{"all well", "public_url: https://haat.example\nconsole: {oidc: " + good + "}", ""},
		{"a short memory", "console: {keep_audit: 24h}", "is too short for a record"},
		{"for ever", "console: {keep_audit: 0s}", ""},
		{"no public address", "console: {oidc: " + good + "}", "it needs public_url"},
		{"no issuer", "console: {oidc: {client_id: haat}}", "the rest is of no use"},
		{"an issuer in the clear", "public_url: https://haat.example\nconsole: {oidc: {issuer: \"http://id.example\", client_id: haat}}", "is no issuer"},
		{"no client", "public_url: https://haat.example\nconsole: {oidc: {issuer: \"https://id.example\"}}", "it is empty"},
		{"a claim without roles", "public_url: https://haat.example\nconsole: {oidc: {issuer: \"https://id.example\", client_id: haat, claim: groups}}", "belong together"},
		{"an unknown role", "public_url: https://haat.example\nconsole: {oidc: {issuer: \"https://id.example\", client_id: haat, claim: groups, roles: {x: root}}}", `"root" is not known`},
		{"a secret that is not set", "public_url: https://haat.example\nconsole: {oidc: {issuer: \"https://id.example\", client_id: haat, client_secret: \"${NOT_SET}\"}}", "NOT_SET is not set"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := loadConfig(saveConfig(t, tc.config), nil, keysNeeded, func(*Config) {})
			if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
	c, err := loadConfig("", []string{"HAAT_PUBLIC_URL=https://haat.example", "HAAT_CONSOLE_OIDC_ISSUER=https://id.example", "HAAT_CONSOLE_OIDC_CLIENT_ID=haat", "HAAT_CONSOLE_OIDC_CLAIM=groups", "HAAT_CONSOLE_OIDC_ROLES=a:admin,b:viewer"}, keysNeeded, func(*Config) {})
	if err != nil || c.Console.OIDC.provider().Roles["a"] != account.Admin {
		t.Errorf("%+v, %v", c.Console.OIDC, err)
	}
}
