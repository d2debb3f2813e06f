package smpp

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// smsc is the SMSC of node/smsc.js, which is made of an SMPP library that is not
// ours.
type smsc struct {
	*channeltest.Script
	t     testing.TB
	port  int
	heard []event
}

// event is one line of it.
type event struct {
	Event      string
	Bind       string
	Port       int
	Version    int
	ID         string
	UDH        string
	Text       string
	Payload    bool
	From, To   string
	ESMClass   int `json:"esm_class"`
	DataCoding int `json:"data_coding"`
	Registered int
	ValidFor   int `json:"valid_for"`
	SAR        string
	Op         int
	Info       string
	Status     int
	Tag        string
	SystemType string `json:"system_type"`
}

// ask is one line to it.
type ask map[string]any

func newSMSC(t testing.TB, args ...string) *smsc {
	t.Helper()
	s := &smsc{Script: channeltest.Node(t, "smsc.js", args...), t: t}
	s.port = s.await(func(e event) bool { return e.Event == "listening" }).Port
	return s
}

func (s *smsc) account() Config { return account(fmt.Sprintf("127.0.0.1:%d", s.port)) }

// do tells it something and waits until that is in force.
func (s *smsc) do(op string, line ask) {
	s.t.Helper()
	line["op"] = op
	s.Tell(line)
	s.await(func(e event) bool { return e.Event == "done" && e.Tag == op })
}

// await gives the first event that matches, and keeps the others for later.
func (s *smsc) await(match func(event) bool) event {
	s.t.Helper()
	for i := 0; ; i++ {
		if i == len(s.heard) {
			var e event
			s.Hear(&e)
			s.heard = append(s.heard, e)
		}
		if e := s.heard[i]; match(e) {
			s.heard = slices.Delete(s.heard, i, i+1)
			return e
		}
	}
}

func (s *smsc) awaitEvent(name string) event {
	s.t.Helper()
	return s.await(func(e event) bool { return e.Event == name })
}

// delivered waits for what was answered to a deliver_sm.
func (s *smsc) delivered(tag string) status {
	s.t.Helper()
	return status(s.await(func(e event) bool { return e.Event == "delivered" && e.Tag == tag }).Status)
}

var (
	shortPlain = "Order {12} is confirmed. [€5] ñ é Δ @ ~ | ^ \\"
	shortWide  = "订单 12 😀"
	longPlain  = strings.Repeat("Unga wa mahindi kilo 2 €170. ", 14)
	longWide   = strings.Repeat("米5公斤😀", 40)
)

func TestRealSMSCTakesTexts(t *testing.T) {
	t.Parallel()
	for _, long := range []string{"udh", "udh16", "sar", "payload"} {
		for _, text := range []string{"", shortPlain, shortWide, longPlain, longWide} {
			t.Run(fmt.Sprintf("%s/%d", long, len(text)), func(t *testing.T) {
				t.Parallel()
				s := newSMSC(t)
				cfg := s.account()
				cfg.Long, cfg.SystemType = long, "VMA"
				c := open(t, cfg)
				run(t, c, &channeltest.Gateway{})
				if e := s.awaitEvent("bind"); e.Version != 0x34 || e.SystemType != "VMA" || e.Bind != "transceiver" {
					t.Errorf("bound as %+v", e)
				}
				out := outbound("7", text)
				out.Until = time.Now().Add(90 * time.Minute)
				receipt, err := c.Send(t.Context(), out)
				if err != nil {
					t.Fatal(err)
				}
				s.checkTaken(receipt, long, text)
			})
		}
	}
}

