package console_test

import (
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
)

// TestTwoOperatorsInBrowser: a page that is open sees that somebody else takes
// over, and that a hold ends, and keeps what is being written.
func TestTwoOperatorsInBrowser(t *testing.T) {
	const phone = gateway.Phone("+254700000001")
	var passed atomic.Int64
	now := func() time.Time { return at.Add(time.Duration(passed.Load())) }
	r := newRig(t, func(c *console.Config) { c.PushEvery, c.Now = 50*time.Millisecond, now })
	r.talk.Now = now
	r.gate.Always = string(account.Agent)
	r.index.Add(consoletest.Turn(at, phone, dialogue.SMS, dialogue.ClassUnknown, "niaje", "Samahani"))
	b := consoletest.Open(t)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/phone/" + r.tokenOf(phone))
	b.Until("the page is live", live)
	b.Fill("#text", "Karibu")
	b.Until("its size is told", `document.getElementById("segments")?.textContent === "SMS: 1 of 2"`)

	if _, err := r.talk.TakeOver(t.Context(), phone, "demo", "baraka"); err != nil {
		t.Fatal(err)
	}
	r.index.Add(consoletest.Turn(at, phone, "", gateway.ClassTakeOver, "", ""))
	b.Until("the page sees who has taken over", `document.getElementById("hold").innerText.includes("baraka has taken over") && document.querySelector("#now dd").innerText === "baraka"`)
	b.Accessible("taken over by another")
	b.Picture("takeover-other")
	b.Click("#takeover")
	b.Until("it is theirs", `document.querySelector("#hold.mine")`)
	if got := b.Text(`document.getElementById("text").value`); got != "Karibu" {
		t.Errorf("what was being written is %q", got)
	}
	passed.Store(int64(29*time.Minute + 59*time.Second))
	r.index.Add(consoletest.Turn(at, phone, dialogue.SMS, gateway.ClassHeld, "asante", ""))
	b.Until("there is a second left", `document.querySelector("#hold .clock")?.textContent.startsWith("0:0")`)
	passed.Store(int64(30 * time.Minute))
	b.Until("it has ended by itself", `document.getElementById("hold").innerText.includes("Handed back by itself")`)
	b.Picture("takeover-ended")
	b.Quiet()
}

// TestWritingWithoutScripts: the form alone sends, and shows first what is dear.
func TestWritingWithoutScripts(t *testing.T) {
	r, path := talking(t)
	key := between(r.get(path), `name="key" value="`, `"`)
	form := url.Values{"key": {key}, "channel": {"demo"}, "seen": {"0"}, "text": {"Habari yako, mchele uko tayari kwa Mama Njeri. It’s ready, come before six"}, "do": {"send"}}
	look := r.ask("operator", "POST", path+"/write", form)
	form.Set("key", between(look.body, `name="key" value="`, `"`))
	form.Set("seen", between(look.body, `name="seen" value="`, `"`))
	if form.Get("key") != key || form.Get("seen") != "2" || len(r.talk.Posted()) != 0 {
		t.Fatalf("the form comes back with %v", form)
	}
	form.Set("do", "plain")
	plain := r.ask("operator", "POST", path+"/write", form)
	if seen := between(plain.body, `name="seen" value="`, `"`); seen != "1" {
		t.Errorf("replaced, it takes %s", seen)
	}
	form.Set("do", "send")
	if a := r.ask("operator", "POST", path+"/write", form); a.status != 303 || len(r.talk.Posted()) != 1 {
		t.Errorf("sent all the same: %d", a.status)
	}
}
