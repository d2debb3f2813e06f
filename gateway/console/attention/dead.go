package attention

import "context"

// ReplayDead gives a dead letter to its readers once more.
func (d *Desk) ReplayDead(ctx context.Context, seq uint64) error {
	d.forgetCounts()
	return d.Dead.Replay(ctx, seq)
}

// DropDead takes out a dead letter.
func (d *Desk) DropDead(ctx context.Context, seq uint64) error {
	d.forgetCounts()
	return d.Dead.Drop(ctx, seq)
}
