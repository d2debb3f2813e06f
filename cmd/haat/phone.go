package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"haat/gateway"
)

// phoneCmd is a basic phone in the terminal, line by line, so that it also
// works in a pipe. It plays the carrier's part towards the demo channel.
type phoneCmd struct {
	Number  string `default:"+254700000001" help:"The phone's own number (default ${default})."`
	URL     string `default:"http://127.0.0.1:8080" help:"Where haat serves, on this machine (default ${default})."`
	Channel string `default:"demo" help:"Channel to call (default ${default})."`
	Code    string `default:"*384#" help:"The code to dial (default ${default})."`
}

// answerWait is how long the phone watches for the answer to an SMS before it
// takes the next command.
const answerWait = 3 * time.Second

// Run is the phone until it is switched off: quit, the end of the input, or ctx.
func (cmd phoneCmd) Run(ctx context.Context, io *stdio) error {
	number, err := gateway.ParsePhone(cmd.Number, "")
	if err != nil {
		return fmt.Errorf("--number %q: %w; write it like +254700000001", cmd.Number, err)
	}
	if err := onThisMachine(cmd.URL); err != nil {
		return err
	}
	carrier := newCarrier(cmd.URL, cmd.Channel, string(number), cmd.Code)
	h := &handset{carrier: carrier, out: io.Out, echo: !isTerminal(io.In), patience: answerWait}
	return h.use(ctx, io.In)
}

// onThisMachine refuses every address but loopback: whoever speaks to the demo
// channel is believed to be any phone.
func onThisMachine(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("--url %q is no address: write it like http://127.0.0.1:8080", address)
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() != "localhost" && (err != nil || !addr.IsLoopback()) {
		return fmt.Errorf("--url %s is another machine: this phone works on the machine of `haat serve` only", address)
	}
	return nil
}

// isTerminal tells whether people type there: a terminal shows what they type
// by itself.
func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// handset is the phone in somebody's hand.
type handset struct {
	carrier  *carrier
	out      io.Writer
	echo     bool          // repeat the input, where nothing else shows it
	patience time.Duration // how long to watch for the answer to an SMS
	call     *call         // the open USSD call; nil when the line is free
	inbox    []text
	answer   <-chan time.Time // while the answer to an SMS is watched for
}

// call is an open USSD session.
type call struct {
	session string
	typed   []string // all answers so far: carriers send them all with each
}

func (h *handset) use(ctx context.Context, in io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	old, err := h.carrier.texts(ctx, 0, 0)
	if err != nil {
		return err
	}
	h.inbox = old
	h.print("%s on channel %s. Dial %s, or type `sms TEXT`; `help` lists the keys.\n",
		h.carrier.number, h.carrier.channel, h.carrier.code)
	if len(old) > 0 {
		h.print("%d %s in the inbox.\n", len(old), plural(len(old), "text", "texts"))
	}
	return h.loop(ctx, readLines(ctx, in), h.carrier.watch(ctx, lastOf(old)))
}

func lastOf(texts []text) int64 {
	if len(texts) == 0 {
		return 0
	}
	return texts[len(texts)-1].N
}

func (h *handset) loop(ctx context.Context, lines <-chan string, coming <-chan text) error {
	h.prompt()
	for {
		typed := lines
		if h.answer != nil {
			typed = nil // what is typed now waits
		}
		select {
		case <-ctx.Done():
			h.print("\n")
			return nil
		case line, ok := <-typed:
			if h.echo {
				h.print("%s\n", line)
			}
			if !ok || h.press(ctx, strings.TrimSpace(line)) == off {
				return nil
			}
		case <-h.answer:
			h.answer = nil
		case t := <-coming:
			h.receive(t)
		}
		if h.answer == nil {
			h.prompt()
		}
	}
}

