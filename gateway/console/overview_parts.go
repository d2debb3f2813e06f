package console

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/console/plot"
	"haat/gateway/dialogue"
)

// maxListed is how many rows a list of the overview has.
const maxListed = 12

// number writes a figure: whole ones as they are, others with a digit or two.
func figureText(v float64) string {
	switch {
	case v == math.Trunc(v) && math.Abs(v) >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + "M"
	case v == math.Trunc(v):
		return withCommas(int64(v))
	case math.Abs(v) < 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// grouped writes a number with a comma before each three digits.
func withCommas(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func shareText(v float64) string {
	if share := 100 * v; share != math.Trunc(share) {
		return strconv.FormatFloat(share, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(100*v, 'f', 0, 64) + " %"
}

func majorUnits(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// moneyText writes an amount with commas, and with cents where it has some; whole
// parts of a million in short.
func moneyText(v float64) string {
	if math.Abs(v) >= 1e6 && math.Mod(v, 1e5) == 0 {
		return figureText(v)
	}
	sign, cents := "", int64(math.Round(100*math.Abs(v)))
	if v < 0 && cents > 0 {
		sign = "-"
	}
	whole := sign + withCommas(cents/100)
	if cents%100 == 0 {
		return whole
	}
	return fmt.Sprintf("%s.%02d", whole, cents%100)
}

// share is a part of a whole, not a number where there is nothing.
func shareOf(part, of float64) float64 {
	if of == 0 {
		return math.NaN()
	}
	return part / of
}

func sharesOf(part, of []float64) []float64 {
	all := make([]float64, len(part))
	for i := range part {
		all[i] = shareOf(part[i], of[i])
	}
	return all
}

func scaledBy(values []float64, by float64) []float64 {
	for i := range values {
		values[i] *= by
	}
	return values
}

var finishedStates = []string{string(gateway.Delivered), string(gateway.Failed), string(gateway.Expired)}

// change says how a number is to the one before, and in which tone.
func changeText(now, before float64, goodUp, matters bool) (text, tone string) {
	if before == 0 || now != now || before != before {
		return "", ""
	}
	by := (now - before) / before
	switch {
	case math.Abs(by) < .005:
		return "±0 %", ""
	case matters && (by > 0) == goodUp:
		tone = "good"
	case matters:
		tone = "bad"
	}
	return fmt.Sprintf("%+.0f %%", 100*by), tone
}

func (c *Console) tilesOf(k periodFigures) []figureTile {
	one := func(key string, which func(index.Figure) bool, goodUp, matters bool, narrow func(*view)) figureTile {
		now, before := float64(totalOf(k.now, which)), float64(totalOf(k.before, which))
		t := figureTile{Key: key, Value: withCommas(int64(now)), Spark: plot.Spark(k.steps(which))}
		t.Change, t.Better = changeText(now, before, goodUp, matters)
		if narrow != nil {
			t.Address = c.seen(k, narrow)
		}
		return t
	}
	delivered, all := figureOf(index.SMS, string(gateway.Delivered)), figureOf(index.SMS, finishedStates...)
	arrived := figureTile{Key: "delivered", Value: "–", Spark: plot.Spark(sharesOf(k.steps(delivered), k.steps(all))), Address: c.seen(k, func(v *view) { v.Status = string(gateway.Delivered) })}
	now := shareOf(float64(totalOf(k.now, delivered)), float64(totalOf(k.now, all)))
	if now == now {
		arrived.Value = shareText(now)
	}
	arrived.Change, arrived.Better = changeText(now, shareOf(float64(totalOf(k.before, delivered)), float64(totalOf(k.before, all))), true, true)
	tiles := []figureTile{
		one("turns", figureOf(index.Turns), true, false, func(v *view) { v.Kind = "turn" }),
		one("placed", figureOf(index.Orders, "placed"), true, true, nil),
		arrived,
		one("troubles", figureOf(index.Troubles), false, true, func(v *view) { v.Errors = true }),
		one("segments", figureOf(index.Segments), true, false, nil),
	}
	for _, each := range k.by(index.Costs, labelOf)[:min(1, len(k.by(index.Costs, labelOf)))] {
		which := figureOf(index.Costs, each.of)
		t := figureTile{Key: "cost", Value: each.of + " " + majorUnits(float64(each.n)/1e6), Spark: plot.Spark(k.steps(which))}
		t.Change, t.Better = changeText(float64(each.n), float64(totalOf(k.before, which)), false, false)
		tiles = append(tiles, t)
	}
	return tiles
}

func (c *Console) plotsOf(k periodFigures, say func(string, ...any) string) []plotView {
	minutes := k.period.step.Minutes()
	var turns, orders, arrived, troubles, costs []plot.Series
	for _, mode := range modes {
		of := func(f index.Figure) bool { return f.Name == index.Turns && strings.HasPrefix(f.Label, mode+"/") }
		turns = append(turns, plot.Series{Name: say("mode." + mode), Values: scaledBy(k.steps(of), 1/minutes)})
	}
	for _, what := range []string{"placed", "confirmed", "rejected", "cancelled"} {
		orders = append(orders, plot.Series{Name: say("ordered." + what), Values: k.steps(figureOf(index.Orders, what))})
	}
	on := func(channel string, which func(index.Figure) bool) func(index.Figure) bool {
		return func(f index.Figure) bool { return f.Channel == channel && which(f) }
	}
	for _, each := range k.by(index.SMS, channelOf) {
		arrived = append(arrived, plot.Series{Name: each.of, Values: sharesOf(k.steps(on(each.of, figureOf(index.SMS, string(gateway.Delivered)))), k.steps(on(each.of, figureOf(index.SMS, finishedStates...))))})
	}
	for _, each := range k.by(index.Troubles, channelOf) {
		troubles = append(troubles, plot.Series{Name: each.of, Values: k.steps(on(each.of, figureOf(index.Troubles)))})
	}
	for _, each := range k.by(index.Costs, labelOf) {
		costs = append(costs, plot.Series{Name: each.of, Values: scaledBy(k.steps(figureOf(index.Costs, each.of)), 1e-6)})
	}
	draw := func(key string, series []plot.Series, word func(float64) string, top float64) plotView {
		return c.picture(k, key, say("plot."+key), series, word, top)
	}
	all := []plotView{
		draw("turns", turns, figureText, 0), draw("orders", orders, figureText, 0), draw("delivered", arrived, shareText, 1),
		draw("troubles", troubles, figureText, 0), draw("cost", costs, majorUnits, 0),
	}
	all[0].Address = c.seen(k, func(v *view) { v.Kind = "turn" })
	all[2].Address = c.seen(k, func(v *view) { v.Status = string(gateway.Delivered) })
	all[3].Address = c.seen(k, func(v *view) { v.Errors = true })
	return all
}

// rowsOfList makes rows with bars that are measured by the highest.
func rowsOfList(all []labelSum, label func(string) string, address func(string) string) (rows []listRow) {
	total := int64(0)
	for _, a := range all {
		total += a.n
	}
	all = slices.DeleteFunc(all, func(a labelSum) bool { return a.of == index.Rest })
	for _, a := range all[:min(len(all), maxListed)] {
		row := listRow{Label: label(a.of), Value: withCommas(a.n), Share: shareText(math.Round(1000*shareOf(float64(a.n), float64(total))) / 1000), Bar: plot.Bar(shareOf(float64(a.n), float64(all[0].n)), 0)}
		if address != nil {
			row.Address = address(a.of)
		}
		rows = append(rows, row)
	}
	return rows
}

func (c *Console) listsOf(k periodFigures, code string, say func(string, ...any) string) []listView {
	same := func(s string) string { return maskNumbers(s, "") }
	word := func(section string) func(string) string {
		return func(s string) string { return c.texts.or(code, section+"."+s, s) }
	}
	narrow := func(set func(*view, string)) func(string) string {
		return func(value string) string {
			if value == index.Others {
				return ""
			}
			return c.seen(k, func(v *view) { set(v, value) })
		}
	}
	classOf := func(f index.Figure) string { _, class, _ := strings.Cut(f.Label, "/"); return class }
	return []listView{
		c.funnel(k, code),
		c.finishes(k),
		{Key: "products", Rows: rowsOfList(k.by(index.Products, labelOf), func(sku string) string { return c.Product(code, sku) }, nil)},
		{Key: "unmet", Rows: rowsOfList(k.by(index.Unmet, labelOf), same, narrow(func(v *view, words string) { v.Text = words }))},
		{Key: "unknown", Rows: rowsOfList(k.by(index.Unknown, labelOf), same, narrow(func(v *view, words string) { v.Text, v.Class = words, dialogue.ClassUnknown }))},
		{Key: "languages", Rows: rowsOfList(k.by(index.Languages, labelOf), c.languageName, narrow(func(v *view, l string) { v.Language = l }))},
		{Key: "classes", Rows: rowsOfList(k.by(index.Turns, classOf), word("class"), narrow(func(v *view, class string) { v.Kind, v.Class = "turn", class }))},
		{Key: "channels", Rows: rowsOfList(sumsBy(k.channels, index.Turns, channelOf), same, narrow(func(v *view, channel string) { v.Kind, v.Channel = "turn", channel }))},
		{Key: "states", Rows: rowsOfList(k.by(index.SMS, labelOf), word("state"), narrow(func(v *view, state string) { v.Status = state }))},
	}
}

func (c *Console) languageName(code string) string {
	for _, l := range c.Languages {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

// funnel shows each screen with how many visits ended there.
func (c *Console) funnel(k periodFigures, code string) listView {
	v := listView{Key: "screens", Parts: true}
	ended := map[string]int64{}
	for _, a := range k.by(index.Ended, labelOf) {
		ended[a.of] = a.n
	}
	screens := slices.DeleteFunc(k.by(index.Screens, labelOf), func(a labelSum) bool { return a.of == index.Rest })
	for _, a := range screens[:min(len(screens), maxListed+8)] {
		left := max(0, ended[a.of])
		whole := shareOf(float64(a.n), float64(screens[0].n))
		row := listRow{Label: c.texts.or(code, "screen."+a.of, a.of), Value: withCommas(a.n), Part: withCommas(left), Share: shareText(math.Round(1000*shareOf(float64(left), float64(a.n))) / 1000)}
		if row.Bar = plot.Bar(whole, whole*shareOf(float64(left), float64(a.n))); a.of == index.Ordered {
			row.Label, row.Share = c.texts.say(code, "overview.ordered"), "–"
			row.Bar = plot.Bar(whole, 0)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// finishes is how long orders took, the shortest first.
func (c *Console) finishes(k periodFigures) listView {
	n := map[string]int64{}
	total, most := int64(0), int64(0)
	for _, a := range k.by(index.Finishes, labelOf) {
		n[a.of] = a.n
		total, most = total+a.n, max(most, a.n)
	}
	v := listView{Key: "finish"}
	if total == 0 {
		return v
	}
	for i, seconds := range index.FinishSeconds {
		label := "≤ " + briefSpan(time.Duration(seconds)*time.Second)
		if i == len(index.FinishSeconds)-1 {
			label = "> " + briefSpan(time.Duration(index.FinishSeconds[i-1])*time.Second)
		}
		count := n[strconv.Itoa(seconds)]
		v.Rows = append(v.Rows, listRow{Label: label, Value: withCommas(count), Share: shareText(math.Round(1000*shareOf(float64(count), float64(total))) / 1000), Bar: plot.Bar(shareOf(float64(count), float64(most)), 0)})
	}
	return v
}

func briefSpan(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d h", d/time.Hour)
}
