package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
)

// network is a carrier whose answers a test decides, and which remembers what it
// was handed.
type network struct {
	name   string
	answer func(n int, out gateway.Outbound) error // n counts from 1

	mu     sync.Mutex
	handed []gateway.Outbound
	took   []gateway.Outbound
	link   error
}

func (c *network) Name() string { return c.name }

func (c *network) Link() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

func (c *network) setLink(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = err
}

func (c *network) Send(_ context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed = append(c.handed, out)
	if c.answer != nil {
		if err := c.answer(len(c.handed), out); err != nil {
			return gateway.Receipt{}, err
		}
	}
	c.took = append(c.took, out)
	return gateway.Receipt{IDs: []string{c.name + out.Ref}, State: gateway.Sent}, nil
}

func (c *network) counts() (handed, took int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.handed), len(c.took)
}

func refusal(kind gateway.Refusal) error {
	return &gateway.SendError{Kind: kind, Code: "7", Advice: "Do something.", Err: errors.New("no")}
}

// put puts a notice about an order, or about nothing, into the log.
func put(t *testing.T, r *gatewaytest.Rig, channel string, to gateway.Phone, text, about string) (ref string) {
	t.Helper()
	ref, err := r.Log.Post(t.Context(), gateway.Notice{Channel: channel, Phone: to, Text: text, About: about, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// statuses are the entries of the log about what became of SMS.
func statuses(r *gatewaytest.Rig, p gateway.Phone) []messagelog.Entry {
	r.T.Helper()
	return slices.DeleteFunc(r.Entries(p), func(e messagelog.Entry) bool { return e.Kind != messagelog.KindStatus })
}

func ended(r *gatewaytest.Rig, p gateway.Phone, with gateway.State) func() bool {
	return func() bool {
		all := statuses(r, p)
		return len(all) > 0 && all[len(all)-1].Status == with
	}
}

func TestWhichAttemptsCount(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer error
		ends   gateway.State // "": it goes on until the carrier takes it
	}{
		{"rejected", refusal(gateway.Rejected), gateway.Failed},
		{"temporary", refusal(gateway.Temporary), gateway.Failed},
		{"in doubt", &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Err: errors.New("time-out")}, gateway.Failed},
		{"throttled", &gateway.SendError{Kind: gateway.Throttled, After: 10 * time.Millisecond, Err: errors.New("slower")}, ""},
		{"never reached", refusal(gateway.Unavailable), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := gatewaytest.New(t, gatewaytest.Options{})
			c := &network{name: "demo", answer: func(n int, _ gateway.Outbound) error {
				if tt.ends == "" && n > 4 { // one more than the schedule has attempts, and one less than opens the breaker
					return nil
				}
				return tt.answer
			}}
			r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
			put(t, r, "demo", phone, "hello", "")
			want := tt.ends
			if want == "" {
				want = gateway.Sent
			}
			r.Eventually(string(want), ended(r, phone, want))
			for i, e := range statuses(r, phone) {
				if e.Attempt != i+1 {
					t.Errorf("status %d is of attempt %d", i+1, e.Attempt)
				}
			}
		})
	}
}

func TestStatusSaysWhyAndWhatItCost(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo", answer: func(n int, _ gateway.Outbound) error {
		if n == 1 {
			return refusal(gateway.Temporary)
		}
		return nil
	}}
	cfg := schedule
	cfg.Tariff = gateway.Tariff{Currency: "KES", Prices: map[string]int64{"+": 4_000_000, "+254": 800_000, "+2547": 750_000}}
	o := openFor(r, c, cfg, outbox.Allowance{Segments: 100})
	r.Run(o.Run)
	ref := put(t, r, "demo", phone, strings.Repeat("x", 161), "")
	r.Eventually("sent", ended(r, phone, gateway.Sent))
	all := statuses(r, phone)
	if e := all[0]; e.Status != gateway.Retrying || e.Code != "7" || e.Reason != "Do something." || e.Attempt != 1 || e.Segments != 0 || e.Ref != ref {
		t.Errorf("the first attempt: %+v", e)
	}
	if e := all[1]; e.Attempt != 2 || e.Segments != 2 || e.Cost != "1.50" || e.Currency != "KES" || e.Ref != ref {
		t.Errorf("the second attempt: %+v", e)
	}
	if spent := o.State().Today; spent.Segments != 2 || spent.Cost != "1.50" {
		t.Errorf("today %+v was spent: what the carrier refused costs nothing", spent)
	}
}

func TestSMSOfOnePhoneKeepTheirOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	const phones, each = 20, 10
	for i := range each {
		for p := range phones {
			put(t, r, "demo", gateway.Phone(fmt.Sprintf("+25470000%04d", p)), fmt.Sprint(i), "")
		}
	}
	r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
	r.Eventually("all are sent", func() bool { _, took := c.counts(); return took == phones*each })
	said := map[gateway.Phone]string{}
	for _, out := range c.took {
		said[out.Phone] += out.Text
	}
	for p, texts := range said {
		if texts != "0123456789" {
			t.Errorf("phone %s got %s", p, texts)
		}
	}
}

