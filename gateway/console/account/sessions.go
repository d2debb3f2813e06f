package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/alexedwards/scs/v2"

	"haat/gateway/console/store"
)

// How long a session lasts.
const (
	IdleTime    = 8 * time.Hour      // without a page being asked for; live streams do not count
	SessionTime = 7 * 24 * time.Hour // in all
)

// MaxSessions is how many sessions an operator may have; one more ends the one
// that would have ended first.
const MaxSessions = 20

// touchEvery is how exactly the last use of a session is known: not each
// request shall cost a write.
const touchEvery = time.Minute

// What a session holds.
const (
	inOperator = "operator" // the folded name
	inStamp    = "stamp"    // the operator's when they signed in
)

// newSessions manages sessions. It is not made by scs.New, which starts a
// goroutine for a store in memory.
func newSessions(db *store.Store) *scs.SessionManager {
	return &scs.SessionManager{
		IdleTimeout: IdleTime, Lifetime: SessionTime, HashTokenInStore: true,
		Codec: scs.GobCodec{}, Store: sessionStore{db},
	}
}

// begin makes a session of its own for who has just signed in, whatever came in
// the cookie: who had planted that knows nothing of the new one.
func (a *Accounts) begin(w http.ResponseWriter, r *http.Request, o operator) error {
	a.endSession(r)
	ctx, err := a.sessions.Load(r.Context(), "")
	if err != nil {
		return err
	}
	a.sessions.Put(ctx, inOperator, folded(o.Name))
	a.sessions.Put(ctx, inStamp, o.stamp)
	token, _, err := a.sessions.Commit(ctx)
	if err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	a.setCookie(w, r, sessionCookie, token, SessionTime)
	return nil
}

// endSession ends the session of a request, if it has one.
func (a *Accounts) endSession(r *http.Request) {
	token := a.cookie(r, sessionCookie)
	if token == "" {
		return
	}
	ctx, err := a.sessions.Load(r.Context(), token)
	if err == nil && a.sessions.GetString(ctx, inOperator) != "" {
		err = a.sessions.Destroy(ctx)
	}
	if err != nil {
		a.cfg.Logger.Error().Err(err).Msg("a session could not be ended")
	}
}

// recognise finds whose session a token is, and gives the session's context;
// ErrNotFound where it is nobody's any more.
func (a *Accounts) recognise(ctx context.Context, token string) (operator, context.Context, error) {
	if token == "" {
		return operator{}, ctx, ErrNotFound
	}
	ctx, err := a.sessions.Load(ctx, token)
	if err != nil {
		return operator{}, ctx, err
	}
	name := a.sessions.GetString(ctx, inOperator)
	if name == "" {
		return operator{}, ctx, ErrNotFound
	}
	o, err := a.find(ctx, name)
	if err == nil && o.stamp != a.sessions.GetString(ctx, inStamp) {
		err = ErrNotFound
	}
	return o, ctx, err
}

// endSessions ends all sessions of an operator. The new stamp, or that the
// operator is gone, has ended them already; this clears them away.
func endSessions(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE operator = $1", folded(name))
	return err
}

// sessionStore keeps sessions for scs, by the hashes of their tokens.
type sessionStore struct{ db *store.Store }

var _ scs.CtxStore = sessionStore{}

// FindCtx implements scs.CtxStore.
func (s sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.db.Read.QueryRowContext(ctx, "SELECT data FROM sessions WHERE token = $1 AND ended = 0 AND expires > $2", token, time.Now().UnixNano()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("looking up a session: %w", err)
	}
	return data, true, nil
}

// CommitCtx implements scs.CtxStore. A session that was ended stays ended, also
// when a request that had begun before comes to its end now.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("reading a session: %w", err)
	}
	if s.fresh(ctx, token, values, expiry) {
		return nil
	}
	name, _ := values[inOperator].(string)
	err = s.db.Within(ctx, func(tx *sql.Tx) error {
		for _, do := range []struct {
			text string
			with []any
		}{
			{"DELETE FROM sessions WHERE expires <= $1", []any{time.Now().UnixNano()}},
			{`INSERT INTO sessions (token, operator, data, expires) VALUES ($1, $2, $3, $4)
				ON CONFLICT (token) DO UPDATE SET operator = $2, data = $3, expires = $4 WHERE ended = 0`,
				[]any{token, name, data, expiry.UnixNano()}},
			{`DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE operator = $1 ORDER BY expires DESC, rowid DESC LIMIT -1 OFFSET $2)`,
				[]any{name, MaxSessions}},
		} {
			if _, err := tx.ExecContext(ctx, do.text, do.with...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}

// fresh tells whether a session is kept already and nearly as long.
func (s sessionStore) fresh(ctx context.Context, token string, values map[string]any, expiry time.Time) bool {
	var kept []byte
	var expires int64
	err := s.db.Read.QueryRowContext(ctx, "SELECT data, expires FROM sessions WHERE token = $1", token).Scan(&kept, &expires)
	if err != nil || expiry.Sub(time.Unix(0, expires)) >= touchEvery {
		return false
	}
	_, same, err := scs.GobCodec{}.Decode(kept) // the bytes differ: a map has no order
	return err == nil && reflect.DeepEqual(same, values)
}

// DeleteCtx implements scs.CtxStore.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	if _, err := s.db.Write.ExecContext(ctx, "UPDATE sessions SET ended = 1 WHERE token = $1", token); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// Find implements scs.Store.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
