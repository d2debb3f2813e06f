package console_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders"
)

// monthLong is the time over which a market's messages are spread.
const monthLong = 30 * 24 * time.Hour

// spread is the log as if its first messages had come evenly over a month.
type spread struct {
	*messagelog.Log
	messages uint64
	begin    time.Time
}

func (s spread) at(seq uint64, really time.Time) time.Time {
	if seq > s.messages {
		return really
	}
	return s.begin.Add(time.Duration(float64(monthLong) * float64(seq) / float64(s.messages)))
}

// Follow implements [index.Log].
func (s spread) Follow(ctx context.Context, after uint64, most int, yield func([]messagelog.Line) error) error {
	return s.Log.Follow(ctx, after, most, func(lines []messagelog.Line) error {
		for i := range lines {
			lines[i].At = s.at(lines[i].Seq, lines[i].At)
		}
		return yield(lines)
	})
}

// At implements [index.Log].
func (s spread) At(ctx context.Context, seq uint64) (time.Time, error) {
	at, err := s.Log.At(ctx, seq)
	return s.at(seq, at), err
}

// What a country's market has.
const (
	marketPhones   = 20_000
	marketProducts = 600
	marketWords    = 5000
)

var (
	marketChannels  = []string{"demo", "kenya", "lake", "coast", "uganda", "smpp"}
	marketLanguages = []string{"sw", "sw", "sw", "en", "en", "zh", "hi", "fr", "ar"}
	marketScreens   = []string{"menu", "categories", "products", "product", "quantity", "basket", "station", "confirm", "orders", "language", "help"}
)

// country makes up what phones and haat say to each other in a country, in the
// order of the log: walks through menus, texts, orders, notices, and what became
// of each SMS.
type country struct {
	r        *rand.Rand
	at       func(seq uint64, really time.Time) time.Time
	seq      uint64
	waiting  []gateway.Status // of SMS that are on their way
	products *rand.Zipf       // some are ordered much more often
	words    *rand.Zipf
}

func newCountry(at func(uint64, time.Time) time.Time) *country {
	r := rand.New(rand.NewPCG(3, 5))
	return &country{r: r, at: at, products: rand.NewZipf(r, 1.1, 8, marketProducts-1), words: rand.NewZipf(r, 1.1, 8, marketWords-1)}
}

// next is one message more, with its subject.
func (m *country) next() (subject string, what any) {
	m.seq++
	if n := len(m.waiting); n > 300 || n > 0 && m.r.IntN(3) == 0 {
		return m.status()
	}
	digits := fmt.Sprintf("2547%08d", m.r.IntN(marketPhones))
	p, channel, at := gateway.Phone("+"+digits), marketChannels[m.r.IntN(len(marketChannels))], m.at(m.seq, time.Now())
	subject = "log.000." + digits
	t := gateway.Turn{In: gateway.Inbound{ID: strconv.FormatUint(m.seq, 10), Channel: channel, Mode: dialogue.USSD, Phone: p, Text: strconv.Itoa(m.r.IntN(10))}, Class: dialogue.ClassScreen, At: at}
	t.Session.Profile = dialogue.Profile{Language: marketLanguages[m.r.IntN(len(marketLanguages))], Station: fmt.Sprintf("ST%02d", m.r.IntN(60))}
	t.Session.State = dialogue.State(marketScreens[m.r.IntN(len(marketScreens))])
	t.Reply.Text = fmt.Sprintf("rice: unataka ipi?\n1.Mchele kilo 1 %d\n2.Mchele kilo 5 850\n3.Mchele kilo 25 4,100\n0.Rudi 00.Mwanzo", m.r.IntN(900))
	switch m.r.IntN(20) {
	case 0, 1, 2: // the shop says that it is ready
		m.send(channel, p)
		return subject + ".notice." + channel, gateway.Notice{Channel: channel, Phone: p, Text: fmt.Sprintf("notice: your order %d is at Kwa Otieno, Ugunja. Code %04d", m.seq, m.r.IntN(10_000)), About: m.order(at) + " confirmed", At: at}
	case 3, 4, 5: // in words
		m.say(&t)
		m.send(channel, p)
	case 6, 7:
		m.place(&t)
	}
	return subject + ".turn." + channel + "." + string(t.In.Mode) + ".screen", t
}

// say makes an SMS of a turn, of which some are not understood.
func (m *country) say(t *gateway.Turn) {
	t.In.Mode, t.Class = dialogue.SMS, dialogue.ClassAsk
	t.In.Text = fmt.Sprintf("text %d %s %s", m.seq, m.word(), m.word())
	t.Heard = "2=number 2; rice=RICE5"
	switch m.r.IntN(10) {
	case 0:
		t.Class, t.Heard = dialogue.ClassUnknown, ""
	case 1:
		t.Heard = "2=number 2; " + m.word() + "=not sold here"
	case 2:
		t.Class, t.Offer = dialogue.ClassSell, &dialogue.Offer{Item: "maize", Qty: 50, Unit: "kg", Price: catalog.Money{Minor: 3000, Currency: "KES"}}
	}
}

// place makes a turn one that orders.
func (m *country) place(t *gateway.Turn) {
	o := &orders.Order{ID: m.order(t.At), Phone: string(t.In.Phone), Channel: t.In.Channel}
	for range 1 + m.r.IntN(4) {
		o.Lines = append(o.Lines, orders.Line{SKU: fmt.Sprintf("SKU-%03d", m.products.Uint64()), Qty: 1 + m.r.IntN(3)})
	}
	t.Class, t.Request = dialogue.ClassOrder, &orders.Request{Place: o}
}

// order is the id of an order whose basket was begun some time before.
func (m *country) order(at time.Time) string {
	ms := at.Add(-time.Duration(m.r.IntN(900)) * time.Second).UnixMilli()
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", ms>>16, ms&0xffff, m.r.IntN(0xfff), m.r.IntN(0xfff), m.r.Int64N(1<<48))
}

func (m *country) word() string {
	var b strings.Builder
	for n := m.words.Uint64() + 27; n > 0; n /= 26 {
		b.WriteString([]string{"ba", "mo", "chi", "du", "ke", "fa", "gi", "ho", "ja", "ki", "lu", "ma", "nye", "pa", "ra", "sa", "ti", "vu", "wa", "ya", "zo", "ngo", "she", "tha", "mbe", "ndi"}[n%26])
	}
	return b.String()
}

// send lets an SMS wait for its statuses.
func (m *country) send(channel string, p gateway.Phone) {
	m.waiting = append(m.waiting, gateway.Status{Channel: channel, Phone: p, Ref: strconv.FormatUint(m.seq, 10), Attempt: 1})
}

// status says that the SMS which has waited longest was sent, or what then became
// of it.
func (m *country) status() (string, any) {
	s := m.waiting[0]
	m.waiting = m.waiting[1:]
	switch {
	case s.State == "":
		s.State, s.Segments, s.Cost = gateway.Sent, 1, &gateway.Cost{Micros: 800_000, Currency: "KES"}
		m.waiting = append(m.waiting, s)
	case m.r.IntN(100) == 0:
		s.State, s.Segments, s.Cost, s.Code, s.Reason = gateway.Failed, 0, nil, "31", "The phone's network does not know it."
	case m.r.IntN(100) == 0: // never reported on
		s.State, s.Segments, s.Cost = gateway.Buffered, 0, nil
	default:
		s.State, s.Segments, s.Cost = gateway.Delivered, 0, nil
	}
	s.At = m.at(m.seq, time.Now())
	return "log.000." + strings.TrimPrefix(string(s.Phone), "+") + ".status." + s.Channel, s
}
