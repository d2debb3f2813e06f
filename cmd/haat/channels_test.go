package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
)

// TestChannelsCommands: an operator looks at the channels, tests one, and sends.
func TestChannelsCommands(t *testing.T) {
	t.Parallel()
	const phone = "+254700100141"
	carrier := openCarriers(t)
	config := keyedConfig(carrier, "") + `    sending: {tariff: {"+254": "0.80"}, currency: KES, day_segments: 100}` + "\n"
	h := serve(t, config)
	file := saveConfig(t, config)
	place := []string{"--config", file, "--data", h.data}
	with := func(args ...string) []string { return append(args, place...) }

	var all []channelInfo
	eventually(t, "the channels are told of", func() bool { // which begins beside the doors
		all = objects[channelInfo](t, with("channels", "--json")...)
		return !slices.ContainsFunc(all, func(c channelInfo) bool { return c.State == stopped })
	})
	if len(all) != 2 || all[0].Name != "abroad" || all[0].Carrier != "twilio" || all[1].Name != "kenya" || all[1].Carrier != "africastalking" {
		t.Fatalf("the channels are %+v", all)
	}
	for _, c := range all {
		if c.State != outbox.Working || c.Waiting != 0 {
			t.Errorf("channel %+v", c)
		}
	}

	// The carrier reports while the command waits.
	go func() {
		sms := carrier.await(t, phone, "haat: channel abroad works.")
		back, _ := strings.CutPrefix(sms.Get("StatusCallback"), publicURL)
		h.signed(authToken, back, url.Values{"MessageSid": {sms.Get("id")}, "MessageStatus": {"delivered"}, "To": {phone}})
	}()
	out, errs, code := tool(t, with("channels", "test", "abroad", "--to", phone)...)
	if code != exitOK {
		t.Fatalf("the test says %s%s", out, errs)
	}
	has(t, out, "is sent, 1 segment, KES 0.80", "is delivered", "The phone has it")

	out, _, code = tool(t, with("send", "--channel", "kenya", "--to", phone, "--text", "Karibu kesho")...)
	if code != exitOK || !strings.Contains(out, "1 segment by channel kenya") {
		t.Errorf("send says %q", out)
	}
	carrier.await(t, phone, "Karibu kesho")
	eventually(t, "what it cost is counted", func() bool {
		return h.metric(`haat_sms_segments_total{channel="abroad",prefix="+254"}`) == 1 &&
			h.metric(`haat_sms_cost_total{channel="abroad",currency="KES",prefix="+254"}`) == 0.8
	})
	out, _, _ = tool(t, with("channels")...)
	has(t, out, "CHANNEL", "abroad", "1/100", "KES 0.80")

	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no such channel": {[]string{"send", "--channel", "nowhere", "--to", phone, "--text", "x"}, `there is no channel "nowhere": write one of abroad, kenya`},
		"no phone":        {[]string{"send", "--channel", "kenya", "--to", "384", "--text", "x"}, "write it like +254700000001"},
		"no text":         {[]string{"send", "--channel", "kenya", "--to", phone, "--text", ""}, "--text is empty"},
		"too long":        {[]string{"send", "--channel", "kenya", "--to", phone, "--text", strings.Repeat("x", 1300)}, "shorten it to 8"},
		"test of nothing": {[]string{"channels", "test", "nowhere", "--to", phone}, "there is no channel"},
	} {
		if _, errs, code := tool(t, with(tt.args...)...); code != exitError || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: it says %q", name, errs)
		}
	}

	h.stop()
	for _, c := range objects[channelInfo](t, with("channels", "--json")...) {
		if c.State != stopped {
			t.Errorf("of a stopped haat: %+v", c)
		}
	}
	if _, errs, code := tool(t, with("channels", "test", "kenya", "--to", phone)...); code != exitError || !strings.Contains(errs, "start it with `haat serve`") {
		t.Errorf("a test without a haat says %q", errs)
	}
	out, _, _ = tool(t, with("send", "--channel", "kenya", "--to", phone, "--text", "Karibu tena")...)
	has(t, out, "it leaves when haat is started")
	if waits := objects[letterJSON](t, with("outbox", "--json")...); len(waits) != 1 || waits[0].Status != waiting || waits[0].Text != "Karibu tena" {
		t.Errorf("the outbox has %+v", waits)
	}
}