// checkTaken compares what the SMSC has got with what was sent.
func (s *smsc) checkTaken(receipt gateway.Receipt, long, text string) {
	s.t.Helper()
	parts := max(1, gsm.Segments(text))
	if long == "payload" {
		parts = 1
	}
	if len(receipt.IDs) != parts || receipt.State != gateway.Sent || receipt.ByID {
		s.t.Errorf("receipt = %+v, want one with %d ids", receipt, parts)
	}
	var got strings.Builder
	var reference string
	for i := range parts {
		e := s.awaitEvent("submit")
		got.WriteString(e.Text)
		if i < len(receipt.IDs) && e.ID != receipt.IDs[i] {
			s.t.Errorf("part %d has the id %s in the receipt and %s at the SMSC", i, receipt.IDs[i], e.ID)
		}
		coding := 0
		if gsm.Encoding(text) != gsm.GSM7 {
			coding = 8
		}
		if e.From != "3/0/20384" || e.To != "1/1/"+digits || e.Registered != 1 || e.DataCoding != coding || e.ValidFor < 89 || e.ValidFor > 90 {
			s.t.Errorf("the SMSC got %+v", e)
		}
		if parts > 1 {
			if ref := concat(s.t, e, long, parts, i+1); i > 0 && ref != reference {
				s.t.Errorf("part %d has the reference %s, the one before %s", i+1, ref, reference)
			} else {
				reference = ref
			}
		}
	}
	if got.String() != text {
		s.t.Errorf("the SMSC has %q, want %q", got.String(), text)
	}
}

// concat checks which part a message says that it is, and gives the reference.
func concat(t testing.TB, e event, long string, total, number int) (reference string) {
	t.Helper()
	var said string
	switch long {
	case "sar":
		reference, said, _ = strings.Cut(e.SAR, "/")
		if want := fmt.Sprintf("%d/%d", total, number); said != want || e.ESMClass != 0 {
			t.Errorf("sar says %s, want %s; esm_class %d", said, want, e.ESMClass)
		}
		return reference
	case "udh16":
		if len(e.UDH) != 12 || !strings.HasPrefix(e.UDH, "0804") {
			t.Fatalf("udh = %s", e.UDH)
		}
		reference, said = e.UDH[4:8], e.UDH[8:]
	default:
		if len(e.UDH) != 10 || !strings.HasPrefix(e.UDH, "0003") {
			t.Fatalf("udh = %s", e.UDH)
		}
		reference, said = e.UDH[4:6], e.UDH[6:]
	}
	if want := fmt.Sprintf("%02x%02x", total, number); said != want || e.ESMClass != 0x40 {
		t.Errorf("udh says %s, want %s; esm_class %d", said, want, e.ESMClass)
	}
	return reference
}

func TestRealSMSCTakesLatin1(t *testing.T) {
	t.Parallel()
	s := newSMSC(t, "LATIN1")
	cfg := s.account()
	cfg.DefaultAlphabet = "latin1"
	c := open(t, cfg)
	run(t, c, &channeltest.Gateway{})
	for _, tt := range []struct {
		text          string
		parts, coding int
	}{
		{"Réglé: {12} ñ Ä £ @", 1, 0},
		{strings.Repeat("Ä{}é", 40), 2, 0}, // 240 septets for the phone
		{"Bei: €5", 1, 8},                  // ISO 8859-1 has no euro
		{"ça", 1, 8},                       // GSM-7 has no ç
		{strings.Repeat("€", 71), 2, 8},
	} {
		receipt, err := c.Send(t.Context(), outbound("1", tt.text))
		if err != nil || len(receipt.IDs) != tt.parts {
			t.Fatalf("receipt = %+v, error = %v", receipt, err)
		}
		var got strings.Builder
		for range tt.parts {
			e := s.awaitEvent("submit")
			got.WriteString(e.Text)
			if e.DataCoding != tt.coding {
				t.Errorf("%q goes in data_coding %d, want %d", tt.text, e.DataCoding, tt.coding)
			}
		}
		if got.String() != tt.text {
			t.Errorf("the SMSC has %q, want %q", got.String(), tt.text)
		}
	}
}

