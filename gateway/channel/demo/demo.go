// Package demo is an exchange that stands in for the carrier of demo phones. It
// speaks Africa's Talking's own SMS API, so that a channel of that package
// sends to it as to the carrier, and keeps what was sent for phones that ask.
// It serves this machine alone and keeps everything in memory.
package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"haat/gateway"
	"haat/gateway/channel/web"
)

const (
	maxPhones = 1000    // whose SMS are kept: those that were sent to last
	maxInbox  = 20      // SMS kept of each phone
	maxForm   = 4 << 10 // bytes; the longest SMS that a channel sends is well below
	maxWait   = time.Minute
	// maxReports is how many delivery reports may wait; more are never given, as
	// it happens with carriers, too.
	maxReports = 1000
	// onAir is how long an SMS takes to a demo phone: long enough for the sending
	// to be logged before the report comes, as it mostly is.
	onAir = 300 * time.Millisecond
)

// SMS is one message in a demo phone's inbox.
type SMS struct {
	// N grows from one SMS to the next, over all phones and over restarts.
	N    int64     `json:"n"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Exchange keeps the last SMS of demo phones. It is safe for concurrent use.
type Exchange struct {
	mu      sync.Mutex
	inboxes *simplelru.LRU[gateway.Phone, []SMS]
	last    int64
	arrived chan struct{} // closed at the next SMS to anyone
	reports chan report   // on what was delivered
}

// report is one delivery report that a channel shall have.
type report struct {
	channel, id, phone string
	due                time.Time
}

// New makes an exchange without any SMS.
func New() *Exchange {
	inboxes, err := simplelru.NewLRU[gateway.Phone, []SMS](maxPhones, nil)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &Exchange{inboxes: inboxes, arrived: make(chan struct{}), reports: make(chan report, maxReports)}
}

// Routes adds the exchange's URLs:
//
//	POST /demo/version1/messaging        Africa's Talking's SMS API
//	GET  /demo/version1/user             its API of accounts, none of which has a balance here
//	GET  /demo/phones/{phone}/inbox      the phone's SMS as a JSON array
//
// The inbox takes after=N, for the SMS behind that one, and wait=SECONDS (60
// at most), for how long to wait until there is one.
func (e *Exchange) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /demo/version1/messaging", localOnly(e.send))
	mux.HandleFunc("GET /demo/version1/user", localOnly(account))
	mux.HandleFunc("GET /demo/phones/{phone}/inbox", localOnly(e.inbox))
}

func localOnly(serve http.HandlerFunc) http.HandlerFunc {
	pages := http.NewCrossOriginProtection() // a page in a browser reaches loopback too
	return func(w http.ResponseWriter, r *http.Request) {
		if !web.Loopback(r) || pages.Check(r) != nil {
			http.Error(w, "The demo exchange serves only programs on this machine.", http.StatusForbidden)
			return
		}
		serve(w, r)
	}
}

// recipient is one line of the API's answer.
type recipient struct {
	StatusCode int    `json:"statusCode"`
	Number     string `json:"number"`
	Status     string `json:"status"`
	Cost       string `json:"cost"`
	MessageID  string `json:"messageId"`
}

func (e *Exchange) send(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be decoded.", http.StatusBadRequest)
		return
	}
	sent, recipients := 0, []recipient{}
	for number := range strings.SplitSeq(r.PostForm.Get("to"), ",") {
		to := recipient{StatusCode: 403, Number: number, Status: "InvalidPhoneNumber", Cost: "0", MessageID: "None"}
		if phone, err := gateway.ParsePhone(number, ""); err == nil {
			n := e.deliver(phone, r.PostForm.Get("message"))
			to.StatusCode, to.Status, to.MessageID = 101, "Success", "ATXid_demo"+strconv.FormatInt(n, 10)
			e.report(report{channel: r.PostForm.Get("username"), id: to.MessageID, phone: string(phone), due: time.Now().Add(onAir)})
			sent++
		}
		recipients = append(recipients, to)
	}
	writeJSON(w, http.StatusCreated, map[string]any{"SMSMessageData": map[string]any{
		"Message":    "Sent to " + strconv.Itoa(sent) + "/" + strconv.Itoa(len(recipients)) + " Total Cost: 0",
		"Recipients": recipients,
	}})
}

func account(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"UserData": map[string]any{"balance": "None"}})
}

func (e *Exchange) report(r report) {
	select {
	case e.reports <- r:
	default:
	}
}

// Run gives the delivery reports to the channels of the haat at an address of
// this machine, until ctx ends. An account's username is its channel's name.
func (e *Exchange) Run(ctx context.Context, haat string) error {
	client := web.NewClient()
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-e.reports:
			select {
			case <-time.After(time.Until(r.due)):
			case <-ctx.Done():
				return nil
			}
			form := url.Values{"id": {r.id}, "status": {"Success"}, "phoneNumber": {r.phone}}
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, haat+"/channels/"+url.PathEscape(r.channel)+"/status", strings.NewReader(form.Encode()))
			if err != nil {
				continue
			}
			req.Header.Set("Content-Type", web.FormType)
			_, _ = web.Do(client, req) // a report that is lost is none: the SMS stays sent
		}
	}
}

// deliver puts an SMS into the phone's inbox and wakes those who wait.
func (e *Exchange) deliver(phone gateway.Phone, text string) int64 {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	// Counting on from the clock lets a phone that stays on over a restart of
	// this program ask for what comes after the last SMS it saw.
	e.last = max(e.last+1, now.UnixMilli())
	inbox, _ := e.inboxes.Get(phone)
	inbox = append(inbox, SMS{N: e.last, Text: text, At: now})
	e.inboxes.Add(phone, slices.Delete(inbox, 0, max(0, len(inbox)-maxInbox)))
	close(e.arrived)
	e.arrived = make(chan struct{})
	return e.last
}

func (e *Exchange) inbox(w http.ResponseWriter, r *http.Request) {
	phone, err := gateway.ParsePhone(r.PathValue("phone"), "")
	if err != nil {
		http.Error(w, "The path has no phone number in international format, such as +254700000001.", http.StatusBadRequest)
		return
	}
	after, wait, err := readQuery(r.URL.Query())
	if err != nil {
		http.Error(w, "after and wait are whole numbers: after=N&wait=SECONDS.", http.StatusBadRequest)
		return
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	for {
		texts, arrived := e.since(phone, after)
		if len(texts) > 0 || wait == 0 {
			writeJSON(w, http.StatusOK, texts)
			return
		}
		select {
		case <-arrived:
		case <-patience.C:
			wait = 0 // one last look
		case <-r.Context().Done():
			return
		}
	}
}

func readQuery(query url.Values) (after int64, wait time.Duration, err error) {
	if text := query.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	if text := query.Get("wait"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return 0, 0, err
		}
		wait = min(time.Duration(seconds)*time.Second, maxWait)
	}
	return after, wait, nil
}

// since gives the phone's SMS behind the one numbered after, and what closes
// when there may be more.
func (e *Exchange) since(phone gateway.Phone, after int64) ([]SMS, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	inbox, _ := e.inboxes.Get(phone)
	texts := []SMS{} // an empty JSON array rather than null
	for _, sms := range inbox {
		if sms.N > after {
			texts = append(texts, sms)
		}
	}
	return texts, e.arrived
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that hung up has no use for it
}
