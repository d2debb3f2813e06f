package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway/console/consoletest"
)

// shows waits until the phone on the page shows a text.
func shows(b *consoletest.Browser, text string) {
	b.Until("the phone shows "+text, fmt.Sprintf(`document.getElementById("screen").innerText.includes(%q)`, text))
}

// TestPracticeInBrowser shows the market to a shop owner: an order by clicking the
// keys, the SMS that comes for it, a text by pressing keys several times, and all
// of it in the log.
func TestPracticeInBrowser(t *testing.T) {
	h := serve(t, "")
	b := h.signedIn(t, consoletest.Desktop, "light")
	b.Click(`nav a[href="/practice"]`)
	b.Until("the phone is on", `document.getElementById("handset")?.dataset.face === "call"`)
	b.Accessible("practice, idle")
	token := b.Text(`document.querySelector('.howto a[href^="/phone/"]').pathname.slice("/phone/".length)`)
	keys := func(keys string) {
		for _, key := range keys {
			b.Click(fmt.Sprintf(`[data-key="%c"]`, key))
		}
	}
	keys("*384##")
	b.Click("#erase")
	b.Click("#green")
	shows(b, "1.English")
	for _, key := range "112131" { // language, shop, category, product, how many, check out
		before := b.Text(`document.getElementById("screen").innerText`)
		keys(string(key))
		b.Click("#green")
		b.Until("the next screen", fmt.Sprintf(`document.getElementById("screen").innerText !== %q`, before))
		if key == '2' {
			b.Picture("practice-desktop")
		}
	}
	b.Press("1") // where to collect, by the keyboard
	b.Press(kb.Enter)
	b.Until("the order is shown", `document.getElementById("screen").innerText.includes("1.Confirm")`)
	b.Press("1")
	b.Press(kb.Enter)
	b.Until("the call is over", `document.querySelector("#screen .over")`)
	phone := string(h.log("")[0].Phone)
	if _, errs, code := tool(t, "send", "--channel", "demo", "--to", phone, "--text", "Your oil is at the shop", "--data", h.data); code != exitOK {
		t.Fatal(errs)
	}
	b.Until("an SMS comes", `document.getElementById("unread").innerText === "1" && document.getElementById("heard").textContent.includes("Your oil is at the shop")`)

	b.Click("#swap")
	b.Until("the SMS are shown", `document.getElementById("handset").dataset.face === "texts" && document.querySelector("#texts .came")`)
	keys("2#2")
	b.Until("letters are written, and capitals", `document.getElementById("text").value === "aA"`)
	b.Text(`(() => { const key = document.querySelector('[data-key="3"]'); key.click(); key.click(); })()`) // faster than any person
	b.Until("a key goes on to its next letter", `document.getElementById("text").value === "aAE"`)
	for range 3 {
		b.Click("#erase")
	}
	b.Until("the letters are erased", `document.getElementById("text").value === ""`)
	b.Fill("#text", "2 rice 5kg")
	b.Click("#green")
	b.Until("it was sent", `document.querySelector("#texts .sent")?.innerText.includes("2 rice 5kg")`)
	b.Until("it is answered", `document.querySelector("#texts").lastElementChild.matches(".came")`)
	b.Accessible("practice, texts")
	b.Picture("practice-texts-desktop")

	b.See(consoletest.Phone, "dark")
	b.Go(h.base + "/practice")
	b.Until("the phone is on", `document.getElementById("handset").dataset.face === "call"`)
	b.Fill("#typed", "*384#")
	b.Press(kb.Enter)
	b.Until("the menu is there", `document.querySelector("#screen .pick")`)
	b.Accessible("practice on a phone")
	b.Picture("practice-phone")
	if wide := b.Text(`[...document.querySelectorAll("main *")].some((each) => each.getBoundingClientRect().right > innerWidth)`); wide != "false" {
		t.Error("the page is wider than a phone")
	}
	b.Click(`.howto form button`)
	b.Until("another phone is on", `document.querySelector(".howto form").innerText.includes("2 of 10") && document.getElementById("handset").dataset.face === "call"`)
	b.Fill("#typed", "*384#")
	b.Press(kb.Enter)
	shows(b, "6.العربية")
	b.Fill("#typed", "6")
	b.Press(kb.Enter)
	b.Until("the menu is there from right to left", `!document.getElementById("screen").innerText.includes("English") && getComputedStyle(document.querySelector("#screen .pick")).direction === "rtl"`)
	b.Picture("practice-arabic-phone")
	b.Go(h.base + "/phone/" + token)
	b.Until("the conversation has it all", `["Oils and fats", "Your oil is at the shop", "2 rice 5kg"].every((each) => document.body.innerText.includes(each))`)
	b.Quiet()
	if orders := h.orders(); len(orders) != 1 {
		t.Errorf("there are %d orders", len(orders))
	}
}

// TestPracticeChannel: what is practised never leaves by a carrier.
func TestPracticeChannel(t *testing.T) {
	demo := ChannelConfig{Demo: &DemoConfig{}}
	carrier := ChannelConfig{}
	through := demo
	through.Sending.Through = "kenya"
	backed := demo
	backed.Sending.Backup = "kenya"
	among := demo
	among.Sending.Through = "demo"
	for _, tc := range []struct {
		name     string
		channels map[string]ChannelConfig
		want     string
	}{
		{"the demo", map[string]ChannelConfig{"demo": demo}, "demo"},
		{"none", map[string]ChannelConfig{"kenya": carrier}, ""},
		{"the one for it", map[string]ChannelConfig{"demo": demo, "kenya": carrier, "practice": demo}, "practice"},
		{"a carrier of that name", map[string]ChannelConfig{"practice": carrier}, ""},
		{"one that sends through a carrier", map[string]ChannelConfig{"practice": through, "kenya": carrier}, ""},
		{"one with a carrier for a backup", map[string]ChannelConfig{"practice": backed, "kenya": carrier}, ""},
		{"one that sends through another demo", map[string]ChannelConfig{"demo": demo, "practice": among}, "practice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := (&Config{Channels: tc.channels}).practiceChannel(); got != tc.want {
				t.Errorf("it is %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWithinTheProcess: the way to the demo channel tells what a handler says, and
// ends with who asks.
func TestWithinTheProcess(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /waits", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := http.Client{Transport: inProcess{mux}}
	for path, want := range map[string]int{"/silent": 200, "/nowhere": 404} {
		resp, err := client.Get("http://127.0.0.1" + path)
		if err != nil || resp.StatusCode != want {
			t.Errorf("%s: %v, %v", path, resp, err)
			continue
		}
		resp.Body.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://127.0.0.1/waits", nil)
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		t.Error("it is answered after who asked has gone")
	}
}