func TestRealSMSCDeliversTexts(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	behind := &channeltest.Gateway{}
	run(t, open(t, s.account()), behind)
	deliver := func(tag, text string, more ask) {
		t.Helper()
		pdu := ask{"source_addr": digits, "destination_addr": "20384", "short_message": text}
		line := ask{"tag": tag, "pdu": pdu}
		for key, value := range more {
			if slices.Contains([]string{"hex", "udh", "payload"}, key) {
				line[key] = value
			} else {
				pdu[key] = value
			}
		}
		s.do("deliver", line)
	}
	kept := func(tag, text string) {
		t.Helper()
		if got := s.delivered(tag); got != statusOK {
			t.Errorf("%s is answered %s", tag, got)
		}
		behind.AwaitText(t, text)
	}
	deliver("gsm", shortPlain, ask{"data_coding": 0})
	kept("gsm", shortPlain)
	deliver("one", "rice 2 {€}", ask{"data_coding": 1})
	kept("one", "rice 2 {€}")
	deliver("latin", "réglé ça À", ask{"data_coding": 3})
	kept("latin", "réglé ça À")
	deliver("ucs2", shortWide, ask{"data_coding": 8})
	kept("ucs2", shortWide)
	deliver("payload", "", ask{"data_coding": 8, "payload": longWide})
	kept("payload", longWide)

	for i, text := range []string{longPlain, longWide} {
		coding, parts := 0, gsm.Parts(text)
		if i == 1 {
			coding = 8
		}
		for how, header := range map[string]func(number int) ask{
			"udh":   func(n int) ask { return ask{"udh": fmt.Sprintf("050003%02x%02x%02x", 0x21+i, len(parts), n)} },
			"udh16": func(n int) ask { return ask{"udh": fmt.Sprintf("06080412%02x%02x%02x", 0x21+i, len(parts), n)} },
			"sar": func(n int) ask {
				return ask{"sar_msg_ref_num": 700 + i, "sar_total_segments": len(parts), "sar_segment_seqnum": n}
			},
		} {
			mark := fmt.Sprintf("%s-%d", how, i)
			for n := len(parts); n >= 1; n-- { // the last one first
				part := header(n)
				part["data_coding"] = coding
				part["source_addr"] = fmt.Sprintf("2547000000%02d", 10+len(mark)+i)
				deliver(fmt.Sprintf("%s-%d", mark, n), parts[n-1], part)
			}
			for n := range parts {
				kept(fmt.Sprintf("%s-%d", mark, n+1), text)
			}
		}
	}
	if n := len(behind.Inbounds()); n != 11 {
		t.Errorf("%d texts were kept, want 11", n)
	}
	for _, in := range behind.Inbounds() {
		if in.Channel != "shop" || in.Mode != dialogue.SMS || !strings.HasPrefix(string(in.Phone), "+2547000000") || in.ID == "" {
			t.Errorf("kept %+v", in)
		}
	}
}

func TestRealSMSCRepeatsWhatWasNotKept(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	behind := &channeltest.Gateway{Down: true}
	run(t, open(t, s.account()), behind)
	text := ask{"tag": "1", "pdu": ask{"source_addr": digits, "destination_addr": "20384", "short_message": "MENU"}}
	for range 2 {
		s.do("deliver", text)
		if got := s.delivered("1"); got != statusLater {
			t.Errorf("answered %s, want %s", got, statusLater)
		}
	}
	behind.SetDown(false)
	s.do("deliver", text)
	if got := s.delivered("1"); got != statusOK {
		t.Errorf("answered %s", got)
	}
	behind.AwaitText(t, "MENU")
}

