package index

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"haat/gateway/console/plot"
)

// level is one fineness of the figures. Each level has all of its time: what is
// counted is counted in every level, so that any time can be put together from a
// few long stretches and shorter ones at its ends.
type level struct {
	span int64         // seconds of a stretch
	keep time.Duration // age at which a stretch goes out of the file
	most int           // labels from texts that a stretch keeps for a name once it has settled; 0: all
}

// settled is the age at which the rare labels of a stretch become one, [Others].
const settled = 50 * time.Hour

// levels are those of the figures, the finest first; each span is a multiple of
// the one before.
var levels = []level{
	{plot.Minute, 3 * time.Hour, 0},
	{plot.Quarter, settled, 0},
	{plot.Hour, 15 * 24 * time.Hour, 60},
	{plot.SixHours, 400 * 24 * time.Hour, 60},
	{plot.Day, 400 * 24 * time.Hour, 100},
}

// Others is the label of all that were too rare to be kept by themselves.
const Others = "…"

// everyChannel is the channel of what all channels come to. No channel can be called so.
const everyChannel = "*"

// horizon is where a level begins: older stretches are in longer ones alone. It is
// on the edge of one of those.
func (f *file) horizon(i int) int64 {
	return floor(f.clock().Add(-levels[i].keep).Unix(), levels[min(i+1, len(levels)-1)].span)
}

func floor(at, span int64) int64 { return at - at%span }

func ceiling(at, span int64) int64 { return floor(at+span-1, span) }

// writeFigures adds what a batch has changed, in every level that has its time.
func (b *batch) writeFigures(ctx context.Context) error {
	for _, k := range b.known {
		if k.was != nil {
			b.tally.row(k.was, -1)
			b.tally.row(&k.row, 1)
		}
	}
	for _, r := range b.fresh {
		b.tally.row(r, 1)
	}
	horizons := make([]int64, len(levels))
	for i := range levels {
		horizons[i] = b.file.horizon(i)
	}
	figures := b.file.figures.into(b.tx)
	for _, s := range stretchesOf(b.tally.changes, horizons) {
		if err := figures.add(ctx, s.name, s.at, s.span, s.channel, s.label, s.n); err != nil {
			return err
		}
	}
	if err := figures.flush(ctx); err != nil {
		return err
	}
	for i, l := range levels {
		if err := settle(ctx, b.tx, l, floor(min(horizons[1], b.latest), l.span)); err != nil {
			return fmt.Errorf("figures of %d s: %w", l.span, err)
		}
		if err := b.file.age(ctx, b.tx, i, horizons[i]); err != nil {
			return fmt.Errorf("old figures of %d s: %w", l.span, err)
		}
	}
	return nil
}

// stretch is a figure of one stretch of a level.
type stretch struct {
	figure
	span, n int64
}

// stretchesOf are the stretches that changes of minutes count in, of each channel
// and of all together, in the order of the file.
func stretchesOf(changes map[figure]int64, horizons []int64) []stretch {
	type key struct {
		figure
		span int64
	}
	sums := map[key]int64{}
	for f, n := range changes {
		if n == 0 {
			continue
		}
		minute, all := f.at, f
		all.channel = everyChannel
		for i, l := range levels {
			if minute < horizons[i] {
				continue
			}
			f.at = floor(minute, l.span)
			all.at = f.at
			sums[key{f, l.span}] += n
			sums[key{all, l.span}] += n
		}
	}
	list := make([]stretch, 0, len(sums))
	for k, n := range sums {
		list = append(list, stretch{k.figure, k.span, n})
	}
	slices.SortFunc(list, func(x, y stretch) int {
		return cmp.Or(cmp.Compare(x.span, y.span), cmp.Compare(x.name, y.name), cmp.Compare(x.at, y.at), cmp.Compare(x.channel, y.channel), cmp.Compare(x.label, y.label))
	})
	return list
}

// settle makes one of the rare labels from texts, in a level's stretches before a
// time, each once.
func settle(ctx context.Context, tx *sql.Tx, l level, until int64) error {
	if l.most == 0 || until <= 0 {
		return nil
	}
	var from int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(until), 0) FROM settled WHERE span = $1", l.span).Scan(&from); err != nil || from >= until {
		return err
	}
	const rare = `(SELECT name, at, channel, label, n, row_number() OVER (PARTITION BY name, at, channel ORDER BY n DESC, label) AS place
		FROM figures WHERE span = $1 AND name IN ('products', 'unknown', 'unmet') AND at >= $2 AND at < $3 AND label <> '` + Others + `') WHERE place > $4`
	for _, do := range []string{
		"INSERT INTO figures (name, at, span, channel, label, n) SELECT name, at, $1, channel, '" + Others + "', sum(n) FROM " + rare +
			" GROUP BY name, at, channel ON CONFLICT (span, name, at, channel, label) DO UPDATE SET n = n + excluded.n",
		"DELETE FROM figures WHERE span = $1 AND (name, at, channel, label) IN (SELECT name, at, channel, label FROM " + rare + ")",
	} {
		if _, err := tx.ExecContext(ctx, strings.ReplaceAll(do, "\n\t\t", " "), l.span, from, until, l.most); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO settled (span, until) VALUES ($1, $2) ON CONFLICT (span) DO UPDATE SET until = excluded.until", l.span, until)
	return err
}

// age takes a level's stretches out of the file that it no longer keeps.
func (f *file) age(ctx context.Context, tx *sql.Tx, i int, horizon int64) error {
	if f.aged[i] == horizon {
		return nil
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM figures WHERE span = $1 AND at < $2", levels[i].span, horizon)
	if err == nil {
		f.aged[i] = horizon
	}
	return err
}
