package kannel_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/kannel"
	"haat/gateway/channel/kannel/kanneltest"
)

const phone = "+254700000001"

// replies is a gateway with an answer of every kind that travels in its own way.
func replies(in gateway.Inbound) gateway.Reply {
	switch in.Text {
	case "MENU":
		return gateway.Reply{Text: "Karibu\n1.Mchele\n2.Sabuni €5"}
	case "long":
		return gateway.Reply{Text: strings.Repeat("0123456789", 20) + "end"}
	case "quiet":
		return gateway.Reply{}
	}
	return gateway.Reply{Text: "you said: " + in.Text}
}

// start runs a Kannel and a server with a channel to it.
func start(t *testing.T, service func(base string) string, behind gateway.Acceptor, wrap func(http.Handler) http.Handler) (*kanneltest.Kannel, *kannel.Channel) {
	t.Helper()
	k := kanneltest.New(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(wrap(mux))
	t.Cleanup(server.Close)
	channel, err := kannel.New("kannel", kannel.Config{
		SendURL: k.SendURL(), Username: kanneltest.Username, Password: kanneltest.Password,
		From: "20880", BaseURL: server.URL,
	}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Routes(mux, behind)
	k.Start(service(server.URL + "/channels/kannel"))
	return k, channel
}

func TestRealKannel(t *testing.T) {
	for name, service := range map[string]func(string) string{"get-url": kanneltest.GetService, "post-url": kanneltest.PostService} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behind := &channeltest.Gateway{Answer: replies}
			k, _ := start(t, service, behind, func(h http.Handler) http.Handler { return h })

			k.Text(phone, "20880", "MENU")
			k.Await(phone, "Karibu\n1.Mchele\n2.Sabuni €5")
			k.Text(phone, "20880", "café ñ + % &")
			k.Await(phone, "you said: café ñ + % &")
			k.Text(phone, "20880", "mchele 米 😀")
			k.Await(phone, "you said: mchele 米 😀")
			k.Text(phone, "20880", "long")
			k.Await(phone, strings.Repeat("0123456789", 20)+"end")
			k.Text(phone, "20880", "quiet")
			behind.AwaitText(t, "quiet")
			k.Text(phone, "20880", "last")
			if got := k.Await(phone, "you said: last"); got != "you said: last" {
				t.Errorf("after a text without a reply the phone got %q", got)
			}

			for _, in := range behind.Inbounds() {
				if in.Phone != phone || in.SentAt.IsZero() {
					t.Errorf("kept %+v", in)
				}
			}
			if n := len(behind.Inbounds()); n != 6 {
				t.Errorf("%d texts were kept, want 6", n)
			}
		})
	}
}

func TestRealKannelRepeatsWhatWasNotKept(t *testing.T) {
	t.Parallel()
	behind := &channeltest.Gateway{Answer: replies}
	var asked atomic.Int32
	k, _ := start(t, kanneltest.GetService, behind, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			behind.SetDown(asked.Add(1) <= 2)
			next.ServeHTTP(w, r)
		})
	})
	k.Text(phone, "20880", "MENU")
	if got := k.Await(phone, "2.Sabuni €5"); !strings.HasPrefix(got, "Karibu") {
		t.Errorf("before the answer the phone got %q", got)
	}
	if n := len(behind.Inbounds()); n != 1 || asked.Load() != 3 {
		t.Errorf("after %d requests %d texts were kept, want 3 and 1", asked.Load(), n)
	}
}

func TestRealKannelSends(t *testing.T) {
	t.Parallel()
	behind := &channeltest.Gateway{}
	k, channel := start(t, kanneltest.GetService, behind, func(h http.Handler) http.Handler { return h })
	for ref, sms := range map[string]struct {
		text  string
		parts []string
	}{
		"1": {"Order 12 is confirmed.\nCode 4821 {€5} + 10%", nil},
		"2": {"订单 12 – 4821 😀", nil},
		"3": {strings.Repeat("0123456789", 40) + "{€} é end", []string{"3.1", "3.2", "3.3"}},
		"4": {strings.Repeat("订单 12 – 4821 😀", 6), []string{"4.1", "4.2"}},
	} {
		receipt, err := channel.Send(t.Context(), gateway.Outbound{
			Ref: ref, Channel: "kannel", Phone: phone, Text: sms.text, Until: time.Now().Add(time.Hour),
		})
		if err != nil || receipt.State != gateway.Sent || !slices.Equal(receipt.IDs, sms.parts) {
			t.Fatalf("receipt = %+v, error = %v", receipt, err)
		}
		k.Await(phone, sms.text)
		if sms.parts == nil {
			awaitBoth(t, behind, gateway.Report{Ref: ref})
		}
		for _, id := range sms.parts {
			awaitBoth(t, behind, gateway.Report{CarrierID: id})
		}
	}
}

// awaitBoth waits for the two reports of fakesmsc on an SMS or its part: that it
// was taken and that the phone has it, in any order.
func awaitBoth(t *testing.T, behind *channeltest.Gateway, on gateway.Report) {
	t.Helper()
	for _, state := range []gateway.State{gateway.Sent, gateway.Delivered} {
		behind.AwaitReport(t, func(r gateway.Report) bool {
			return r.Ref == on.Ref && r.CarrierID == on.CarrierID && r.State == state && r.Phone == phone && r.Channel == "kannel"
		})
	}
}

func TestRealKannelRefuses(t *testing.T) {
	t.Parallel()
	k := kanneltest.New(t)
	k.Start(kanneltest.GetService("http://127.0.0.1:1/channels/kannel"))
	tests := []struct {
		name string
		cfg  kannel.Config
		to   gateway.Phone
		kind gateway.Refusal
		says string
	}{
		{"a wrong password", kannel.Config{Password: "wrong", From: "20880"}, phone, gateway.Unavailable, "username and password"},
		{"a phone that no SMSC is for", kannel.Config{Password: kanneltest.Password, From: "20880"}, kanneltest.Nowhere + "00000001", gateway.Rejected, "no SMSC for this phone"},
		{"no sender", kannel.Config{Password: kanneltest.Password}, phone, gateway.Rejected, "check from"},
	}
	for _, tt := range tests {
		tt.cfg.SendURL, tt.cfg.Username = k.SendURL(), kanneltest.Username
		channel, err := kannel.New("kannel", tt.cfg, gateway.Site{Region: "KE"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = channel.Send(t.Context(), gateway.Outbound{Ref: "1", Phone: tt.to, Text: "hello"})
		var refusal *gateway.SendError
		if !errors.As(err, &refusal) || refusal.Kind != tt.kind || !strings.Contains(refusal.Advice, tt.says) {
			t.Errorf("%s is answered %v, want %s and %q", tt.name, err, tt.kind, tt.says)
		}
	}
}