func TestRealSMSCReports(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"text", "tlv", "early"} {
		for _, id := range []string{"same", "hex", "upper", "zeros"} {
			t.Run(how+"/"+id, func(t *testing.T) {
				t.Parallel()
				s := newSMSC(t)
				behind := &channeltest.Gateway{}
				c := open(t, s.account())
				run(t, c, behind)
				for stat, want := range map[string]gateway.State{
					"DELIVRD": gateway.Delivered, "UNDELIV": gateway.Failed, "EXPIRED": gateway.Failed, "REJECTD": gateway.Failed,
				} {
					s.do("receipts", ask{"how": how, "id": id, "stat": stat})
					receipt, err := c.Send(t.Context(), outbound("1", longPlain))
					if err != nil || len(receipt.IDs) != 3 {
						t.Fatalf("receipt = %+v, error = %v", receipt, err)
					}
					for _, part := range receipt.IDs {
						behind.AwaitReport(t, func(r gateway.Report) bool {
							return written(r.CarrierID, id) == part && r.State == want && strings.HasPrefix(r.Code, stat) && r.Phone == phone && r.Channel == "shop"
						})
						if got := s.awaitEvent("receipt"); got.Status != 0 {
							t.Errorf("the receipt is answered %d", got.Status)
						}
					}
				}
			})
		}
	}
}

// written turns an id back into the one that the SMSC gave.
func written(id, how string) string {
	switch how {
	case "hex", "upper":
		var n int
		if _, err := fmt.Sscanf(strings.ToLower(id), "%x", &n); err != nil {
			return ""
		}
		return fmt.Sprint(n)
	case "zeros":
		return strings.TrimLeft(id, "0")
	}
	return id
}

func TestRealSMSCThrottles(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	c := open(t, s.account())
	run(t, c, &channeltest.Gateway{})
	s.do("status", ask{"value": 0x58, "times": 2})
	for range 2 {
		_, err := c.Send(t.Context(), outbound("1", longPlain))
		if refusal, ok := errors.AsType[*gateway.SendError](err); !ok || refusal.Kind != gateway.Throttled || refusal.Code != "0x00000058" || refusal.Doubt {
			t.Errorf("error = %+v", err)
		}
	}
	s.do("status", ask{"value": 0, "times": 1})
	s.do("status", ask{"value": 0x14, "times": 2}) // the second part waits
	receipt, err := c.Send(t.Context(), outbound("1", longPlain))
	if err != nil {
		t.Fatal(err)
	}
	s.checkThrottled(receipt)
}

// checkThrottled sees that no part came twice.
func (s *smsc) checkThrottled(receipt gateway.Receipt) {
	s.t.Helper()
	var got strings.Builder
	for i := range receipt.IDs {
		e := s.awaitEvent("submit")
		concat(s.t, e, "udh", len(receipt.IDs), i+1)
		got.WriteString(e.Text)
	}
	if got.String() != longPlain {
		s.t.Errorf("the SMSC has %q", got.String())
	}
}

// TestRealSMSCHangsUpUnderLoad: every SMS is taken, and twice only where Send
// said that it might have been.
func TestRealSMSCHangsUpUnderLoad(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	c := open(t, s.account())
	run(t, c, &channeltest.Gateway{})
	const drops, messages = 8, 500
	s.do("drop", ask{"after": 41, "times": drops})

	var mu sync.Mutex
	doubts := map[string]int{}
	var sending sync.WaitGroup
	turn := make(chan struct{}, 32)
	for i := range messages {
		turn <- struct{}{}
		sending.Go(func() {
			defer func() { <-turn }()
			text := fmt.Sprintf("Order %d is confirmed.", i)
			for {
				_, err := c.Send(t.Context(), outbound(fmt.Sprint(i), text))
				if err == nil {
					return
				}
				refusal, ok := errors.AsType[*gateway.SendError](err)
				if !ok || refusal.Kind != gateway.Unavailable {
					t.Errorf("error = %v", err)
					return
				}
				if refusal.Doubt {
					mu.Lock()
					doubts[text]++
					mu.Unlock()
				}
				awaitLink(t, c, func(err error) bool { return err == nil })
			}
		})
	}
	sending.Wait()
	taken := map[string]int{}
	s.do("hangup", ask{}) // all that was taken has been heard of before
	for _, e := range s.heard {
		if e.Event == "submit" {
			taken[e.Text]++
		}
	}
	if len(taken) != messages {
		t.Errorf("%d of %d SMS were taken", len(taken), messages)
	}
	for text, n := range taken {
		if n > 1+doubts[text] {
			t.Errorf("an SMS was taken %d times, with %d doubts", n, doubts[text])
		}
	}
	if len(doubts) < drops {
		t.Errorf("only %d SMS were ever in doubt: the link was not lost under load", len(doubts))
	}
}

