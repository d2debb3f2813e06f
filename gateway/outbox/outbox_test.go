package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
)

const phone = gateway.Phone("+254700000001")

// carrier is a carrier that answers as it is told and remembers what it took.
type carrier struct {
	deferred bool

	mu       sync.Mutex
	took     []gateway.Outbound
	refusals []error // given first, one an attempt
	tries    int
}

func (c *carrier) Name() string   { return "demo" }
func (c *carrier) Deferred() bool { return c.deferred }

func (c *carrier) Send(_ context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	if len(c.refusals) > 0 {
		err := c.refusals[0]
		c.refusals = c.refusals[1:]
		return gateway.Receipt{}, err
	}
	c.took = append(c.took, out)
	return gateway.Receipt{IDs: []string{"carrier-" + out.Ref}, State: gateway.Sent, ByID: true}, nil
}

func (c *carrier) texts() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, out := range c.took {
		all = append(all, out.Text)
	}
	return all
}

var schedule = outbox.Config{Attempts: 3, FirstRetry: 10 * time.Millisecond, MaxRetry: 40 * time.Millisecond, Validity: time.Hour, Settle: 50 * time.Millisecond}

func start(r *gatewaytest.Rig, c *carrier, cfg outbox.Config) (stop func()) {
	r.T.Helper()
	return r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
}

func openFor(r *gatewaytest.Rig, c gateway.Sender, cfg outbox.Config, a outbox.Allowance) *outbox.Outbox {
	r.T.Helper()
	budget, err := outbox.OpenBudget(context.Background(), a, c.Name(), r.Bus, cfg.Now, zerolog.Nop())
	if err != nil {
		r.T.Fatal(err)
	}
	return outbox.New(cfg, c, budget, outbox.Rooms{Bus: r.Bus, Log: r.Log, People: r.People, Receipts: r.Receipts, Logger: zerolog.Nop()})
}

// states are the states that the log has for the phone, in order.
func states(r *gatewaytest.Rig) (list []string) {
	for _, e := range r.Entries(phone) {
		if e.Kind == messagelog.KindStatus {
			list = append(list, string(e.Status))
		}
	}
	return list
}

func notice(t *testing.T, r *gatewaytest.Rig, text string) {
	t.Helper()
	_, seq, err := r.Log.Last(t.Context(), phone)
	if err != nil {
		t.Fatal(err)
	}
	_, before, err := r.Log.LastNotice(t.Context(), phone)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Log.AddNotice(t.Context(), gateway.Notice{Channel: "demo", Phone: phone, Text: text, At: time.Now()}, seq, before); err != nil {
		t.Fatal(err)
	}
}

func TestWhatBecomesOfAnSMS(t *testing.T) {
	refused := func(e gateway.SendError) error { e.Err = errors.New("refused"); return &e }
	tests := []struct {
		name     string
		refusals []error
		states   string
		tries    int
		optedOut bool
	}{
		{"taken", nil, "sent", 1, false},
		{"taken at the second attempt", []error{refused(gateway.SendError{Kind: gateway.Unavailable, Code: "503"})}, "retrying sent", 2, false},
		{"any other error is tried again", []error{errors.New("connection reset")}, "retrying sent", 2, false},
		{"refused for good", []error{refused(gateway.SendError{Kind: gateway.Rejected, Code: "403"})}, "failed", 1, false},
		{"refused too often", []error{refused(gateway.SendError{Kind: gateway.Temporary}), refused(gateway.SendError{Kind: gateway.Temporary}), refused(gateway.SendError{Kind: gateway.Temporary})}, "retrying retrying failed", 3, false},
		{"opted out at the carrier", []error{refused(gateway.SendError{Kind: gateway.OptedOut, Code: "21610"})}, "failed", 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatewaytest.New(t, gatewaytest.Options{})
			c := &carrier{refusals: tt.refusals}
			start(r, c, schedule)
			notice(t, r, "your goods are here")
			r.Eventually(tt.states, func() bool { return strings.Join(states(r), " ") == tt.states })
			if c.tries != tt.tries {
				t.Errorf("%d attempts, want %d", c.tries, tt.tries)
			}
			if profile, err := r.People.Profile(t.Context(), phone); err != nil || profile.OptedOut != tt.optedOut {
				t.Errorf("profile %+v, %v", profile, err)
			}
		})
	}
}

func TestReplyOfDeferredChannelIsSent(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{Deferred: true})
	c := &carrier{deferred: true}
	start(r, c, schedule)
	help := r.SMS(phone, "HELP")
	r.Dial(phone).Walk("1") // USSD is answered in the response
	menu := r.SMS(phone, "MENU")
	r.Eventually("two SMS", func() bool { return len(c.texts()) == 2 })
	if got := c.texts(); got[0] != help || got[1] != menu {
		t.Errorf("sent %q", got)
	}
}

