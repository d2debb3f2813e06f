package account

import (
	"context"
	"database/sql"
	"net/http"
	"time"
)

// deviceTime is how long a browser is known; some allow cookies no longer life.
const deviceTime = 400 * 24 * time.Hour

// maxDevices is how many browsers of an operator are known; one more forgets
// the one that was used longest ago.
const maxDevices = 20

// knownDevice gives the token of the request's browser when that operator has
// signed in there before, else "".
func (a *Accounts) knownDevice(r *http.Request, name string) (string, error) {
	token := a.cookie(r, deviceCookie)
	if token == "" {
		return "", nil
	}
	var known bool
	err := a.db.Read.QueryRowContext(r.Context(), "SELECT EXISTS (SELECT 1 FROM devices WHERE token = $1 AND operator = $2 AND used > $3)",
		digest(token), folded(name), time.Now().Add(-deviceTime).UnixNano()).Scan(&known)
	if !known {
		return "", err
	}
	return token, err
}

// rememberDevice makes the request's browser a known one. A token that comes
// from elsewhere is never taken over.
func (a *Accounts) rememberDevice(w http.ResponseWriter, r *http.Request, name, known string) error {
	token := known
	if token == "" {
		token = newToken()
	}
	ctx := context.WithoutCancel(r.Context())
	err := a.db.Within(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO devices (token, operator, used) VALUES ($1, $2, $3) ON CONFLICT (token) DO UPDATE SET used = $3",
			digest(token), folded(name), time.Now().UnixNano()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM devices WHERE token IN (SELECT token FROM devices WHERE operator = $1 ORDER BY used DESC, rowid DESC LIMIT -1 OFFSET $2)",
			folded(name), maxDevices)
		return err
	})
	if err == nil {
		a.setCookie(w, r, deviceCookie, token, deviceTime)
	}
	return err
}