func TestRealSMSCBeats(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	c := open(t, s.account())
	c.cfg.EnquireLink, c.cfg.ResponseTimeout = 20*time.Millisecond, 200*time.Millisecond
	run(t, c, &channeltest.Gateway{})
	for range 3 {
		s.awaitEvent("enquire")
	}
	s.do("enquire", ask{})
	if got := s.awaitEvent("alive").Status; got != 0 {
		t.Errorf("enquire_link is answered %d", got)
	}
	s.awaitEvent("bind")
	s.do("mute", ask{})
	s.awaitEvent("close") // who does not answer is left
	s.awaitEvent("bind")
}

func TestRealSMSCUnbinds(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	c := open(t, s.account())
	stop := run(t, c, &channeltest.Gateway{})
	s.awaitEvent("bind")
	s.do("unbind", ask{})
	s.awaitEvent("unbound")
	s.awaitEvent("bind")
	awaitLink(t, c, func(err error) bool { return err == nil })
	if _, err := c.Send(t.Context(), outbound("1", "after")); err != nil {
		t.Fatal(err)
	}
	if got := s.awaitEvent("submit").Text; got != "after" {
		t.Errorf("the SMSC has %q", got)
	}
	stop()
	s.awaitEvent("unbind")
	if _, err := c.Send(t.Context(), outbound("1", "too late")); err == nil {
		t.Error("a stopped channel sends")
	}
}

func TestRealSMSCAsAPair(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	cfg := s.account()
	cfg.Bind = "pair"
	c := open(t, cfg)
	behind := &channeltest.Gateway{}
	stop := run(t, c, behind)
	binds := []string{s.awaitEvent("bind").Bind, s.awaitEvent("bind").Bind}
	slices.Sort(binds)
	if !slices.Equal(binds, []string{"receiver", "transmitter"}) {
		t.Errorf("bound as %v", binds)
	}
	s.do("receipts", ask{"how": "text", "id": "same"})
	receipt, err := c.Send(t.Context(), outbound("1", shortPlain))
	if err != nil {
		t.Fatal(err)
	}
	behind.AwaitReport(t, func(r gateway.Report) bool { return r.CarrierID == receipt.IDs[0] && r.State == gateway.Delivered })
	s.do("deliver", ask{"tag": "1", "pdu": ask{"source_addr": digits, "destination_addr": "20384", "short_message": "MENU"}})
	behind.AwaitText(t, "MENU")
	stop()
	s.awaitEvent("unbind")
	s.awaitEvent("unbind")
}

func TestRealSMSCRefusesThePassword(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	cfg := s.account()
	cfg.Password = "wrong"
	c := open(t, cfg)
	if err := c.Link(); err == nil {
		t.Error("Link has nothing to say before the first bind")
	}
	start(t, c, &channeltest.Gateway{})
	awaitLink(t, c, func(err error) bool {
		return err != nil && strings.Contains(err.Error(), "check password") && strings.Contains(err.Error(), "0x0000000e")
	})
	_, err := c.Send(t.Context(), outbound("1", "hello"))
	refusal, ok := errors.AsType[*gateway.SendError](err)
	if !ok || refusal.Kind != gateway.Unavailable || refusal.Doubt || !strings.Contains(refusal.Advice, "check password") {
		t.Errorf("error = %+v", err)
	}
}

