package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway/lang"
)

// phones are many villagers with basic phones, and the carrier that repeats
// whatever it got no answer to.
type phones struct {
	t         *testing.T
	url       string
	client    *http.Client
	languages *lang.Set
	record    record
	dark      atomic.Bool // the power is off: what is still answered reaches nobody
	closing   atomic.Bool // no further villagers come
	gone      context.CancelFunc
	everybody sync.WaitGroup
}

const (
	hands       = 24 // villagers at once
	carrierWait = 10 * time.Second
	repeatPause = 25 * time.Millisecond
	patience    = 2 * time.Minute // a carrier gives a message up after that
	mostOrders  = 8               // of one villager
)

// startPhones lets villagers come until finish or abandon is called.
func startPhones(t *testing.T, haat *program) *phones {
	t.Helper()
	ctx, gone := context.WithCancel(context.Background())
	p := &phones{
		t: t, url: haat.url(), languages: haat.languages, gone: gone,
		client: &http.Client{Timeout: carrierWait, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * hands}},
	}
	seed := rand.Uint64()
	t.Logf("the villagers' seed is %d", seed)
	for hand := range hands {
		p.everybody.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(hand)))
			for n := 0; !p.closing.Load() && ctx.Err() == nil; n++ {
				v := &villager{phones: p, ctx: ctx, dice: dice, number: fmt.Sprintf("+2547%02d%06d", hand, n), words: p.languages.Get([]string{"en", "sw"}[dice.IntN(2)])}
				if err := v.live(); err != nil && ctx.Err() == nil {
					t.Errorf("a villager got lost: %v", err)
					return
				}
			}
		})
	}
	t.Cleanup(p.abandon)
	return p
}

// finish lets the villagers who are there finish what they are doing.
func (p *phones) finish() {
	p.closing.Store(true)
	p.everybody.Wait()
	p.client.CloseIdleConnections()
}

// abandon breaks everything off.
func (p *phones) abandon() {
	p.gone()
	p.finish()
}

// message is one text from a phone, as its carrier hands it on.
type message struct {
	phone, id, typed string
	ussd             bool
	form             url.Values
}

var errGivenUp = errors.New("the carrier gave a message up")

// send hands a message on until it is answered.
func (p *phones) send(ctx context.Context, m message) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		answer, err = p.try(ctx, m)
		if err == nil {
			p.record.add(m, answer)
			return answer, nil
		}
		select {
		case <-time.After(repeatPause):
		case <-ctx.Done():
			return "", errors.Join(errGivenUp, err)
		}
	}
}

// try hands a message on once. Without an error it was acknowledged.
func (p *phones) try(ctx context.Context, m message) (answer string, err error) {
	leaf := "/channels/demo/sms"
	if m.ussd {
		leaf = "/channels/demo/ussd"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+leaf, strings.NewReader(m.form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", err
	case p.dark.Load():
		return "", errors.New("the power is off")
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s: %s", resp.Status, body)
	case p.apology(string(body)):
		return "", errors.New("an apology")
	}
	return string(body), nil
}

func (p *phones) apology(answer string) bool {
	for _, l := range p.languages.Languages() {
		if answer == "END "+l.Phrases.Apology.String() {
			return true
		}
	}
	return false
}

// record is what carriers hold against haat: every message that it has
// acknowledged, with the answer.
type record struct {
	mu       sync.Mutex
	messages []acknowledged
}

type acknowledged struct {
	message
	answer string
}

func (r *record) add(m message, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, acknowledged{m, answer})
}

// all is the record until now. A message that was repeated is there repeatedly.
func (r *record) all() []acknowledged {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.messages[:len(r.messages):len(r.messages)]
}

// villager is one phone and who holds it.
type villager struct {
	*phones
	ctx    context.Context
	dice   *rand.Rand
	number string
	words  *lang.Language // that the villager chooses by USSD
	calls  int
	texts  int
	placed int  // orders
	known  bool // the station was answered once

	session string
	typed   []string
	screen  string // what the phone shows
	latest  []message
}

// live is some orders of one villager, most by USSD. Some hang up instead of
// confirming and never come back.
func (v *villager) live() error {
	if v.chance(4) {
		return v.orderBySMS()
	}
	for range 1 + v.dice.IntN(mostOrders) {
		if hungUp, err := v.orderByUSSD(); err != nil || hungUp || v.placed == mostOrders {
			return err
		}
	}
	if v.chance(3) && v.placed < mostOrders {
		return v.orderBySMS()
	}
	return nil
}

// chance is true once in n times.
func (v *villager) chance(n int) bool { return v.dice.IntN(n) == 0 }

// orderByUSSD walks from dialling to the confirmation.
func (v *villager) orderByUSSD() (hungUp bool, err error) {
	p, brief := &v.words.Phrases, &v.words.Brief().Phrases // a small screen says less
	if err := v.dial(); err != nil {
		return false, err
	}
	for _, first := range []string{v.words.Name, p.StartAgain.String(), brief.StartAgain.String()} {
		if key, asked := v.key(first); asked {
			if err := v.press(key); err != nil {
				return false, err
			}
		}
	}
	steps := []func() error{
		func() error { return v.choose(p.MenuShop, brief.MenuShop) },
		func() error { return v.press("1") },
		func() error { return v.press(strconv.Itoa(1 + v.dice.IntN(6))) },
		func() error { return v.press(strconv.Itoa(1 + v.dice.IntN(3))) },
		func() error { return v.choose(p.CheckOut, brief.CheckOut) },
		v.chooseStation,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return false, err
		}
		v.nag()
	}
	if v.chance(10) {
		return true, nil
	}
	return false, v.confirm()
}