// readLines reads the keypad; the channel closes at its end.
func readLines(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

func (h *handset) prompt() {
	if h.call != nil {
		h.print("answer> ")
		return
	}
	h.print("> ")
}

// power is whether the phone stays on.
type power bool

const (
	on  power = true
	off power = false
)

const keysHelp = `%s          dial, then answer line by line; *384*101*2# answers at once
end            hang up in the middle of a call
sms TEXT       send a text; a call is dropped for it
inbox          show the texts that came
quit           switch the phone off
`

// dials tells whether the line is the code, perhaps with answers in it:
// *384*101*2#.
func (h *handset) dials(line string) bool {
	return line == h.carrier.code || strings.HasPrefix(line, strings.TrimSuffix(h.carrier.code, "#")+"*") && strings.HasSuffix(line, "#")
}

// dialled are the answers in a dialled line, as carriers send them on.
func (h *handset) dialled(line string) []string {
	rest := strings.TrimPrefix(strings.TrimSuffix(line, "#"), strings.TrimSuffix(h.carrier.code, "#"))
	if rest == "" {
		return nil
	}
	return strings.Split(strings.TrimPrefix(rest, "*"), "*")
}

// press does what one line of input says.
func (h *handset) press(ctx context.Context, line string) power {
	command, rest, _ := strings.Cut(line, " ")
	switch command = strings.ToLower(command); {
	case line == "":
	case command == "quit" && rest == "", command == "exit" && rest == "":
		return off
	case command == "help" && rest == "":
		h.print(keysHelp, h.carrier.code)
	case command == "inbox" && rest == "":
		h.showInbox()
	case command == "end" && rest == "":
		h.hangUp()
	case h.dials(line):
		h.call = &call{session: rand.Text(), typed: h.dialled(line)}
		h.exchange(ctx)
	case command == "sms":
		if h.call != nil { // a basic phone does one thing at a time
			h.hangUp()
		}
		h.send(ctx, strings.TrimSpace(rest))
	case h.call != nil:
		h.call.typed = append(h.call.typed, line)
		h.exchange(ctx)
	case strings.HasPrefix(line, "*"):
		h.print("! No such code here. Dial %s\n", h.carrier.code)
	default:
		h.print("! Dial %s, or type `sms TEXT`. `help` lists the keys.\n", h.carrier.code)
	}
	return on
}

// exchange sends what was typed in the call and shows the answer.
func (h *handset) exchange(ctx context.Context) {
	screen, more, err := h.carrier.ussd(ctx, h.call.session, h.call.typed)
	if err != nil {
		h.call = nil
		h.complain(err)
		return
	}
	h.print("%s", framed("", screen))
	if !more {
		h.call = nil
	}
}

// hangUp drops the line. The carrier is told nothing, as when a phone loses
// its signal.
func (h *handset) hangUp() {
	if h.call == nil {
		h.print("! There is no call.\n")
		return
	}
	h.call = nil
	h.print("The line is dropped.\n")
}

func (h *handset) send(ctx context.Context, body string) {
	if body == "" {
		h.print("! Type the text behind it: sms RICE5 2\n")
		return
	}
	if err := h.carrier.sms(ctx, body); err != nil {
		h.complain(err)
		return
	}
	h.answer = time.After(h.patience)
}

func (h *handset) receive(t text) {
	h.inbox = append(h.inbox, t)
	if h.answer == nil {
		h.print("\n") // away from the prompt
	}
	h.answer = nil
	h.print("%s", framed(fmt.Sprintf("SMS %d", len(h.inbox)), t.Text))
}

// inboxShown is how many texts the inbox shows, as a basic phone does.
const inboxShown = 10

func (h *handset) showInbox() {
	if len(h.inbox) == 0 {
		h.print("The inbox is empty.\n")
	}
	first := max(0, len(h.inbox)-inboxShown)
	for i, t := range h.inbox[first:] {
		h.print("%s", framed(fmt.Sprintf("SMS %d", first+i+1), t.Text))
	}
}

func (h *handset) complain(err error) {
	if !errors.Is(err, context.Canceled) {
		h.print("! %v\n", err)
	}
}

func (h *handset) print(format string, args ...any) {
	fmt.Fprintf(h.out, format, args...)
}
