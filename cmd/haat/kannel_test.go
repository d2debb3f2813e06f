package main

import (
	"fmt"
	"strings"
	"testing"

	"haat/gateway/channel/kannel/kanneltest"
	"haat/gateway/messagelog"
	"haat/orders"
)

// serveKannel runs a haat and a real Kannel that know each other.
func serveKannel(t *testing.T, settings string) (*haat, *kanneltest.Kannel) {
	k := kanneltest.New(t)
	address := freeAddress(t)
	h := startOn(t, address, "serve", t.TempDir(), fmt.Sprintf(`
log: {level: debug, format: json}
%s
channels:
  village:
    kannel: {send_url: "%s", username: %s, password: %s, from: "20880", base_url: "http://%s"}
`, settings, k.SendURL(), kanneltest.Username, kanneltest.Password, address))
	k.Start(kanneltest.GetService(h.base + "/channels/village"))
	return h, k
}

// orderByText orders rice over Kannel and gives what the phone was told last.
func orderByText(k *kanneltest.Kannel, phone, last string) string {
	k.Text(phone, "20880", "rice5 2 soap 3")
	k.Await(phone, "Where will you collect your goods?")
	k.Text(phone, "20880", "2")
	k.Await(phone, "Collect at Kwa Otieno, Ugunja")
	k.Text(phone, "20880", "1")
	return k.Await(phone, last)
}

// TestRealKannelOrder: a villager's text goes through fakesmsc, bearerbox and
// smsbox into haat, and an order comes out at the other end.
func TestRealKannelOrder(t *testing.T) {
	t.Parallel()
	const phone = "+254700100101"
	h, k := serveKannel(t, "")
	reply := orderByText(k, phone, "is confirmed. Pay KES 2,150 when you collect at Kwa Otieno")
	placed := h.orders()
	if len(placed) != 1 {
		t.Fatalf("%d orders", len(placed))
	}
	o := placed[0]
	if o.Phone != phone || o.Channel != "village" || o.Station != "ST02" || o.Total != "2150.00" || len(o.Lines) != 2 || o.Status != orders.Confirmed {
		t.Errorf("the order is %+v", o)
	}
	has(t, reply, fmt.Sprint(o.Number), o.PickupCode)
}

// TestRealKannelNotice: where the answer does not wait for the processor, its
// word follows as an SMS through sendsms, and Kannel's reports come back.
func TestRealKannelNotice(t *testing.T) {
	t.Parallel()
	const phone = "+254700100102"
	h, k := serveKannel(t, "dialogue: {order_wait: 0s}")
	told := orderByText(k, phone, "is confirmed. Pay KES 2,150")
	has(t, told, "received. Pickup code", "We will text you when it is confirmed.")
	if strings.Count(told, "is confirmed. Pay") != 1 {
		t.Errorf("the phone was told more than once:\n%s", told)
	}
	eventually(t, "the delivery report is in the log", func() bool {
		statuses := ofKind(h.log(phone), messagelog.KindStatus)
		return len(statuses) > 0 && statuses[len(statuses)-1].Status == "delivered"
	})
	entries := h.log(phone)
	notices := ofKind(entries, messagelog.KindNotice)
	if len(notices) != 1 || !strings.Contains(told, notices[0].Out) || notices[0].Order != h.orders()[0].ID {
		t.Fatalf("the notices are %+v", notices)
	}
	for _, s := range ofKind(entries, messagelog.KindStatus) {
		if s.Ref != fmt.Sprint(notices[0].Seq) || s.Channel != "village" {
			t.Errorf("a status is of something else: %+v", s)
		}
	}
}
