package index

import (
	"testing"
	"time"
)

func TestTheIndexRestsAsTheLogGrows(t *testing.T) {
	const work = 10 * time.Millisecond
	begun := time.Now()
	for _, tt := range []struct {
		name string
		new  uint64 // messages in the second before
		want time.Duration
	}{
		{"nothing comes", 0, 0},
		{"a village", perWork / 25, work / 25},
		{"a country at noon", perWork, work},
		{"twice as many", 2 * perWork, 2 * work},
		{"a bulk notice", 50_000, maxRest * work},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b busyness
			if rest := b.rest(100, begun, work); rest != 0 {
				t.Errorf("it rests %v before it knows anything", rest)
			}
			if rest := b.rest(100+tt.new, begun.Add(time.Second), work); rest != tt.want {
				t.Errorf("it rests %v, want %v", rest, tt.want)
			}
		})
	}
	t.Run("another log begins lower", func(t *testing.T) {
		b := busyness{last: 100, at: begun}
		if rest := b.rest(5, begun.Add(time.Second), work); rest != 0 {
			t.Errorf("it rests %v", rest)
		}
	})
}

// TestOthersRestAsTheIndexDoes, as long as it is known how fast the log grows.
func TestOthersRestAsTheIndexDoes(t *testing.T) {
	const work = 10 * time.Millisecond
	for _, tt := range []struct {
		name string
		pace *busyness
		want time.Duration
	}{
		{"nothing is known", nil, 0},
		{"nothing comes", &busyness{at: time.Now()}, 0},
		{"much comes", &busyness{at: time.Now(), perSecond: 3 * perWork}, 3 * work},
		{"very much comes", &busyness{at: time.Now(), perSecond: 90 * perWork}, maxRest * work},
		{"much came a while ago", &busyness{at: time.Now().Add(-time.Minute), perSecond: 3 * perWork}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ix := &Index{}
			ix.pace.Store(tt.pace)
			if rest := ix.Rest(work); rest != tt.want {
				t.Errorf("rest %v, want %v", rest, tt.want)
			}
		})
	}
}
