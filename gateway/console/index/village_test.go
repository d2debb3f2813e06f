package index

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders"
)

// village makes up what a market's log holds: walks through menus, orders with
// their numbers and codes, free texts, notices and their statuses.
type village struct {
	r       *rand.Rand
	seq     uint64
	waiting []messagelog.Line // SMS whose statuses are yet to come
}

func newVillage() *village { return &village{r: rand.New(rand.NewPCG(1, 2))} }

var goods = map[string][]string{
	"en": strings.Fields("rice sugar salt flour beans maize oil soap tea milk bread matches kerosene candles batteries onions tomatoes eggs"),
	"sw": strings.Fields("mchele sukari chumvi unga maharage mahindi mafuta sabuni chai maziwa mkate kiberiti taa mishumaa betri vitunguu nyanya mayai"),
	"zh": strings.Fields("大米 白糖 食盐 面粉 豆子 玉米 食用油 肥皂 茶叶 牛奶 面包 火柴 煤油 蜡烛 电池 洋葱 番茄 鸡蛋"),
	"ar": strings.Fields("أرز سكر ملح دقيق فول ذرة زيت صابون شاي حليب خبز كبريت كيروسين شموع بطاريات بصل طماطم بيض"),
}

// next is one message more. Its phones are 50,000, of which a few write Chinese.
func (v *village) next() messagelog.Line {
	v.seq++
	if n := len(v.waiting); n > 0 && (n > 200 || v.r.IntN(4) == 0) {
		return v.status()
	}
	who := v.r.IntN(50_000)
	language := []string{"en", "en", "en", "sw", "sw", "sw", "sw", "sw", "zh", "ar"}[who%10]
	l := messagelog.Line{Language: language, Station: fmt.Sprintf("ST%02d", who%40)}
	l.Seq, l.At = v.seq, begin.Add(time.Duration(v.seq)*30*time.Second)
	l.Phone, l.Channel = gateway.Phone(fmt.Sprintf("+2547%08d", who)), []string{"demo", "lake", "lake"}[who%3]
	item := goods[language][v.r.IntN(len(goods[language]))]
	switch v.r.IntN(10) {
	case 0: // the shop says that it is ready
		l.Kind, l.Mode, l.Order, l.Language, l.Station = messagelog.KindNotice, dialogue.SMS, "order", "", ""
		l.Out = fmt.Sprintf("%s %d: %s, KES %d. Kwa Otieno, Ugunja. %04d", item, v.seq, item, 100+v.r.IntN(5000), v.r.IntN(10000))
		v.waiting = append(v.waiting, l)
	case 1: // words
		l.Kind, l.Mode, l.Class, l.Screen, l.ID = messagelog.KindTurn, dialogue.SMS, dialogue.ClassAsk, "confirm", strconv.Itoa(who)
		l.In, l.Out = fmt.Sprintf("%d %s", v.r.IntN(9)+1, item), fmt.Sprintf("%s x %d = KES %d. Mama Njeri's shop, Kiambogo\n1.OK 2.+ 0.X", item, v.r.IntN(9), v.r.IntN(9000))
		if v.r.IntN(200) == 0 {
			l.In, l.Class = "qwrtp zx"+strconv.Itoa(v.r.IntN(99)), dialogue.ClassUnknown
		}
		v.waiting = append(v.waiting, l)
	default:
		l.Kind, l.Mode, l.Class, l.Screen, l.ID = messagelog.KindTurn, dialogue.USSD, dialogue.ClassScreen, "products", strconv.Itoa(who)
		l.In = strconv.Itoa(v.r.IntN(10))
		var screen strings.Builder
		for n := range 5 {
			fmt.Fprintf(&screen, "%d.%s %d\n", n+1, goods[language][(v.r.IntN(3)*5+n)%18], 50*(n+1))
		}
		l.Out = screen.String() + "9.> 0.< 00.Menu"
	}
	return l
}

func (v *village) status() messagelog.Line {
	of := v.waiting[0]
	v.waiting = v.waiting[1:]
	l := messagelog.Line{Entry: messagelog.Entry{Seq: v.seq, At: begin.Add(time.Duration(v.seq) * 30 * time.Second), Kind: messagelog.KindStatus, Channel: of.Channel, Phone: of.Phone,
		Ref: strconv.FormatUint(of.Seq, 10), Status: gateway.Sent, Attempt: 1, Segments: 1, Cost: "0.8", Currency: "KES"}}
	switch {
	case of.Status == "":
		of.Status = gateway.Sent
		v.waiting = append(v.waiting, of)
	case v.r.IntN(2000) == 0:
		l.Status, l.Code, l.Reason = gateway.Failed, "31", "The phone's network does not know it."
	default:
		l.Status = gateway.Delivered
	}
	return l
}

// message is the line as the log has it.
func message(l messagelog.Line) (subject string, v any) {
	digits := strings.TrimPrefix(string(l.Phone), "+")
	if digits == "" {
		digits = "0"
	}
	subject = "log.000." + digits + "." + string(l.Kind)
	switch l.Kind {
	case messagelog.KindNotice:
		n := gateway.Notice{Channel: l.Channel, Phone: l.Phone, Text: l.Out, At: l.At}
		if l.Order != "" {
			n.About = l.Order + " " + string(orders.Confirmed)
		}
		return subject + "." + l.Channel, n
	case messagelog.KindStatus:
		return subject + "." + l.Channel, gateway.Status{Channel: l.Channel, Phone: l.Phone, Ref: l.Ref, State: l.Status, Reason: l.Reason, Code: l.Code, Attempt: l.Attempt, At: l.At}
	}
	t := gateway.Turn{In: gateway.Inbound{ID: l.ID, Channel: l.Channel, Mode: l.Mode, Phone: l.Phone, Text: l.In, ReceivedAt: l.At}, Reply: gateway.Reply{Text: l.Out}, Class: l.Class, Offer: l.Offer, Order: l.Order, Amends: l.Amends, At: l.At}
	t.Session.Profile = dialogue.Profile{Language: l.Language, Station: l.Station}
	t.Session.State, t.Session.Mode, t.Session.At, t.Hop = dialogue.State(l.Screen), l.Mode, l.At, "1*2*3"
	t.Session.Basket = dialogue.Basket{ID: "019b0000-0000-7000-8000-000000000000", Lines: []orders.Line{{SKU: "RICE5", Qty: 2}}}
	t.Recent = []gateway.Answered{{Key: "0123456789abcdef", Seq: l.Seq}, {Key: "0123456789abcdef", Seq: l.Seq}, {Key: "0123456789abcdef", Seq: l.Seq}, {Key: "0123456789abcdef", Seq: l.Seq}}
	return subject + "." + l.Channel + "." + string(l.Mode) + ".screen", t
}
