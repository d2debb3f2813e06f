package channeltest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"haat/gateway"
	"haat/gateway/dialogue"
)

// enough is how many cases a carrier has at least.
const enough = 15

// need is one kind of case that a carrier's tables have.
type need struct {
	what string
	why  string
	like string           // such a case, as Go
	when func(Suite) bool // whether it is demanded of this carrier
	met  func(Suite) bool
}

// lacks says which kinds of cases a suite does not have.
func (s Suite) lacks() (all []string) {
	if s.Channel == nil && s.Open == nil && s.Config == nil {
		return []string{"the suite tests nothing: set Channel where the carrier calls us, Open where it is sent to over HTTP, Config in any case"}
	}
	for _, n := range needs {
		if n.when(s) && !n.met(s) {
			all = append(all, fmt.Sprintf("the suite lacks %s.\n\tWhy: %s\n\tSuch a case: %s", n.what, n.why, n.like))
		}
	}
	return all
}

var needs = []need{
	{
		what: fmt.Sprintf("cases: it has to have %d", enough),
		why:  "a carrier's surprises are in its payloads.",
		like: "look into the carrier's documents, its SDKs and its users' bug reports.",
		when: func(s Suite) bool { return receives(s) || sends(s) },
		met:  func(s Suite) bool { return len(s.Receives)+len(s.Sends) >= enough },
	},
	{
		what: "a text or a hop that is kept",
		why:  "it is what the channel is for.",
		like: `{Name: "a text", Body: "from=...&text=ORDER+RICE5+2", In: &gateway.Inbound{...}}`,
		when: receives,
		met:  received(func(r Receive) bool { return r.In != nil }),
	},
	{
		what: "a text that is not ASCII",
		why:  "each carrier has its own way to write é, € and 米, and most bugs of gateways are there.",
		like: `{Name: "beyond ASCII", Body: "text=caf%C3%A9", In: &gateway.Inbound{Text: "café", ...}}`,
		when: receives,
		met:  received(func(r Receive) bool { return r.In != nil && strings.ContainsFunc(r.In.Text, isBeyondASCII) }),
	},
	{
		what: "a USSD screen that goes on",
		why:  "the carrier must leave the session open for the answer.",
		like: `{Name: "a dial", Reply: gateway.Reply{Text: "Karibu"}, Says: "CON Karibu", In: &gateway.Inbound{Mode: dialogue.USSD, ...}}`,
		when: mode(dialogue.USSD),
		met:  received(func(r Receive) bool { return inMode(r, dialogue.USSD) && !r.Reply.End }),
	},
	{
		what: "a USSD screen that ends the session",
		why:  "left open, the phone asks for an answer that nobody expects, until the network's time is over.",
		like: `{Name: "the last screen", Reply: gateway.Reply{Text: "Asante", End: true}, Says: "END Asante", In: &gateway.Inbound{Mode: dialogue.USSD, ...}}`,
		when: mode(dialogue.USSD),
		met:  received(func(r Receive) bool { return inMode(r, dialogue.USSD) && r.Reply.End }),
	},
	{
		what: "a hop while nothing can be kept",
		why:  "no carrier repeats a hop, so that the phone must see the apology as its last screen.",
		like: `{Name: "nothing was kept", Body: <a good hop>, Down: true, Says: "END " + channeltest.Apology}`,
		when: mode(dialogue.USSD),
		met:  downAt(dialogue.USSD),
	},
	{
		what: "a text while nothing can be kept",
		why:  "answered as if all were well it would be lost: the carrier must hear that it should repeat it.",
		like: `{Name: "nothing was kept", Body: <a good text>, Down: true, Status: 503, Says: "..."}`,
		when: mode(dialogue.SMS),
		met:  downAt(dialogue.SMS),
	},
	{
		what: "a request without a field that is needed",
		why:  "an operator who left a field out of the carrier's settings must see what is missing.",
		like: `{Name: "no id", Body: "from=...&text=...", Status: 400, Says: "...", Refused: gateway.RefusedForm}`,
		when: receives,
		met:  received(func(r Receive) bool { return r.Refused == gateway.RefusedForm && r.Status >= http.StatusBadRequest }),
	},
	{
		what: "a short code or a name as the sender",
		why:  "answering one costs money and may begin an endless loop of two machines.",
		like: `{Name: "a name", Body: "from=Safaricom&text=Win", Refused: gateway.RefusedPhone}`,
		when: receives,
		met:  received(func(r Receive) bool { return r.Refused == gateway.RefusedPhone }),
	},
	{
		what: "a forged signature, a wrong key or an address that may not call",
		why:  "who can pose as the carrier can order for everybody.",
		like: `{Name: "a wrong key", To: keyed, Path: "/channels/shop/WRONG/sms", Status: 404, Says: "...", Refused: gateway.RefusedSignature}`,
		when: receives,
		met: received(func(r Receive) bool {
			return r.Refused == gateway.RefusedSignature || r.Refused == gateway.RefusedOrigin
		}),
	},
	{
		what: "a delivery report that the phone has the SMS (gateway.Delivered)",
		why:  "operators look there first when somebody says that nothing came.",
		like: `{Name: "delivered", Body: "id=1&status=Success", Report: &gateway.Report{State: gateway.Delivered, ...}}`,
		when: reports,
		met:  reported(gateway.Delivered),
	},
	{
		what: "a delivery report that it will not arrive (gateway.Failed)",
		why:  "a failure that is taken for something else is never looked into.",
		like: `{Name: "failed", Body: "id=1&status=Failed", Report: &gateway.Report{State: gateway.Failed, ...}}`,
		when: reports,
		met:  reported(gateway.Failed),
	},
	{
		what: "a delivery report with a word that nobody knows",
		why:  "carriers add words without notice: it is counted and answered with success, since a repeat would be no clearer.",
		like: `{Name: "a new word", Body: "id=1&status=Pondering", Refused: gateway.RefusedForm}`,
		when: reports,
		met: received(func(r Receive) bool {
			return r.Refused == gateway.RefusedForm && max(r.Status, http.StatusOK) < http.StatusMultipleChoices
		}),
	},
	{
		what: "an SMS that the carrier takes",
		why:  "it is what the channel is for.",
		like: `{Name: "taken", Status: 201, Body: "...", Receipt: gateway.Receipt{IDs: []string{"1"}, State: gateway.Sent}}`,
		when: sends,
		met:  sent(func(s Send) bool { return s.Refusal == nil }),
	},
	{
		what: "an SMS that the carrier will never take (gateway.Rejected)",
		why:  "tried again it would cost money and end the same.",
		like: `{Name: "no such phone", Status: 400, Body: "...", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "..."}}`,
		when: sends,
		met:  refuses(gateway.Rejected),
	},
	{
		what: "a carrier that asks to send more slowly (gateway.Throttled)",
		why:  "who does not slow down is cut off.",
		like: `{Name: "too fast", Status: 429, Header: map[string]string{"Retry-After": "7"}, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429", After: 7 * time.Second}}`,
		when: sends,
		met:  refuses(gateway.Throttled),
	},
	{
		what: "a fault of the carrier's, or refused credentials (gateway.Unavailable)",
		why:  "it is no fault of the SMS, which must wait until the carrier or the operator has mended it.",
		like: `{Name: "a wrong key", Status: 401, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "401"}}`,
		when: sends,
		met:  refuses(gateway.Unavailable),
	},
	{
		what: "a page with status 200 that is no answer of the carrier's API",
		why:  "a proxy or a wrong address says 200 too, and the SMS is not sent.",
		like: `{Name: "a page instead of JSON", Status: 200, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}}`,
		when: sends,
		met:  sent(func(s Send) bool { return s.Status == http.StatusOK && s.Refusal != nil }),
	},
}