func TestOrderIsToldInOneSMS(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{Deferred: true, OrderWait: 20 * time.Second})
	c := &carrier{deferred: true}
	cfg := schedule
	cfg.Settle = 30 * time.Second // the provisional reply waits for the processor's word
	start(r, c, cfg)
	r.Process()
	r.SMS(phone, "RICE5 2")
	told := r.SMS(phone, "1")
	if !strings.Contains(told, "Thank you") {
		t.Fatalf("the order was not confirmed in time:\n%s", told)
	}
	r.Eventually("the confirmation", func() bool { list := c.texts(); return len(list) > 0 && list[len(list)-1] == told })
	if list := c.texts(); len(list) != 2 {
		t.Errorf("%d SMS for two texts: %q", len(list), list)
	}
}

func TestProvisionalReplyIsSentWhenNoWordComes(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{Deferred: true, OrderWait: time.Millisecond})
	c := &carrier{deferred: true}
	start(r, c, schedule)
	r.SMS(phone, "RICE5 2")
	told := r.SMS(phone, "1")
	r.Eventually("the provisional reply", func() bool { list := c.texts(); return len(list) == 2 && list[1] == told })
}

func TestNothingIsSentAfterStop(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.SMS(phone, "STOP")
	c := &carrier{}
	start(r, c, schedule)
	notice(t, r, "your goods are here")
	r.Eventually("suppressed", func() bool { return strings.Join(states(r), " ") == "suppressed" })
	if c.tries != 0 {
		t.Error("the carrier was given an SMS for a phone that said STOP")
	}
	r.SMS(phone, "START")
	notice(t, r, "your goods are still here")
	r.Eventually("sent", func() bool { return strings.HasSuffix(strings.Join(states(r), " "), "sent") })
}

func TestStartUndoesAnOptOutAtTheCarrier(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.SMS(phone, "HELP")
	c := &carrier{refusals: []error{&gateway.SendError{Kind: gateway.OptedOut, Err: errors.New("21610")}}}
	start(r, c, schedule)
	notice(t, r, "your goods are here")
	r.Eventually("failed", func() bool { return strings.Join(states(r), " ") == "failed" })
	r.SMS(phone, "START")
	notice(t, r, "your goods are still here")
	r.Eventually("sent", func() bool { return strings.HasSuffix(strings.Join(states(r), " "), "sent") })
}

func TestOldSMSIsNotSent(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &carrier{}
	cfg := schedule
	cfg.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	start(r, c, cfg)
	notice(t, r, "good morning")
	r.Eventually("expired", func() bool { return strings.Join(states(r), " ") == "expired" })
	if c.tries != 0 {
		t.Error("an old SMS was sent")
	}
}

// A crash after the carrier took an SMS, and before the message log's consumer
// knew, brings the message again.
func TestSentOnceAlthoughItComesAgain(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &carrier{}
	stop := start(r, c, schedule)
	notice(t, r, "your goods are here")
	r.Eventually("sent", func() bool { return strings.Join(states(r), " ") == "sent" })
	stop()
	if err := r.Bus.JetStream().DeleteConsumer(t.Context(), bus.Messages, outbox.Consumer("demo")); err != nil {
		t.Fatal(err)
	}
	start(r, c, schedule)
	notice(t, r, "and your change")
	r.Eventually("both sent", func() bool { return strings.Join(states(r), " ") == "sent sent" })
	if got := fmt.Sprint(c.texts()); got != "[your goods are here and your change]" {
		t.Errorf("sent %s", got)
	}
}

func TestReportsFindTheirSMS(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &carrier{}
	start(r, c, schedule)
	notice(t, r, "your goods are here")
	r.Eventually("sent", func() bool { return strings.Join(states(r), " ") == "sent" })
	report := func(s gateway.State) {
		t.Helper()
		if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "demo", CarrierID: "carrier-" + c.took[0].Ref, State: s}); err != nil {
			t.Fatal(err)
		}
	}
	report(gateway.Delivered)
	report(gateway.Sent)
	report(gateway.Delivered)
	if got := strings.Join(states(r), " "); got != "sent delivered" {
		t.Errorf("states are %q", got)
	}
	if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "demo", CarrierID: "nobody's", State: gateway.Delivered}); err != nil {
		t.Errorf("a report of an unknown SMS must not be repeated for ever: %v", err)
	}
}

func TestPoisonDoesNotStopTheLine(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	c := &carrier{}
	start(r, c, schedule)
	if _, err := r.Bus.JetStream().Publish(t.Context(), "log.000.254700000002.notice.demo", []byte("{no JSON")); err != nil {
		t.Fatal(err)
	}
	notice(t, r, "your goods are here")
	r.Eventually("sent", func() bool { return strings.Join(states(r), " ") == "sent" })
	stream, err := r.Bus.JetStream().Stream(t.Context(), bus.Dead)
	if err != nil {
		t.Fatal(err)
	}
	r.Eventually("a dead letter", func() bool {
		_, err := stream.GetLastMsgForSubject(t.Context(), bus.DeadLetter(outbox.Consumer("demo")))
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			t.Fatal(err)
		}
		return err == nil
	})
}
