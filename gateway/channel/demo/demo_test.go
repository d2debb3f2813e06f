package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haat/gateway"
	"haat/gateway/channel/africastalking"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/demo"
	"haat/gateway/channel/web"
)

const phone = "+254700000001"

func routes(e *demo.Exchange) *http.ServeMux {
	mux := http.NewServeMux()
	e.Routes(mux)
	return mux
}

// do hands a request of this machine to the exchange.
func do(t *testing.T, mux http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	req.RemoteAddr, req.Host = "127.0.0.1:5000", "127.0.0.1:8080"
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, req)
	return answer
}

func send(t *testing.T, mux http.Handler, to, text string) *httptest.ResponseRecorder {
	t.Helper()
	return do(t, mux, http.MethodPost, "/demo/version1/messaging", url.Values{"username": {"demo"}, "to": {to}, "message": {text}})
}

func inbox(t *testing.T, mux http.Handler, to, query string) []demo.SMS {
	t.Helper()
	answer := do(t, mux, http.MethodGet, "/demo/phones/"+to+"/inbox"+query, nil)
	var got []demo.SMS
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("the inbox answers %d %s", answer.Code, answer.Body)
	}
	return got
}

func texts(inbox []demo.SMS) []string {
	got := []string{}
	for _, sms := range inbox {
		got = append(got, sms.Text)
	}
	return got
}

func TestAChannelOfTheRealCarrierSends(t *testing.T) {
	mux := routes(demo.New())
	server := httptest.NewServer(mux)
	defer server.Close()
	channel, err := africastalking.New("demo", africastalking.Config{
		Username: "demo", APIKey: "demo", Access: web.Access{LoopbackOnly: true}, APIURL: server.URL + "/demo",
	}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := channel.Send(t.Context(), gateway.Outbound{Ref: "1", Phone: phone, Text: "Order 12: mchele\n米 & sabuni €5"})
	if err != nil || len(receipt.IDs) != 1 || receipt.State != gateway.Sent {
		t.Fatalf("receipt = %+v, error = %v", receipt, err)
	}
	if got := texts(inbox(t, mux, phone, "")); !slices.Equal(got, []string{"Order 12: mchele\n米 & sabuni €5"}) {
		t.Errorf("the phone got %q", got)
	}
	_, err = channel.Send(t.Context(), gateway.Outbound{Ref: "2", Phone: "+254", Text: "hello"})
	if err == nil {
		t.Error("a phone that is none gets an SMS")
	}
	if left, err := channel.Balance(t.Context()); left != nil || err != nil {
		t.Errorf("an account of pretend phones has %v, %v", left, err)
	}
}

func TestInbox(t *testing.T) {
	mux := routes(demo.New())
	if answer := do(t, mux, http.MethodGet, "/demo/phones/"+phone+"/inbox", nil); answer.Body.String() != "[]\n" {
		t.Errorf("an empty inbox is %q", answer.Body)
	}
	for _, text := range []string{"one", "two", "three"} {
		send(t, mux, phone, text)
	}
	send(t, mux, "+254700000002", "another's")
	all := inbox(t, mux, phone, "")
	if got := texts(all); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Fatalf("the phone got %q", got)
	}
	after := fmt.Sprintf("?after=%d", all[0].N)
	if got := texts(inbox(t, mux, "254700000001", after)); !slices.Equal(got, []string{"two", "three"}) {
		t.Errorf("after the first the phone got %q", got)
	}
	if got := inbox(t, mux, phone, fmt.Sprintf("?after=%d", all[2].N)); len(got) != 0 {
		t.Errorf("after the last the phone got %q", texts(got))
	}
}