func receives(s Suite) bool { return s.Channel != nil }

func sends(s Suite) bool { return s.Open != nil }

func received(match func(Receive) bool) func(Suite) bool {
	return func(s Suite) bool { return slices.ContainsFunc(s.Receives, match) }
}

func sent(match func(Send) bool) func(Suite) bool {
	return func(s Suite) bool { return slices.ContainsFunc(s.Sends, match) }
}

func refuses(kind gateway.Refusal) func(Suite) bool {
	return sent(func(s Send) bool { return s.Refusal != nil && s.Refusal.Kind == kind })
}

func reported(state gateway.State) func(Suite) bool {
	return received(func(r Receive) bool { return r.Report != nil && r.Report.State == state })
}

// reports tells whether the carrier reports to the channel: it has a case of
// that, or its receipts name what reports will be about.
func reports(s Suite) bool {
	return received(func(r Receive) bool { return r.Report != nil })(s) ||
		receives(s) && sent(func(s Send) bool { return s.Receipt.ByID })(s)
}

func inMode(r Receive, mode dialogue.Mode) bool { return r.In != nil && r.In.Mode == mode }

func mode(mode dialogue.Mode) func(Suite) bool {
	return received(func(r Receive) bool { return inMode(r, mode) })
}

// downAt tells whether there is a case in which nothing can be kept at one of
// the addresses that take texts of the mode.
func downAt(mode dialogue.Mode) func(Suite) bool {
	return func(s Suite) bool {
		return slices.ContainsFunc(s.Receives, func(down Receive) bool {
			return down.Down && slices.ContainsFunc(s.Receives, func(r Receive) bool {
				return inMode(r, mode) && r.leaf() == down.leaf()
			})
		})
	}
}

func isBeyondASCII(r rune) bool { return r > 0x7e && r != '\ufffd' }
