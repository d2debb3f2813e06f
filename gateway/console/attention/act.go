package attention

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/gsm"
	"haat/gateway/messagelog"
)

// Refused says why nothing is done about a message, as a word that pages have a
// sentence for.
type Refused struct{ Why string }

func (e *Refused) Error() string { return "nothing was done about the message: " + e.Why }

// The words of Refused and of results.
const (
	WhyGone      = "gone"      // the log does not have it any more
	WhyNoSMS     = "no_sms"    // it is no SMS that an outbox sends
	WhySent      = "sent"      // the carrier has it
	WhyDelivered = "delivered" // the phone has it
	WhyDropped   = "dropped"   // somebody has dropped it
	WhyOptedOut  = "opted_out" // the phone's owner has said STOP
	WhyLong      = "long"      // the text has too many segments
	WhyEmpty     = "empty"     // the text is empty
)

// MaxSegments is what an operator may send at once: what every carrier and phone
// can join again.
const MaxSegments = 8

// Letter is the SMS of a row, where something can still be done about it; else a
// [Refused] error.
func (d *Desk) Letter(ctx context.Context, seq uint64) (messagelog.Letter, error) {
	l, err := d.letter(ctx, seq)
	if err == nil {
		err = open(l)
	}
	return l, err
}

func (d *Desk) letter(ctx context.Context, seq uint64) (l messagelog.Letter, err error) {
	ref, err := d.Index.Ref(ctx, seq)
	if err != nil {
		return l, err
	}
	l, err = d.Log.Letter(ctx, strconv.FormatUint(ref, 10))
	if errors.Is(err, gateway.ErrNotFound) {
		return l, &Refused{WhyGone}
	}
	return l, err
}

// open tells why nothing can be done about an SMS.
func open(l messagelog.Letter) error {
	var settled *messagelog.Settled
	if errors.As(l.Open(), &settled) {
		switch settled.State {
		case gateway.Delivered:
			return &Refused{WhyDelivered}
		case gateway.Dropped:
			return &Refused{WhyDropped}
		case gateway.Suppressed:
			return &Refused{WhyOptedOut}
		}
		return &Refused{WhySent}
	}
	// Of a reply that was given in the response to the carrier no outbox knows.
	if l.Text == "" || l.Status.State == "" && !l.Notice {
		return &Refused{WhyNoSMS}
	}
	return nil
}

// wanted refuses phones whose owner has said STOP.
func (d *Desk) wanted(ctx context.Context, p gateway.Phone) error {
	profile, err := d.People.Profile(ctx, p)
	if err == nil && profile.OptedOut {
		err = &Refused{WhyOptedOut}
	}
	return err
}

// Text checks what an operator wants to send, and makes it fit to be sent.
func Text(text string) (string, error) {
	text = strings.TrimSpace(gsm.Clean(text))
	switch n := gsm.Segments(text); {
	case n == 0:
		return "", &Refused{WhyEmpty}
	case n > MaxSegments:
		return "", &Refused{WhyLong}
	}
	return text, nil
}

// Again sends the SMS of a row once more, with another text where one is given.
func (d *Desk) Again(ctx context.Context, seq uint64, text string) (ref string, err error) {
	l, err := d.Letter(ctx, seq)
	if err != nil {
		return "", err
	}
	if err := d.wanted(ctx, l.Phone); err != nil {
		return "", err
	}
	if text == "" {
		text = l.Text
	} else if text, err = Text(text); err != nil {
		return "", err
	}
	if ref, err = d.Log.SendAgain(ctx, l, l.Again(text, time.Now())); err != nil {
		return "", err
	}
	return ref, d.settled(ctx)
}

// Drop takes the SMS of a row out of the outbox.
func (d *Desk) Drop(ctx context.Context, seq uint64) error {
	l, err := d.Letter(ctx, seq)
	if err != nil {
		return err
	}
	if err := d.Log.Drop(ctx, l, dropReason, time.Now()); err != nil {
		return err
	}
	return d.settled(ctx)
}

const dropReason = "An operator dropped it."

// Write sends a text to a phone by the way that a channel's phones are written to.
func (d *Desk) Write(ctx context.Context, p gateway.Phone, channel, text string) (ref string, err error) {
	if text, err = Text(text); err != nil {
		return "", err
	}
	if err := d.wanted(ctx, p); err != nil {
		return "", err
	}
	if ref, err = d.Log.Post(ctx, gateway.Notice{Channel: d.Through(channel), Phone: p, Text: text, At: time.Now()}); err != nil {
		return "", err
	}
	return ref, d.settled(ctx)
}

func (d *Desk) settled(ctx context.Context) error {
	d.forgetCounts()
	return d.Log.Durable(ctx)
}

// do does one message of a job. An error says that it could not be known what
// became of it.
func (d *Desk) do(ctx context.Context, j Job, w work) (r Result, err error) {
	switch j.Act {
	case Retry:
		r.Ref, err = d.doAgain(ctx, j, w)
	case Drop:
		err = d.doDrop(ctx, w)
	case Send:
		r.Ref, err = d.doSend(ctx, j, w)
	default:
		return r, fmt.Errorf("job %d has an act %q that nobody knows", j.ID, j.Act)
	}
	if err == nil {
		err = d.Log.Durable(ctx)
	}
	var refused *Refused
	switch {
	case errors.As(err, &refused) && refused.Why == WhyGone:
		return Result{Result: ResultFailed, Why: refused.Why}, nil
	case errors.As(err, &refused):
		return Result{Result: ResultSkipped, Why: refused.Why}, nil
	}
	r.Result = ResultDone
	return r, err
}

func (d *Desk) doAgain(ctx context.Context, j Job, w work) (ref string, err error) {
	l, err := d.letter(ctx, w.seq)
	if err != nil {
		return "", err
	}
	if w.again {
		if ref, err := d.Log.NoticeOf(ctx, l.Phone, j.Head, w.at); ref != "" || err != nil {
			return ref, err
		}
		if l.Status.State == gateway.Dropped && l.Status.At.Equal(w.at) { // the first half was done
			return d.Log.Post(ctx, l.Again(l.Text, w.at))
		}
	}
	if err := open(l); err != nil {
		return "", err
	}
	if err := d.wanted(ctx, l.Phone); err != nil {
		return "", err
	}
	return d.Log.SendAgain(ctx, l, l.Again(l.Text, w.at))
}

func (d *Desk) doDrop(ctx context.Context, w work) error {
	l, err := d.letter(ctx, w.seq)
	if err != nil {
		return err
	}
	if w.again && l.Status.State == gateway.Dropped && l.Status.At.Equal(w.at) {
		return nil
	}
	if err := open(l); err != nil {
		return err
	}
	return d.Log.Drop(ctx, l, dropReason, w.at)
}

func (d *Desk) doSend(ctx context.Context, j Job, w work) (ref string, err error) {
	rows, err := d.Index.After(ctx, index.Filter{}, w.seq-1, 1)
	if err != nil {
		return "", err
	}
	if len(rows) == 0 || rows[0].Seq != w.seq {
		return "", &Refused{WhyGone}
	}
	row := rows[0]
	if w.again {
		if ref, err := d.Log.NoticeOf(ctx, row.Phone, j.Head, w.at); ref != "" || err != nil {
			return ref, err
		}
	}
	if err := d.wanted(ctx, row.Phone); err != nil {
		return "", err
	}
	return d.Log.Post(ctx, gateway.Notice{Channel: d.Through(row.Channel), Phone: row.Phone, Text: j.Text, At: w.at})
}