func TestSeveralPhones(t *testing.T) {
	mux := routes(demo.New())
	answer := send(t, mux, phone+",Safaricom,+254700000002", "hello")
	var got struct {
		Data struct {
			Message    string
			Recipients []struct{ StatusCode int }
		} `json:"SMSMessageData"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusCreated {
		t.Fatalf("answer = %d %s", answer.Code, answer.Body)
	}
	codes := []int{}
	for _, recipient := range got.Data.Recipients {
		codes = append(codes, recipient.StatusCode)
	}
	if !slices.Equal(codes, []int{101, 403, 101}) || got.Data.Message != "Sent to 2/3 Total Cost: 0" {
		t.Errorf("answer = %s", answer.Body)
	}
}

func TestWhatIsKeptHasALimit(t *testing.T) {
	mux := routes(demo.New())
	for i := range 30 {
		send(t, mux, phone, fmt.Sprint(i))
	}
	got := texts(inbox(t, mux, phone, ""))
	if len(got) != 20 || got[0] != "10" || got[19] != "29" {
		t.Errorf("of 30 SMS the phone has %q", got)
	}
	for i := range 1000 {
		send(t, mux, fmt.Sprintf("+2547%08d", 10_000_000+i), "hello")
	}
	if got := inbox(t, mux, phone, ""); len(got) != 0 {
		t.Errorf("after 1,000 other phones the first still has %q", texts(got))
	}
	if answer := send(t, mux, phone, strings.Repeat("a", 5000)); answer.Code != http.StatusBadRequest {
		t.Errorf("5,000 characters are answered %d", answer.Code)
	}
}

func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mux := routes(demo.New())
		begin := time.Now()
		if got := inbox(t, mux, phone, "?wait=7"); len(got) != 0 || time.Since(begin) != 7*time.Second {
			t.Errorf("without an SMS it gives %q after %v", texts(got), time.Since(begin))
		}

		begin = time.Now()
		if got := inbox(t, mux, phone, "?wait=3600"); len(got) != 0 || time.Since(begin) != time.Minute {
			t.Errorf("without an SMS it gives %q after %v", texts(got), time.Since(begin))
		}

		arrived := make(chan []demo.SMS)
		begin = time.Now()
		go func() { arrived <- inbox(t, mux, phone, "?wait=30") }()
		synctest.Wait()
		send(t, mux, "+254700000002", "another's")
		synctest.Wait()
		time.Sleep(5 * time.Second) // of the bubble's clock
		send(t, mux, phone, "hello")
		if got := texts(<-arrived); !slices.Equal(got, []string{"hello"}) || time.Since(begin) != 5*time.Second {
			t.Errorf("it gives %q after %v", got, time.Since(begin))
		}
	})
}

func TestNumbersGrowOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mux := routes(demo.New())
		for range 20 {
			send(t, mux, phone, "before")
		}
		before := inbox(t, mux, phone, "")
		time.Sleep(time.Second) // of the bubble's clock: a restart takes longer than 20 SMS
		again := routes(demo.New())
		send(t, again, phone, "after")
		if got := inbox(t, again, phone, fmt.Sprintf("?after=%d", before[19].N)); len(got) != 1 {
			t.Errorf("after the restart the phone gets %q", texts(got))
		}
	})
}

func TestRefusals(t *testing.T) {
	mux := routes(demo.New())
	tests := []struct {
		name   string
		method string
		path   string
		from   string
		header map[string]string
		body   string
		status int
	}{
		{name: "from another machine", method: "POST", path: "/demo/version1/messaging", from: "192.0.2.7:5000", status: 403},
		{name: "an inbox for another machine", method: "GET", path: "/demo/phones/" + phone + "/inbox", from: "192.0.2.7:5000", status: 403},
		{name: "an account for another machine", method: "GET", path: "/demo/version1/user", from: "192.0.2.7:5000", status: 403},
		{name: "from a page in the browser", method: "POST", path: "/demo/version1/messaging", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		{name: "GET", method: "GET", path: "/demo/version1/messaging", status: 405},
		{name: "a broken form", method: "POST", path: "/demo/version1/messaging", body: "to=%zz", status: 400},
		{name: "an inbox of nobody", method: "GET", path: "/demo/phones/Safaricom/inbox", status: 400},
		{name: "after what", method: "GET", path: "/demo/phones/" + phone + "/inbox?after=yesterday", status: 400},
		{name: "waiting less than nothing", method: "GET", path: "/demo/phones/" + phone + "/inbox?wait=-1", status: 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
			req.RemoteAddr, req.Host = "127.0.0.1:5000", "127.0.0.1:8080"
			if tt.from != "" {
				req.RemoteAddr = tt.from
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			answer := httptest.NewRecorder()
			mux.ServeHTTP(answer, req)
			if answer.Code != tt.status {
				t.Errorf("status = %d, want %d", answer.Code, tt.status)
			}
		})
	}
}

// TestDeliveryReports: what a channel sent is reported to it.
func TestDeliveryReports(t *testing.T) {
	exchange, behind := demo.New(), &channeltest.Gateway{}
	mux := routes(exchange)
	server := httptest.NewServer(mux)
	defer server.Close()
	channel, err := africastalking.New("practice", africastalking.Config{
		Username: "practice", APIKey: "demo", Access: web.Access{LoopbackOnly: true}, APIURL: server.URL + "/demo",
	}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Routes(mux, behind)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- exchange.Run(ctx, server.URL) }()
	receipt, err := channel.Send(t.Context(), gateway.Outbound{Ref: "1", Phone: phone, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	behind.AwaitReport(t, func(r gateway.Report) bool {
		return r.Channel == "practice" && r.CarrierID == receipt.IDs[0] && r.State == gateway.Delivered && r.Phone == phone
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
