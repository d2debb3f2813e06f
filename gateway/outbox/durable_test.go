package outbox

import (
	"context"
	"errors"
	"testing"
)

// TestNothingIsSentBeforeItIsOnTheDisk: one wait covers all that had come out of
// the log before it, and nothing that came later.
func TestNothingIsSentBeforeItIsOnTheDisk(t *testing.T) {
	waits, fails := 0, errors.New("the disk is broken")
	var broken error
	s := &shore{}
	s.durable = func(context.Context) error {
		waits++
		s.comes(30) // comes while the disk is waited for
		return broken
	}
	s.comes(10)
	s.comes(20)
	for _, tt := range []struct {
		seq    uint64
		broken error
		waits  int
	}{
		{10, nil, 1}, {20, nil, 1}, {5, nil, 1}, {25, fails, 2}, {25, nil, 3}, {30, nil, 3}, {31, nil, 4}, {31, nil, 4},
	} {
		broken = tt.broken
		if err := s.reach(t.Context(), tt.seq); !errors.Is(err, tt.broken) || waits != tt.waits {
			t.Errorf("message %d: %v after %d waits, want %v after %d", tt.seq, err, waits, tt.broken, tt.waits)
		}
	}
}
