package messagelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/orders/bus"
)

// Letter is one SMS of the log with what became of it, or a delivery report on
// one that is not known.
type Letter struct {
	Ref     string // the SMS's sequence in the log; "" where it is not known
	Channel string
	Phone   gateway.Phone
	Text    string
	Order   string // id of the order that it tells of
	Notice  bool   // we began it; else it replies to an SMS
	At      time.Time
	Status  gateway.Status // the latest; State "" while it waits for its first attempt

	amends uint64 // the turn whose reply it replaces
}

// Letters gives every SMS since a time that its channel's outbox sends, or has
// sent, and the reports that belong to none, in the order of the log. Deferred
// tells whether a channel's replies leave by its outbox.
func (l *Log) Letters(ctx context.Context, since time.Time, deferred func(channel string) bool) ([]Letter, error) {
	f := letters{byRef: map[string]*Letter{}, deferred: deferred}
	filters := []string{Notices("*"), SMSTurns("*"), "log.*.*.status.*"}
	if err := l.scan(ctx, since, filters, f.add); err != nil {
		return nil, err
	}
	return f.all(), nil
}

// Letter finds one SMS by its ref; ErrNotFound where the log has none.
func (l *Log) Letter(ctx context.Context, ref string) (Letter, error) {
	msg, err := l.byRef(ctx, ref)
	if err != nil {
		return Letter{}, err
	}
	letter, err := letterOf(msg.Subject, msg.Data, msg.Sequence)
	if err != nil || letter.Ref == "" {
		return Letter{}, errors.Join(err, gateway.ErrNotFound)
	}
	known, err := l.LastStatus(ctx, letter.Phone, letter.Channel)
	letter.Status, _ = known.Of(ref)
	return letter, err
}

// PhoneOf implements [gateway.Log].
func (l *Log) PhoneOf(ctx context.Context, ref string) (gateway.Phone, error) {
	msg, err := l.byRef(ctx, ref)
	if errors.Is(err, gateway.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, phone, err := kindOf(msg.Subject)
	return phone, err
}

// byRef reads a message by the ref of the SMS in it: its sequence.
func (l *Log) byRef(ctx context.Context, ref string) (*jetstream.RawStreamMsg, error) {
	seq, err := strconv.ParseUint(ref, 10, 64)
	if err != nil || seq == 0 {
		return nil, gateway.ErrNotFound
	}
	msg, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, gateway.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read the message log: %w", err)
	}
	return msg, nil
}

// letterOf reads a turn or a notice; what is neither has no Ref.
func letterOf(subject string, data []byte, seq uint64) (Letter, error) {
	kind, phone, err := kindOf(subject)
	if err != nil {
		return Letter{}, err
	}
	letter := Letter{Ref: strconv.FormatUint(seq, 10), Phone: phone}
	switch kind {
	case KindNotice:
		var n gateway.Notice
		err = json.Unmarshal(data, &n)
		letter.Channel, letter.Text, letter.Order, letter.Notice, letter.At = n.Channel, n.Text, n.Order(), true, n.At
	case KindTurn:
		var t gateway.Turn
		err = json.Unmarshal(data, &t)
		if t.Operator != "" { // its reply is another's
			return Letter{}, err
		}
		letter.Channel, letter.Text, letter.Order, letter.At, letter.amends = t.In.Channel, t.Reply.Text, t.Order, t.At, t.Amends
		if t.Request != nil {
			letter.Order = t.Request.OrderID()
		}
	default:
		return Letter{}, nil
	}
	return letter, err
}

// letters folds SMS and statuses.
type letters struct {
	byRef    map[string]*Letter
	order    []*Letter
	loose    []Letter // reports on what is not known
	deferred func(string) bool
}

func (f *letters) add(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
	letter, err := letterOf(m.Subject(), m.Data(), meta.Sequence.Stream)
	if err != nil {
		return nil //nolint:nilerr // what cannot be read is in the dead letters
	}
	if letter.Ref == "" {
		return f.status(m)
	}
	if letter.amends != 0 {
		delete(f.byRef, strconv.FormatUint(letter.amends, 10)) // replaced before it was sent
	}
	if letter.Text == "" || !letter.Notice && !f.deferred(letter.Channel) {
		return nil
	}
	f.byRef[letter.Ref] = &letter
	f.order = append(f.order, &letter)
	return nil
}

func (f *letters) status(m jetstream.Msg) error {
	var s gateway.Status
	if json.Unmarshal(m.Data(), &s) != nil {
		return nil
	}
	s.Recent = nil
	if s.Ref == "" {
		f.loose = append(f.loose, Letter{Channel: s.Channel, Phone: s.Phone, At: s.At, Status: s})
		return nil
	}
	if letter := f.byRef[s.Ref]; letter != nil {
		letter.Status = s
	}
	f.join(s)
	return nil
}

// join drops the reports that had come before the sending was logged.
func (f *letters) join(s gateway.Status) {
	if len(f.loose) == 0 || len(s.Parts) == 0 {
		return
	}
	f.loose = slices.DeleteFunc(f.loose, func(l Letter) bool {
		if l.Channel != s.Channel || l.Phone != s.Phone {
			return false
		}
		if len(l.Status.Parts) == 0 {
			return false
		}
		_, known := s.Of("", l.Status.Parts[0].ID)
		return known
	})
}

func (f *letters) all() []Letter {
	all := slices.Clone(f.loose)
	for _, letter := range f.order {
		if f.byRef[letter.Ref] == letter {
			all = append(all, *letter)
		}
	}
	slices.SortStableFunc(all, func(a, b Letter) int { return a.At.Compare(b.At) })
	return all
}

// scan hands every message since a time on the subjects to each, oldest first,
// up to the end of the log as it was when scan began.
func (l *Log) scan(ctx context.Context, since time.Time, filters []string, each func(jetstream.Msg, *jetstream.MsgMetadata) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	consumer, err := l.bus.JetStream().OrderedConsumer(ctx, bus.Messages, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	if consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	defer messages.Stop()
	for {
		m, err := messages.Next()
		if err != nil {
			return fmt.Errorf("read the message log: %w", errors.Join(err, ctx.Err()))
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if err := each(m, meta); err != nil || meta.NumPending == 0 {
			return err
		}
	}
}