func TestBrokenChannelIsPausedAndTheOthersGoOn(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	broken := &network{name: "broken", answer: func(int, gateway.Outbound) error { return refusal(gateway.Unavailable) }}
	works := &network{name: "works"}
	paused := openFor(r, broken, schedule, outbox.Allowance{})
	r.Run(paused.Run)
	r.Run(openFor(r, works, schedule, outbox.Allowance{}).Run)
	for i := range 300 {
		p := gateway.Phone(fmt.Sprintf("+25470000%04d", i))
		put(t, r, "broken", p, "hello", "")
		put(t, r, "works", p, "hello", "")
	}
	r.Eventually("the working channel sends all", func() bool { _, took := works.counts(); return took == 300 })
	r.Eventually("the broken one is paused", func() bool { reason, _ := paused.Down(); return reason == "Do something." })
	if s := paused.State(); s.State != outbox.Paused || s.Reason != "Do something." || s.Since.IsZero() {
		t.Errorf("the state is %+v", s)
	}
	// No more than were on their way when the fifth failed.
	if handed, _ := broken.counts(); handed > 5+10 {
		t.Errorf("the broken carrier was handed %d of 300 SMS", handed)
	}
}

func TestChannelWithoutLinkIsNotTried(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo", link: errors.New("The carrier refuses the password.")}
	o := openFor(r, c, schedule, outbox.Allowance{})
	put(t, r, "demo", phone, "hello", "")
	r.Run(o.Run)
	if s := o.State(); s.State != outbox.Paused || s.Reason != "The carrier refuses the password." {
		t.Errorf("the state is %+v", s)
	}
	c.setLink(nil)
	r.Eventually("sent", ended(r, phone, gateway.Sent))
	if handed, _ := c.counts(); handed != 1 {
		t.Errorf("it was handed over %d times", handed)
	}
}

func TestBackupSendsWhileTheChannelIsDown(t *testing.T) {
	const abroad = gateway.Phone("+255700000001")
	r := gatewaytest.New(t, gatewaytest.Options{})
	main := &network{name: "main", link: errors.New("down")}
	backup := &network{name: "backup"}
	cfg := schedule
	cfg.Backup, cfg.BackupFor = "backup", []string{"+254"}
	open := func() []*outbox.Outbox {
		outboxes := []*outbox.Outbox{openFor(r, main, cfg, outbox.Allowance{}), openFor(r, backup, schedule, outbox.Allowance{})}
		outbox.Join(outboxes)
		return outboxes
	}
	stop := r.Run(open()[0].Run)
	ref := put(t, r, "main", phone, "hello", "")
	put(t, r, "main", abroad, "hello", "")
	r.Eventually("sent by the backup", ended(r, phone, gateway.Sent))
	if e := statuses(r, phone)[0]; e.Channel != "backup" || e.Ref != ref {
		t.Errorf("the status is %+v", e)
	}
	stop()
	// As after a crash: what was acknowledged comes again, and the channel is up.
	if err := r.Bus.JetStream().DeleteConsumer(t.Context(), bus.Messages, outbox.Consumer("main")); err != nil {
		t.Fatal(err)
	}
	main.setLink(nil)
	r.Run(open()[0].Run)
	r.Eventually("the phone that the backup does not cover", ended(r, abroad, gateway.Sent))
	if _, took := backup.counts(); took != 1 || len(main.took) != 1 || main.took[0].Phone != abroad {
		t.Errorf("the backup took %d, the channel %+v", took, main.took)
	}
	if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "backup", Phone: phone, CarrierID: "backup" + ref, State: gateway.Delivered}); err != nil {
		t.Fatal(err)
	}
	if all := statuses(r, phone); len(all) != 2 || all[1].Status != gateway.Delivered || all[1].Ref != ref {
		t.Errorf("the report made %+v", all)
	}
}

func TestBudgetHoldsWhatIsNoNewsOfOrders(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	for i := range 20 {
		put(t, r, "demo", gateway.Phone(fmt.Sprintf("+25470000%04d", i)), "talk", "")
	}
	o := openFor(r, c, schedule, outbox.Allowance{Segments: 10})
	r.Run(o.Run)
	held := func() (n int) {
		for i := range 20 {
			if ended(r, gateway.Phone(fmt.Sprintf("+25470000%04d", i)), gateway.Held)() {
				n++
			}
		}
		return n
	}
	r.Eventually("what is over nine tenths is held", func() bool { return held() == 11 })
	put(t, r, "demo", phone, "confirmed", "order-1 confirmed")
	r.Eventually("news are sent", ended(r, phone, gateway.Sent))
	r.Eventually("all is used", func() bool { s := o.State().Today; return s.Segments == 10 && s.SegmentsAllowed == 10 })
}

