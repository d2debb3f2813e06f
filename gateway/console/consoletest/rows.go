package consoletest

import (
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// Turn is a row of an exchange.
func Turn(at time.Time, phone gateway.Phone, mode dialogue.Mode, class, in, out string) index.Row {
	return index.Row{Entry: messagelog.Entry{At: at, Kind: messagelog.KindTurn, Channel: "demo", Mode: mode, Phone: phone, In: in, Out: out, Class: class}, Language: "sw", Station: "ST01", Screen: "menu"}
}

// Notice is a row of an SMS that haat began.
func Notice(at time.Time, phone gateway.Phone, out string) index.Row {
	return index.Row{Entry: messagelog.Entry{At: at, Kind: messagelog.KindNotice, Channel: "demo", Mode: dialogue.SMS, Phone: phone, Out: out}}
}

// Status is a row of what became of an SMS.
func Status(at time.Time, phone gateway.Phone, ref string, state gateway.State, reason string) index.Row {
	return index.Row{Entry: messagelog.Entry{At: at, Kind: messagelog.KindStatus, Channel: "demo", Phone: phone, Ref: ref, Status: state, Reason: reason, Attempt: 1}}
}

// Market are rows of a busy quarter of an hour before a time, such as a village
// has: several phones, languages and scripts, and a few troubles.
func Market(now time.Time) []index.Row {
	const amina, juma, li, asha, otieno = gateway.Phone("+254700000001"), gateway.Phone("+254700000042"), gateway.Phone("+8613800138000"), gateway.Phone("+255754123456"), gateway.Phone("+254722908117")
	at := now.Add(-15 * time.Minute)
	next := func() time.Time {
		at = at.Add(23 * time.Second)
		return at
	}
	order := func(row index.Row) index.Row {
		row.Order = "0199c2f0-7c1e-7b1a-9d7e-2f6c1a5b9e01"
		return row
	}
	heard := func(row index.Row) index.Row {
		row.Heard = "2=number 2; rice=RICE1|RICE5|RICE25; sabuni=SOAP; tatu=number 3"
		return row
	}
	offer := func(row index.Row) index.Row {
		row.Offer = &dialogue.Offer{Item: "MAIZE", Qty: 50, Unit: "kg"}
		return row
	}
	return []index.Row{
		Turn(next(), amina, dialogue.USSD, dialogue.ClassStart, "", "Welcome to the village market\n1.English\n2.Kiswahili\n3.中文"),
		Turn(next(), amina, dialogue.USSD, dialogue.ClassLanguage, "2", "Karibu soko la kijiji\n1.Nunua\n2.Kikapu\n3.Oda zangu\n4.Duka\n5.Lugha\n6.Msaada"),
		Turn(next(), amina, dialogue.USSD, dialogue.ClassScreen, "1", "Unahitaji nini?\n1.Vyakula\n2.Usafi\n3.Vifaa\n0.Rudi"),
		Turn(next(), li, dialogue.SMS, dialogue.ClassAsk, "两瓶5升食用油，一把锄头", "您的订单：\n食用油5升 × 2 = 2,960\n锄头 × 1 = 450\n合计3,410 先令\n1.确认\n2.修改"),
		Turn(next(), amina, dialogue.USSD, dialogue.ClassScreen, "1", "Vyakula (KES)\n1.Mchele kilo 5 850\n2.Unga kilo 2 210\n3.Maharagwe kilo 1 160\n98.Zaidi 0.Rudi"),
		heard(Turn(next(), juma, dialogue.SMS, dialogue.ClassAsk, "plz 2 rice na sabuni tatu", "rice: unataka ipi?\n1.Mchele kilo 1 180\n2.Mchele kilo 5 850\n3.Mchele kilo 25 4,100\n0.Rudi 00.Mwanzo")),
		offer(Turn(next(), asha, dialogue.SMS, dialogue.ClassSell, "SELL 50 KG MAIZE 30", "Asante. Tumeandika kwamba unauza. Ukitaka kununua, tuma MENU.")),
		Turn(next(), otieno, dialogue.SMS, dialogue.ClassUnknown, "niaje bro uko wapi leo", "Samahani, hatukuelewa. Tuma MENU kuona bidhaa, au HELP kwa msaada."),
		Turn(next(), juma, dialogue.SMS, dialogue.ClassHint, "9", "Chagua 1 hadi 3.\n1.Mchele kilo 1 180\n2.Mchele kilo 5 850\n3.Mchele kilo 25 4,100"),
		order(Turn(next(), amina, dialogue.SMS, dialogue.ClassOrder, "1", "Oda 10001 imepokelewa. Namba ya kuchukulia 4821. Tutakutumia ujumbe ikithibitishwa.")),
		Status(next(), amina, "10", gateway.Sent, ""),
		order(Notice(next(), amina, "Oda 10001 imethibitishwa. Lipa KES 1,700 ukichukua Mama Njeri's shop, Kiambogo. Namba 4821. Asante!")),
		Status(next(), amina, "12", gateway.Sent, ""),
		Status(next(), amina, "12", gateway.Delivered, ""),
		Notice(next(), asha, "Order 10002 is ready at Kwa Otieno, Ugunja."),
		Status(next(), asha, "15", gateway.Retrying, "The carrier has a fault of its own; nothing to do unless it lasts."),
		Status(next(), asha, "15", gateway.Failed, "The number +255754123456 is not in service; ask for another."),
		Turn(next(), "+971501234567", dialogue.SMS, dialogue.ClassAsk, "دلو ١٠ لتر وممحاة ٢", "طلبك:\nدلو ١٠ لتر × ١\nممحاة × ٢\n1.تأكيد\n2.تغيير"),
		Notice(next(), otieno, "Duka lako sasa ni Kwa Otieno, Ugunja."),
		Status(next(), otieno, "19", gateway.Held, "The day's budget of the channel is used up; it goes out tomorrow."),
		Turn(next(), juma, dialogue.SMS, dialogue.ClassScreen, "2", "2 x Mchele kilo 5 = 1,700\n3 x Sabuni ya mche = 450\nJumla KES 2,150\n1.Thibitisha\n2.Badilisha"),
		Turn(next(), amina, dialogue.USSD, dialogue.ClassStart, "", "Una kikapu:\nMchele kilo 5 x 2\n1.Endelea\n2.Anza upya"),
		Turn(next(), amina, dialogue.USSD, dialogue.ClassScreen, "1", "Oda yako:\n2 x Mchele kilo 5 = 1,700\nChukua Mama Njeri's shop\n1.Thibitisha\n0.Rudi"),
	}
}
