package account

import (
	"context"
	"time"
)

// ForgetAttempts lets everybody try again.
func (a *Accounts) ForgetAttempts(ctx context.Context) error {
	_, err := a.db.Write.ExecContext(ctx, "DELETE FROM attempts")
	return err
}

// DiscoverNow lets the provider be asked again without waiting.
func (a *Accounts) DiscoverNow() {
	a.provider.mu.Lock()
	defer a.provider.mu.Unlock()
	a.provider.failed = time.Time{}
}