// chooseStation answers the question for the station, if it is asked.
func (v *villager) chooseStation() error {
	if !v.shows(v.words.Phrases.StationTitle, v.words.Brief().Phrases.StationTitle) {
		return nil
	}
	v.known = true
	return v.press(strconv.Itoa(1 + v.dice.IntN(4)))
}

// confirm orders what the confirm screen says. Of those who are told that there
// is not enough, half take what is left, if anything is.
func (v *villager) confirm() error {
	p, brief := &v.words.Phrases, &v.words.Brief().Phrases // a small screen says less
	for {
		if err := v.choose(p.Confirm, brief.Confirm); err != nil {
			return err
		}
		v.placed++
		v.nag()
		if !v.shows(p.ShortTitle, brief.ShortTitle) || v.placed == mostOrders || v.chance(2) {
			return nil
		}
		if err := v.choose(p.TakeLeft, brief.TakeLeft); err != nil {
			return err
		}
		if !v.shows(p.ConfirmTitle, brief.ConfirmTitle) { // nothing is left
			return nil
		}
	}
}

// dial begins a session.
func (v *villager) dial() error {
	v.calls++
	v.session = "call-" + v.number[1:] + "-" + strconv.Itoa(v.calls)
	v.typed = nil
	return v.hop()
}

// shows tells whether the phone's screen has one of the phrases.
func (v *villager) shows(phrases ...lang.Phrase) bool {
	return slices.ContainsFunc(phrases, func(p lang.Phrase) bool { return strings.Contains(v.screen, p.String()) })
}

// key finds the key of a choice on the screen.
func (v *villager) key(label string) (key string, ok bool) {
	for line := range strings.SplitSeq(v.screen, "\n") {
		if key, ok = strings.CutSuffix(line, "."+label); ok {
			return key, true
		}
	}
	return "", false
}

// choose presses the key of a choice, which must be on the screen under one of
// its labels.
func (v *villager) choose(labels ...lang.Phrase) error {
	for _, label := range labels {
		if key, ok := v.key(label.String()); ok {
			return v.press(key)
		}
	}
	return fmt.Errorf("%q cannot be chosen on the screen after %q:\n%s", labels[0].String(), v.typed, v.screen)
}

// press types an answer in the session.
func (v *villager) press(key string) error {
	v.typed = append(v.typed, key)
	return v.hop()
}

// hop sends all that was typed in the session, as Africa's Talking does. Some
// carriers are impatient and repeat while the answer is on its way.
func (v *villager) hop() error {
	text := strings.Join(v.typed, "*")
	m := message{phone: v.number, id: v.session + "#" + text, ussd: true, form: url.Values{
		"sessionId": {v.session}, "serviceCode": {"*384#"}, "phoneNumber": {v.number}, "text": {text},
	}}
	if n := len(v.typed); n > 0 {
		m.typed = v.typed[n-1]
	}
	if v.chance(12) {
		v.everybody.Go(func() { _, _ = v.send(v.ctx, m) })
	}
	answer, err := v.send(v.ctx, m)
	if err != nil {
		return fmt.Errorf("call %s: %w", m.id, err)
	}
	v.remember(m)
	screen, more := strings.CutPrefix(answer, "CON ")
	if !more {
		var end bool
		if screen, end = strings.CutPrefix(answer, "END "); !end {
			return fmt.Errorf("the answer begins with neither CON nor END: %q", answer)
		}
	}
	v.screen = screen
	return nil
}

// orderBySMS texts an order, a station where one is asked for, and confirms.
func (v *villager) orderBySMS() error {
	texts := []string{fmt.Sprintf("RICE5 %d SOAP %d", 1+v.dice.IntN(2), 1+v.dice.IntN(4))}
	if v.chance(3) {
		texts[0] = "ORDER SOAPBOX 2, TEA100 1"
	}
	if !v.known {
		texts = append(texts, strconv.Itoa(1+v.dice.IntN(4)))
	}
	for _, text := range append(texts, "1") {
		v.texts++
		id := "text-" + v.number[1:] + "-" + strconv.Itoa(v.texts)
		m := message{phone: v.number, id: id, typed: text, form: url.Values{"id": {id}, "from": {v.number}, "to": {"384"}, "text": {text}}}
		if _, err := v.send(v.ctx, m); err != nil {
			return fmt.Errorf("SMS %s: %w", id, err)
		}
		v.remember(m)
		v.nag()
	}
	return nil
}

func (v *villager) remember(m message) {
	const kept = 4 // the gateway knows more than that
	v.latest = append(v.latest, m)
	v.latest = v.latest[max(0, len(v.latest)-kept):]
}

// nag lets the carrier repeat, now and then, a message that was answered.
func (v *villager) nag() {
	if v.chance(10) {
		_, _ = v.send(v.ctx, v.latest[v.dice.IntN(len(v.latest))])
	}
}