func TestRealSMSCWithUSSD(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	behind := &channeltest.Gateway{Answer: func(in gateway.Inbound) gateway.Reply {
		return gateway.Reply{Text: "you typed " + in.Text, End: in.Text == "0"}
	}}
	run(t, open(t, s.account()), behind)
	hop := func(tag string, op int, text, info string) {
		t.Helper()
		s.do("deliver", ask{"tag": tag, "pdu": ask{
			"service_type": "USSD", "source_addr": digits, "destination_addr": "384", "short_message": text,
			"ussd_service_op": op, "its_session_info": info,
		}})
		if got := s.delivered(tag); got != statusOK {
			t.Errorf("hop %s is answered %s", tag, got)
		}
	}
	shown := func(op int, text, info string) {
		t.Helper()
		e := s.awaitEvent("submit")
		if e.Op != op || e.Text != text || e.Info != info || e.From != "0/0/384" || e.To != "1/1/"+digits || e.Registered != 0 {
			t.Errorf("the phone is shown %+v, want %q with %d and %s", e, text, op, info)
		}
	}
	hop("dial", opDialled, "*384#", "0700")
	shown(opAsk, "you typed ", "0700")
	hop("one", opTyped, "1", "0702")
	shown(opAsk, "you typed 1", "0702")
	hop("again", opTyped, "1", "0702")
	shown(opAsk, "you typed 1", "0702")
	hop("end", opTyped, "0", "0704")
	shown(opEnd, "you typed 0", "0705")
	hop("second", opDialled, "*384*101*2#", "0700")
	shown(opAsk, "you typed *384*101*2#", "0700")
	hop("abort", 129, "", "0700")
	hop("after", opTyped, "1", "0702") // of a session that is over
	shown(opAsk, "you typed ", "0702")

	in := behind.Inbounds()
	if len(in) != 6 {
		t.Fatalf("kept %+v", in)
	}
	for i, hop := range in {
		if hop.Mode != dialogue.USSD || hop.Phone != phone || hop.Session == "" || hop.Cumulative {
			t.Errorf("kept %+v", hop)
		}
		if (hop.Session == in[0].Session) != (i < 4) {
			t.Errorf("hop %d has the session %s", i, hop.Session)
		}
	}
	if in[4].Session == in[5].Session {
		t.Error("the session after the abort is the old one")
	}
	if reasons := behind.Refused(); !slices.Equal(reasons, []string{gateway.RefusedSessionEnd}) {
		t.Errorf("refused %v", reasons)
	}
}

// TestRealSMSCStops: what is under way when haat stops comes to its end.
func TestRealSMSCStops(t *testing.T) {
	t.Parallel()
	s := newSMSC(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	behind := &channeltest.Gateway{Answer: func(gateway.Inbound) gateway.Reply {
		close(entered)
		<-leave
		return gateway.Reply{}
	}}
	c := open(t, s.account())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(ctx, behind) // it has no errors
	}()
	awaitLink(t, c, func(err error) bool { return err == nil })
	s.do("deliver", ask{"tag": "1", "pdu": ask{"source_addr": digits, "destination_addr": "20384"}, "hex": hex.EncodeToString([]byte("MENU"))})
	<-entered
	cancel()
	s.do("enquire", ask{})
	s.awaitEvent("alive") // the link stands while the text is worked on
	awaitLink(t, c, func(err error) bool { return err == errLeft })
	if _, err := c.Send(t.Context(), outbound("1", "too late")); !errors.Is(err, errLeft) {
		t.Errorf("a channel that stops answers %v", err)
	}
	close(leave)
	first := s.await(func(e event) bool { return e.Event == "delivered" || e.Event == "unbind" })
	if first.Event != "delivered" || status(first.Status) != statusOK {
		t.Errorf("the SMSC first heard %+v", first)
	}
	s.awaitEvent("unbind")
	<-ended
}
