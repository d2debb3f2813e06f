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

// level is one fineness of the figures.
type level struct {
	span int64         // seconds of a stretch
	keep time.Duration // age at which a stretch goes into the next level, or out of the file
}

// levels are those of the figures, the finest first. Each holds its part of the
// time alone, so that a sum over all of them counts everything once.
var levels = []level{
	{plot.Minute, 3 * time.Hour},
	{plot.Quarter, 50 * time.Hour},
	{plot.Hour, 15 * 24 * time.Hour},
	{plot.SixHours, 400 * 24 * time.Hour},
}

// horizon is where a level begins: older stretches are in the next one. It is on
// the edge of a stretch of that one.
func (f *file) horizon(i int) int64 {
	edge := levels[min(i+1, len(levels)-1)].span
	at := f.clock().Add(-levels[i].keep).Unix()
	return at - at%edge
}

// placeOf is the stretch that a time counts in; false where that is out of all.
func placeOf(at int64, horizons []int64) (stretch, span int64, ok bool) {
	for i, l := range levels {
		if at >= horizons[i] {
			return at - at%l.span, l.span, true
		}
	}
	return 0, 0, false
}

// maxKinds is how many labels of one figure a stretch keeps when it grows
// longer, the most frequent ones: the others become one, [Others].
const maxKinds = 60

// Others is the label of all that were too rare to be kept by themselves.
const Others = "…"

// writeFigures adds what a batch has changed, and makes older stretches longer
// where it is time.
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
	type row struct {
		figure
		span, n int64
	}
	sums := map[figure]row{}
	for f, n := range b.tally.changes {
		at, span, ok := placeOf(f.at, horizons)
		if n == 0 || !ok {
			continue
		}
		f.at = at
		sums[f] = row{f, span, sums[f].n + n}
	}
	rows := make([]row, 0, len(sums))
	for _, r := range sums {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.at, y.at), cmp.Compare(x.channel, y.channel), cmp.Compare(x.label, y.label))
	})
	figures := b.file.figures.into(b.tx)
	for _, r := range rows {
		if err := figures.add(ctx, r.name, r.at, r.span, r.channel, r.label, r.n); err != nil {
			return err
		}
	}
	if err := figures.flush(ctx); err != nil {
		return err
	}
	return b.file.foldFigures(ctx, b.tx, horizons)
}

// foldFigures makes stretches longer that are older than their level keeps.
func (f *file) foldFigures(ctx context.Context, tx *sql.Tx, horizons []int64) error {
	for i := range levels {
		if f.folded[i] == horizons[i] {
			continue
		}
		if err := foldLevel(ctx, tx, i, horizons[i]); err != nil {
			return fmt.Errorf("figures of %d s: %w", levels[i].span, err)
		}
		f.folded[i] = horizons[i]
	}
	return nil
}

func foldLevel(ctx context.Context, tx *sql.Tx, i int, horizon int64) error {
	if i+1 < len(levels) {
		if err := lengthen(ctx, tx, levels[i].span, levels[i+1].span, horizon); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM figures WHERE span = $1 AND at < $2", levels[i].span, horizon)
	return err
}

// lengthen puts stretches together. Of those labels that come from texts a
// stretch keeps the most frequent.
func lengthen(ctx context.Context, tx *sql.Tx, from, to, horizon int64) error {
	const put = `INSERT INTO figures (name, at, span, channel, label, n)
		SELECT name, stretch, $1, channel, CASE WHEN place > $2 AND name IN ('unmet', 'unknown', 'products') THEN $3 ELSE label END AS label, sum(n) FROM (
			SELECT name, at - at % $1 AS stretch, channel, label, sum(n) AS n,
				row_number() OVER (PARTITION BY name, at - at % $1, channel ORDER BY sum(n) DESC, label) AS place
			FROM figures WHERE span = $4 AND at < $5 GROUP BY 1, 2, 3, 4)
		WHERE true GROUP BY 1, 2, 4, 5
		ON CONFLICT (span, name, at, channel, label) DO UPDATE SET n = n + excluded.n`
	_, err := tx.ExecContext(ctx, strings.ReplaceAll(put, "\n\t\t", " "), to, maxKinds, Others, from, horizon)
	return err
}
