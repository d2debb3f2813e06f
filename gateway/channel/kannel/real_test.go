package kannel_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

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
	}, "KE")
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
	for ref, text := range map[string]string{
		"1": "Order 12 is confirmed.\nCode 4821 {€5} + 10%",
		"2": "订单 12 – 4821 😀",
		"3": strings.Repeat("0123456789", 40) + "end",
	} {
		receipt, err := channel.Send(t.Context(), gateway.Outbound{Ref: ref, Channel: "kannel", Phone: phone, Text: text})
		if err != nil || receipt != (gateway.Receipt{State: gateway.Sent}) {
			t.Fatalf("receipt = %+v, error = %v", receipt, err)
		}
		k.Await(phone, text)
		// fakesmsc reports twice: that it took the SMS and that the phone has it,
		// in any order.
		for _, state := range []gateway.State{gateway.Sent, gateway.Delivered} {
			behind.AwaitReport(t, func(r gateway.Report) bool {
				return r.Ref == ref && r.State == state && r.Phone == phone && r.Channel == "kannel"
			})
		}
	}
}

func TestRealKannelRefuses(t *testing.T) {
	t.Parallel()
	k := kanneltest.New(t)
	k.Start(kanneltest.GetService("http://127.0.0.1:1/channels/kannel"))
	channel, err := kannel.New("kannel", kannel.Config{SendURL: k.SendURL(), Username: kanneltest.Username, Password: "wrong"}, "KE")
	if err != nil {
		t.Fatal(err)
	}
	_, err = channel.Send(t.Context(), gateway.Outbound{Ref: "1", Phone: phone, Text: "hello"})
	if err == nil || !strings.Contains(err.Error(), "username and password") {
		t.Errorf("a wrong password is answered %v", err)
	}
}
