package dialogue

import (
	"slices"
	"strconv"
	"strings"

	"haat/gateway/parse"
	"haat/gateway/screen"
)

// What a session may hold of the questions about an order.
const (
	maxQuestions  = 8
	maxCandidates = 30  // of one question
	maxWords      = 40  // characters of what was typed that are repeated to its writer
	maxHeard      = 300 // characters of what was understood
)

// clip makes one short line of what was typed.
func clip(s string) string {
	runes := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " "))
	return string(runes[:min(len(runes), maxWords)])
}

// tidyQuestions leaves out what is not sold, or not any more, and questions of
// which nothing is left.
func tidyQuestions(list []Question, w *World) []Question {
	var kept []Question
	for _, q := range list[:min(len(list), maxQuestions)] {
		q.Candidates = slices.Clone(q.Candidates[:min(len(q.Candidates), maxCandidates)])
		q.Candidates = slices.DeleteFunc(q.Candidates, func(sku string) bool {
			_, ok := w.Catalog.BySKU(sku)
			return !ok
		})
		q.Words = clip(q.Words)
		if q.Qty < 0 || q.Qty > MaxQty {
			q.Qty = 0
		}
		if len(q.Candidates) > 0 {
			kept = append(kept, q)
		}
	}
	return kept
}

// counts tells whether a question is about the quantity alone.
func (q Question) counts() bool { return len(q.Candidates) == 1 && q.Qty == 0 }

// ask puts the first open question, or goes on to check out when none is open.
func (t *talk) ask() {
	switch {
	case len(t.s.Questions) == 0 && len(t.s.Basket.Lines) == 0:
		t.menu()
	case len(t.s.Questions) == 0:
		t.checkOut()
	case t.s.Questions[0].counts():
		t.enter(stateCount, t.s.Questions[0].Candidates[0])
	default:
		t.enter(stateWhich, strconv.Itoa(len(t.s.Questions)))
	}
}

// questionFooting leaves the screen of a question that is no longer the one to be
// put: what it was about is not sold any more.
func (t *talk) questionFooting() {
	if len(t.s.Questions) == 0 {
		t.enter(stateBasket, "")
		return
	}
	was := t.s
	if t.ask(); t.s.State == was.State && t.s.Focus == was.Focus {
		t.s = was
	}
}

// inquire keeps the questions of a text. A question about the same goods as an
// open one takes its place, so that a text that comes twice asks once.
func (t *talk) inquire(questions []parse.Question) {
	for _, asked := range questions {
		q := Question{Candidates: asked.Candidates, Qty: asked.Qty, Words: asked.Words}
		at := slices.IndexFunc(t.s.Questions, func(open Question) bool { return slices.Equal(open.Candidates, q.Candidates) })
		if at < 0 {
			t.s.Questions = append(t.s.Questions, q)
			continue
		}
		if q.Qty == 1 { // which is also what a word alone says: "rice"
			q.Qty = max(t.s.Questions[at].Qty, 1)
		}
		t.s.Questions[at] = q
	}
	t.s.Questions = tidyQuestions(t.s.Questions, t.w)
}

// settle takes the open questions away that a text answers by naming one of their
// goods. Who is asked which two bags of rice it shall be and writes "rice 5kg"
// means both of them.
func (t *talk) settle(items []parse.Item) []parse.Item {
	items = slices.Clone(items)
	for i, item := range items {
		at := slices.IndexFunc(t.s.Questions, func(q Question) bool { return slices.Contains(q.Candidates, item.SKU) })
		if at < 0 {
			continue
		}
		if item.Qty == 1 {
			items[i].Qty = max(t.s.Questions[at].Qty, 1)
		}
		t.s.Questions = slices.Delete(t.s.Questions, at, at+1)
	}
	return items
}

// dropQuestion leaves what is asked out of the order.
func (t *talk) dropQuestion() {
	t.s.Questions = t.s.Questions[1:]
	t.ask()
}

func (t *talk) whichDraft() screen.Draft {
	q, say := t.s.Questions[0], t.words()
	list := make([]string, len(q.Candidates))
	for i, sku := range q.Candidates {
		p := t.product(sku)
		list[i] = say.product(p) + " " + t.l.Amount(p.Price)
	}
	word := say.legible(q.Words, t.categoryName(t.product(q.Candidates[0]).Category))
	return screen.Draft{Title: t.l.Phrases.Which.With("word", word), Options: options(list...), Nav: t.nav()}
}

func (t *talk) whichAnswer(key string) {
	q := &t.s.Questions[0]
	i, ok := t.choose(key, len(q.Candidates))
	switch {
	case !ok:
	case q.Qty == 0:
		q.Candidates = q.Candidates[i : i+1]
		t.ask()
	default:
		t.meant(q.Candidates[i], q.Qty)
	}
}

func (t *talk) countDraft() screen.Draft { return t.quantityDraft() }

func (t *talk) countAnswer(key string) {
	if qty, ok := t.quantity(key); ok {
		t.meant(t.s.Focus, qty)
	}
}

// meant ends the first question with what was meant.
func (t *talk) meant(sku string, qty int) {
	if t.add(t.product(sku), qty) {
		t.dropQuestion()
	}
}