// TestOutboxCommands: an operator sees what failed and why, sends it again or
// drops it.
func TestOutboxCommands(t *testing.T) {
	t.Parallel()
	const phone = "+254700100151"
	var refuse atomic.Bool
	refuse.Store(true)
	carrier := openFaulty(t, func(n int, took func(), w http.ResponseWriter, r *http.Request) {
		if refuse.Load() {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		accepts(n, took, w, r)
	})
	config := carrier.config("")
	h := serve(t, config)
	place := []string{"--config", saveConfig(t, config), "--data", h.data}
	with := func(args ...string) []string { return append(args, place...) }
	unsent := func() []letterJSON { return objects[letterJSON](t, with("outbox", "--json")...) }

	if out, _, _ := tool(t, with("outbox")...); !strings.Contains(out, "Nothing waits, and nothing failed.") {
		t.Errorf("an empty outbox says %q", out)
	}
	for _, text := range []string{"first", "second"} {
		if _, errs, code := tool(t, with("send", "--channel", "line", "--to", phone, "--text", text)...); code != exitOK {
			t.Fatal(errs)
		}
	}
	eventually(t, "both failed", func() bool {
		all := unsent()
		return len(all) == 2 && all[0].Status == "failed" && all[1].Status == "failed"
	})
	first, second := unsent()[0], unsent()[1]
	if first.Text != "first" || first.Code != "418" || first.Attempt != 1 || first.Reason == "" || first.Phone != phone || first.Kind != "notice" {
		t.Errorf("the first is %+v", first)
	}
	out, _, _ := tool(t, with("outbox")...)
	has(t, out, first.ID, "failed, attempt 1 (418)", first.Reason, "***151")
	if strings.Contains(out, phone) {
		t.Error("the table shows a whole phone number")
	}

	refuse.Store(false)
	out, errs, code := tool(t, with("outbox", "retry", first.ID)...)
	if code != exitOK || !strings.Contains(out, "is sent again as SMS") {
		t.Fatalf("retry says %q %q", out, errs)
	}
	eventually(t, "it is sent", func() bool { texts, _ := carrier.counts(); return texts == 1 })
	eventually(t, "the second is left", func() bool { all := unsent(); return len(all) == 1 && all[0].ID == second.ID })
	if out, errs, code := tool(t, with("outbox", "drop", second.ID)...); code != exitOK || !strings.Contains(out, "is dropped") {
		t.Errorf("dropping what failed says %q %q", out, errs)
	}
	if all := unsent(); len(all) != 0 {
		t.Errorf("the outbox still has %+v", all)
	}
	for _, id := range []string{"99999", "x", "-1"} {
		if _, _, code := tool(t, with("outbox", "retry", "--", id)...); code == exitOK {
			t.Errorf("retry of %s works", id)
		}
	}
	for _, e := range latest(h.log(phone)) {
		says := map[gateway.State]string{gateway.Sent: "the carrier has it", gateway.Dropped: "was dropped"}[e.Status]
		if _, errs, code := tool(t, with("outbox", "retry", e.Ref)...); code != exitError || !strings.Contains(errs, says) {
			t.Errorf("retry of what is %s says %q", e.Status, errs)
		}
	}
	// A report that belongs to nothing is shown, too.
	if a := carrier.report(h, `{"id":"nobody's","status":"delivered"}`); a.code != http.StatusOK {
		t.Errorf("the report is answered with %d %q", a.code, a.body)
	}
	if all := unsent(); len(all) != 1 || all[0].Kind != "report" || all[0].Status != "delivered" || all[0].ID != "" || all[0].Reason == "" {
		t.Errorf("the outbox has %+v", all)
	}
}

// report brings a delivery report as the webhook channel's carrier signs it.
func (f *faulty) report(h *haat, body string) answer {
	h.t.Helper()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte("0123456789abcdef"))
	_, _ = io.WriteString(mac, now+"."+body)
	return h.do(http.MethodPost, "/channels/line/status", "application/json", strings.NewReader(body),
		"X-Timestamp", now, "X-Signature", hex.EncodeToString(mac.Sum(nil)))
}

func TestOutboxDropsWhatWaits(t *testing.T) {
	t.Parallel()
	const phone = "+254700100161"
	carrier := openFaulty(t, accepts)
	config, data := carrier.config(""), t.TempDir()
	place := []string{"--config", saveConfig(t, config), "--data", data}
	with := func(args ...string) []string { return append(args, place...) }
	queue(t, data, "line", 1)
	if _, errs, code := tool(t, with("send", "--channel", "line", "--to", phone, "--text", "wait")...); code != exitOK {
		t.Fatal(errs)
	}
	waits := objects[letterJSON](t, with("outbox", "--json")...)
	if len(waits) != 2 {
		t.Fatalf("the outbox has %+v", waits)
	}
	out, errs, code := tool(t, with("outbox", "drop", waits[1].ID)...)
	if code != exitOK || !strings.Contains(out, "is dropped") {
		t.Fatalf("drop says %q %q", out, errs)
	}
	h := start(t, "serve", data, config)
	eventually(t, "the outbox is empty", func() bool { return len(objects[letterJSON](t, with("outbox", "--json")...)) == 0 })
	if texts, _ := carrier.counts(); texts != 1 {
		t.Errorf("the carrier has %d SMS", texts)
	}
	if all := ofKind(h.log(phone), messagelog.KindStatus); len(all) != 1 || all[0].Status != "dropped" {
		t.Errorf("the log has %+v", all)
	}
}

func TestOptoutsListed(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	if out, _, _ := tool(t, "optouts", "--data", h.data); !strings.Contains(out, "Nobody has opted out.") {
		t.Errorf("without any it says %q", out)
	}
	for _, phone := range []string{"+254700100171", "+254700100172", "+254700100173"} {
		h.text(phone, "HELP")
	}
	h.text("+254700100172", "STOP")
	h.text("+254700100173", "ACHA")
	h.text("+254700100173", "START")
	all := objects[optoutJSON](t, "optouts", "--json", "--data", h.data)
	if len(all) != 1 || all[0].Phone != "+254700100172" || time.Since(all[0].Since) > time.Hour {
		t.Errorf("the opt-outs are %+v", all)
	}
	if out, _, _ := tool(t, "optouts", "--data", h.data); strings.Contains(out, "+254") || !strings.Contains(out, "172") {
		t.Errorf("the table says %q", out)
	}
}
