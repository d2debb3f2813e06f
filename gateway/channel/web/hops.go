package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// What the carriers share that ask for one USSD hop a request: the code that was
// dialled, and the ids of hops.

var codeForm = regexp.MustCompile(`^\*[0-9]+(\*[0-9]+)*#$`)

// CheckCode checks a channel's service_code.
func CheckCode(channel, code string) error {
	if codeForm.MatchString(code) {
		return nil
	}
	return fmt.Errorf("channel %s: service_code must be the code that opens the market, in quotes, such as \"*384*1#\"", channel)
}

// Dialled is what was dialled beyond a service code: "101*2" of *384*101*2#. It
// is empty where the code alone was dialled, and where nothing tells what stands
// beyond it: no code is known, or the string begins with another one. Carriers
// that send what stands beyond the code without the code are understood too.
func Dialled(code, dialled string) string {
	code, whole := bare(code), bare(dialled)
	rest, further := strings.CutPrefix(whole, code+"*")
	switch {
	case code == "" || whole == code:
		return ""
	case further:
		return rest
	case strings.HasPrefix(dialled, "*"):
		return ""
	}
	return dialled
}

// bare is a code without what stands around it, so that "*384*1#", "384*1" and
// "384*1#" are the same. Wide signs have been seen in place of * and #.
func bare(code string) string {
	return strings.Trim(strings.NewReplacer("#", "*", "＃", "*", "＊", "*").Replace(strings.TrimSpace(code)), "*")
}

// HopID is the id of a hop from the carrier's session and what tells the hop
// from the session's others, 64 characters at most. It is an id by [IsID] if
// both are.
func HopID(session, hop string) string {
	if len(session)+1+len(hop) > maxID {
		session = Digest(session)
	}
	return session + "#" + hop
}

// Digest stands for what is too long, or too private, to be a part of an id.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// Hops gives ids to the hops of carriers that number none. Such a carrier's
// repeat looks like the next hop with an equal answer. It is a repeat if the
// text is equal and the hop before is still being answered, or was answered less
// than a blink ago: nobody can answer a screen that they have not seen. Anything
// else is a hop of its own, so that no answer is ever lost; the price is that a
// repeat that comes late, or to another process, counts as an answer given twice.
type Hops struct {
	// Now is the clock; tests set it.
	Now func() time.Time

	mu     sync.Mutex
	seed   maphash.Seed
	latest *lru.Cache[string, *hop]
}

// hop is the latest hop of a session.
type hop struct {
	id       string
	text     uint64 // a hash: a text may be long
	open     int    // requests that are being answered
	answered time.Time
}

const (
	// maxSessions is how many sessions are remembered, about 300 bytes each. A
	// session lasts three minutes at most.
	maxSessions = 8192
	// blink is shorter than a network needs to show a screen and bring the answer.
	blink = time.Second
)

// NewHops makes a memory of hops.
func NewHops() *Hops {
	latest, err := lru.New[string, *hop](maxSessions)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &Hops{Now: time.Now, seed: maphash.MakeSeed(), latest: latest}
}

// Enter gives the id of the hop that a request is. The caller calls leave when
// it has the answer.
func (h *Hops) Enter(session, text string) (id string, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, sum := h.Now(), maphash.String(h.seed, text)
	last, ok := h.latest.Get(session)
	if !ok || last.text != sum || last.open == 0 && now.Sub(last.answered) >= blink {
		// The time tells hops apart even where this process has forgotten, or never
		// heard of, the ones before.
		last = &hop{id: HopID(session, strconv.FormatInt(now.UnixNano(), 36)), text: sum}
		h.latest.Add(session, last)
	}
	last.open++
	return last.id, func() { h.leave(last) }
}

func (h *Hops) leave(answered *hop) {
	h.mu.Lock()
	defer h.mu.Unlock()
	answered.open--
	if answered.answered.IsZero() {
		answered.answered = h.Now()
	}
}
