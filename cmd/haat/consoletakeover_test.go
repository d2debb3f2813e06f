package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway"
	"haat/gateway/console/consoletest"
	"haat/gateway/messagelog"
)

// tariffed is the demo with a price, so that the page can tell what an SMS costs.
const tariffed = `
channels:
  demo:
    demo: {}
    sending:
      tariff: {"+254": 0.80}
`

// TestTakeOverInBrowser is an operator who helps: a villager texts something odd,
// the operator opens it, takes over, writes, is answered, and hands back.
func TestTakeOverInBrowser(t *testing.T) {
	h := serve(t, tariffed)
	b := h.signedIn(t, consoletest.Desktop, "light")
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		t.Run(size.Name, func(t *testing.T) {
			b.See(size, "light")
			b.Go(h.base + "/")
			phone := newPhone()
			h.text(phone, "rice 5kg 2 na sabuni")
			h.text(phone, "niaje bro uko wapi "+size.Name)
			b.Until("what the villager wrote is there", `document.body.innerText.includes("uko wapi `+size.Name+`")`)
			b.Press("j")
			b.Press(kb.Enter)
			b.Until("the conversation is open", `location.pathname.startsWith("/phone/") && document.getElementById("pulse")?.dataset.state === "live"`)
			helps(h, b, size, phone)
			if strings.Contains(b.Text("document.documentElement.outerHTML"), phone[1:]) {
				t.Error("the page holds the whole number")
			}
			b.Quiet()
		})
	}
	looks(t, b)
	actsAre(t, h, b)
}

// helps takes over, writes, sees the answer and hands back.
func helps(h *haat, b *consoletest.Browser, size consoletest.Size, phone string) {
	h.t.Helper()
	b.Click("#takeover")
	b.Until("the phone is taken over", `document.querySelector("#hold.mine .clock")?.textContent.startsWith("29:") || document.querySelector("#hold.mine .clock")?.textContent === "30:00"`)
	b.Until("it stands in the conversation", `document.querySelector(".operated")`)
	b.Text(`document.activeElement.blur()`)
	b.Press("r")
	b.Until("the field is open", `document.activeElement.id === "text"`)
	b.Press("Habari! Mchele upo")
	b.Until("its size is told", `document.getElementById("segments")?.textContent === "SMS: 1 of 2" && document.getElementById("size").innerText.includes("KES 0.80")`)
	long := strings.Repeat(" na sabuni pia ipo", 4)
	b.Fill("#text", long+". It’s ready")
	b.Until("the dear character is marked", `document.querySelector("#size mark")?.textContent === "’" && document.getElementById("segments").textContent === "SMS: 2 of 2"`)
	b.Picture("takeover-dear-" + size.Name)
	b.ClickSlowly("#plain", func() {})
	b.Until("it is replaced", `document.getElementById("text").value.endsWith("It's ready") && document.getElementById("segments").textContent === "SMS: 1 of 2"`)
	b.Click("#send")
	b.Until("what was sent is there, with what became of it", `[...document.querySelectorAll(".item.notice")].some(each => each.innerText.includes("It's ready") && each.innerText.includes("delivered"))`)
	h.awaitSMS(phone, "It's ready")

	before := len(h.inbox(phone))
	if reply := h.text(phone, "asante, nataka MENU"); strings.Contains(reply.body, "Shop") {
		h.t.Errorf("the villager is answered %q while an operator speaks with them", reply.body)
	}
	b.Until("the answer is there, and not answered", `[...document.querySelectorAll(".item.turn")].at(-1)?.innerText.includes("nataka MENU") && document.querySelectorAll(".item.turn .silent").length > 0`)
	b.Picture("takeover-" + size.Name)
	b.Click("#handback")
	b.Until("the phone is handed back", `document.querySelector("#hold:not(.held)")`)
	h.text(phone, "MENU")
	h.awaitSMS(phone, "1.Shop")
	if after := h.inbox(phone); len(after) != before+1 {
		h.t.Errorf("%d SMS came while an operator spoke and after, want 1: %q", len(after)-before, after[min(before, len(after)):])
	}
	b.Until("the side tells where the phone is now", `document.getElementById("now").innerText.includes("main menu")`)
}

// looks lets axe see the page with all that it can show, at both sizes and in
// both themes.
func looks(t *testing.T, b *consoletest.Browser) {
	t.Helper()
	for size, theme := range map[consoletest.Size]string{consoletest.Desktop: "light", consoletest.Phone: "dark"} {
		b.See(size, theme)
		b.Go(b.Text("location.origin + location.pathname"))
		b.Click("#takeover")
		b.Until("the phone is taken over", `document.querySelector("#hold.mine")`)
		b.Fill("#text", "It’s ready")
		b.Until("the dear character is marked", `document.querySelector("#size mark")`)
		b.Text(`document.querySelectorAll("details.understood").forEach(each => each.open = true)`)
		b.Accessible("takeover " + size.Name + " " + theme)
		b.Picture("takeover-" + size.Name + "-" + theme)
		if wide := b.Text("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
			t.Errorf("%s: the page is wider than the screen", size.Name)
		}
		b.Click("#handback")
		b.Until("the phone is handed back", `document.querySelector("#hold:not(.held)")`)
	}
	b.Quiet()
}

// actsAre looks into the audit log and haat's own: who did what stands there.
func actsAre(t *testing.T, h *haat, b *consoletest.Browser) {
	t.Helper()
	b.See(consoletest.Desktop, "light")
	b.Go(h.base + "/audit")
	has(t, b.Text("document.body.innerText"), "took over a conversation", "wrote an SMS", "handed a conversation back")
	var classes []string
	for _, e := range ofKind(h.log(""), messagelog.KindTurn) {
		classes = append(classes, e.Class)
	}
	has(t, strings.Join(classes, " "), gateway.ClassTakeOver, gateway.ClassHeld, gateway.ClassHandBack)
}
