package alert

import "context"

// TellOnce tells what is due now.
func TellOnce(ctx context.Context, w *Watch) error { return w.tellOnce(ctx) }
