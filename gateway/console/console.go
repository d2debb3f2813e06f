// Package console is the operators' pages: the message log as it happens, each
// phone's conversation, and the record of who looked. The server renders all of
// it; what is new comes to a page as server-sent events. It only reads: what it
// shows comes from the index of the message log.
package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/alert"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
	"haat/orders"
)

// Sessions tells where a phone is in the dialogue: its latest turn, with
// sequence 0 where it never had one.
type Sessions interface {
	Last(ctx context.Context, p gateway.Phone) (gateway.Turn, uint64, error)
}

// People tells what is remembered of a phone's owner.
type People interface {
	Profile(ctx context.Context, p gateway.Phone) (dialogue.Profile, error)
}

// Language is one that phones are spoken with.
type Language struct{ Code, Name string }

// Config is what a console needs.
type Config struct {
	Index     index.Reader
	Gate      account.Gate
	Sessions  Sessions
	People    People
	Talk      Talk         // nil: operators only look on
	Writers   []Writer     // the channels by which operators can write
	Desk      gateway.Desk // tells of a phone's orders; nil: only what the phone was told is shown
	Attention Attention    // nil: there is no page of what needs it
	Orders    Orders       // nil: there are no pages of orders
	Catalog   *CatalogRoom // nil: there are no pages of the catalogue
	Figures   Figures      // of the overview; nil: there is none
	Alerts    *alert.Watch // nil: there are none
	Views     Views        // nil: none can be saved
	Practice  Practice     // nil: there is no channel to practise on
	Metrics   *Metrics     // nil counts nothing
	Logger    zerolog.Logger

	Operators Operators                         // nil: operators are managed by commands only
	OIDC      bool                              // operators may sign in by OpenID Connect, and can be linked to it
	Key       []byte                            // of the tokens that stand for phones in addresses: see [OpenKey]
	Region    string                            // where numbers without a country are from, an ISO 3166 code such as "KE"
	Channels  []string                          // their names, for the filters
	Languages []Language                        // of the phones, for the filters
	Stations  []orders.Station                  // for the filters
	Zone      *time.Location                    // in which times are shown; nil: the machine's
	Demo      bool                              // says on every page that this is a demo
	PublicURL string                            // where operators reach the console; https makes its cookies secure
	Version   string                            // of haat
	Now       func() time.Time                  // nil: time.Now
	PushEvery time.Duration                     // the least time between two pushes to a page; 0: 250 ms
	Product   func(language, sku string) string // a product's name; nil: its SKU
}

// pushEvery is how often a page hears of news at most: faster nobody can read.
const pushEvery = 250 * time.Millisecond

// Console serves the pages.
type Console struct {
	Config
	tokens   *tokens
	texts    *texts
	pages    *pages
	files    *files
	counters counters
	closing  chan struct{} // closed when the streams shall end
	close    sync.Once
	streams  chan struct{} // holds one for each open stream
	exports  exports
	practice practice
}

// New returns a console. Its Index, Gate, Sessions, People and Key are needed.
func New(cfg Config) (*Console, error) {
	if cfg.Index == nil || cfg.Gate == nil || cfg.Sessions == nil || cfg.People == nil {
		return nil, errors.New("console: Index, Gate, Sessions and People are needed")
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.PushEvery == 0 {
		cfg.PushEvery = pushEvery
	}
	if cfg.Product == nil {
		cfg.Product = func(_, sku string) string { return sku }
	}
	c := &Console{Config: cfg, closing: make(chan struct{}), streams: make(chan struct{}, maxStreams), exports: exports{turn: make(chan struct{}, 1)}}
	var err error
	if c.tokens, err = newTokens(cfg.Key); err != nil {
		return nil, err
	}
	if c.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if c.files, err = loadFiles(); err != nil {
		return nil, err
	}
	if c.pages, err = loadPages(c.texts, c.files); err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends all streams, so that a server that shuts down need not wait for
// pages that are open.
func (c *Console) Close() { c.close.Do(func() { close(c.closing) }) }

// secure tells whether operators come by https, so that cookies may demand it.
func (c *Console) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// fail logs an error of ours and tells the operator what to do. It names no
// details: they may hold what is nobody's business.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // the page was left
		return
	}
	c.Logger.Error().Err(err).Str("page", r.Pattern).Msg("a page of the console cannot be shown")
	c.problem(w, r, http.StatusServiceUnavailable, "problem.ours")
}