// TestDroppedIsNotSent: an operator drops an SMS that waits for its next attempt.
func TestDroppedIsNotSent(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo", answer: func(n int, out gateway.Outbound) error {
		if out.Text == "first" {
			return &gateway.SendError{Kind: gateway.Temporary, After: 300 * time.Millisecond, Err: errors.New("no")}
		}
		return nil
	}}
	r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
	ref := put(t, r, "demo", phone, "first", "")
	r.Eventually("it waits", ended(r, phone, gateway.Retrying))
	dropped := gateway.Status{Channel: "demo", Phone: phone, Ref: ref, State: gateway.Dropped}
	if _, err := r.Log.AddStatus(t.Context(), phone, "demo", func(s gateway.Status) (gateway.Status, bool) { return s.Next(dropped) }); err != nil {
		t.Fatal(err)
	}
	r.Eventually("nothing waits", func() bool {
		lag, err := r.Bus.Lag(t.Context(), bus.Messages, outbox.Consumer("demo"))
		return err == nil && lag == 0
	})
	if handed, took := c.counts(); handed != 1 || took != 0 {
		t.Errorf("handed over %d times, taken %d times", handed, took)
	}
}

// TestRestartKeepsTheSchedule: what a restart brings back before its time waits.
func TestRestartKeepsTheSchedule(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo", answer: func(int, gateway.Outbound) error { return refusal(gateway.Temporary) }}
	cfg := schedule
	cfg.FirstRetry, cfg.MaxRetry = time.Hour, time.Hour
	stop := r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
	put(t, r, "demo", phone, "hello", "")
	r.Eventually("it waits", ended(r, phone, gateway.Retrying))
	stop()
	if err := r.Bus.JetStream().DeleteConsumer(t.Context(), bus.Messages, outbox.Consumer("demo")); err != nil {
		t.Fatal(err)
	}
	r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
	put(t, r, "demo", phone, "another", "") // of the same phone, so that its turn comes after the first
	r.Eventually("the outbox works", func() bool { handed, _ := c.counts(); return handed > 1 })
	if len(c.handed) != 2 || c.handed[1].Text != "another" {
		t.Errorf("handed over: %+v", c.handed)
	}
}

// TestReportBeforeTheSendReturned: nothing is sent again although the process
// died before it could log the sending.
func TestReportBeforeTheSendIsLogged(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	ref := put(t, r, "demo", phone, "hello", "")
	if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "demo", Phone: phone, Ref: ref, State: gateway.Delivered}); err != nil {
		t.Fatal(err)
	}
	r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
	put(t, r, "demo", phone, "another", "")
	r.Eventually("the other is sent", ended(r, phone, gateway.Sent))
	if len(c.took) != 1 || c.took[0].Text != "another" {
		t.Errorf("taken: %+v", c.took)
	}
}

// TestReportWithoutAPhone finds its SMS by our id of it.
func TestReportWithoutAPhone(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
	ref := put(t, r, "demo", phone, "hello", "")
	r.Eventually("sent", ended(r, phone, gateway.Sent))
	for _, ref := range []string{"99999", "0", "x", ref} {
		if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "demo", Ref: ref, State: gateway.Delivered}); err != nil {
			t.Fatal(err)
		}
	}
	if all := statuses(r, phone); len(all) != 2 || all[1].Status != gateway.Delivered || all[1].Ref != ref {
		t.Errorf("the statuses are %+v", all)
	}
}

func TestNewsChargeTheirOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	cfg := schedule
	cfg.Tariff = gateway.Tariff{Currency: "KES", Prices: map[string]int64{"+254": 800_000}}
	stop := r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
	r.ProcessCharges()
	put(t, r, "demo", phone, "confirmed", "order-1 confirmed")
	put(t, r, "demo", phone, strings.Repeat("arrived ", 30), "order-1 arrived")
	put(t, r, "demo", phone, "talk", "")
	charged := func() bool {
		m, err := r.Store.Messages(t.Context(), "order-1")
		return err == nil && m.Count == 2 && m.Segments == 3 && m.Costs["KES"] == 2_400_000
	}
	r.Eventually("the order is charged", charged)
	stop()
	if err := r.Bus.JetStream().DeleteConsumer(t.Context(), bus.Messages, outbox.Consumer("demo")); err != nil {
		t.Fatal(err)
	}
	r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
	put(t, r, "demo", phone, "again", "order-2 confirmed")
	r.Eventually("another order is charged", func() bool {
		m, err := r.Store.Messages(t.Context(), "order-2")
		return err == nil && m.Count == 1
	})
	if !charged() {
		t.Error("what was told twice counts twice")
	}
}

// TestChargeIsNotLostInACrash: the process died after the sending was logged.
func TestChargeIsNotLostInACrash(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &network{name: "demo"}
	r.ProcessCharges()
	ref := put(t, r, "demo", phone, "confirmed", "order-1 confirmed")
	sent := gateway.Status{Channel: "demo", Phone: phone, Ref: ref, State: gateway.Sent, Attempt: 1}
	if _, err := r.Log.AddStatus(t.Context(), phone, "demo", func(s gateway.Status) (gateway.Status, bool) { return s.Next(sent) }); err != nil {
		t.Fatal(err)
	}
	r.Run(openFor(r, c, schedule, outbox.Allowance{}).Run)
	r.Eventually("the order is charged", func() bool {
		m, err := r.Store.Messages(t.Context(), "order-1")
		return err == nil && m.Count == 1
	})
	if handed, _ := c.counts(); handed != 0 {
		t.Error("it was sent again")
	}
}
