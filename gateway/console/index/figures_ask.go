package index

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Figure is one figure of one stretch of time.
type Figure struct {
	At                   time.Time // the beginning of the stretch
	Name, Channel, Label string
	N                    int64
}

// Asked says which figures are wanted.
type Asked struct {
	From, To time.Time     // on edges of what is kept: see [Index.Figures]
	Step     time.Duration // how long a stretch is; 0: one for all the time
	Channel  string        // "": all
	Names    []string
}

// maxSteps and maxNames bound what is asked at once, and maxFigures what is
// given: it is far above what the overview shows.
const (
	maxSteps   = 1000
	maxNames   = 20
	maxFigures = 250_000
)

// ErrFigures says that too many figures are asked for.
var ErrFigures = errors.New("ask for fewer figures at once: a shorter time, longer steps, or one channel")

// Figures gives the figures of a time, by stretches of a step; where nothing was
// counted there is none. They are exact where the time and the steps are on the
// edges of what is kept: of minutes for the last three hours, of a quarter of an
// hour for two days, of an hour for two weeks and of six hours, in UTC, for 400
// days.
func (ix *Index) Figures(ctx context.Context, a Asked) ([]Figure, error) {
	step := int64(a.Step / time.Second)
	from, to := a.From.Unix(), a.To.Unix()
	if step <= 0 {
		step = max(1, to-from)
	}
	if (to-from)/step > maxSteps || len(a.Names) > maxNames || len(a.Names) == 0 {
		return nil, ErrFigures
	}
	text := "SELECT name, (at - $1) / $3, channel, label, sum(n) FROM figures WHERE span IN (60, 900, 3600, 21600) AND name IN (" + strings.TrimSuffix(strings.Repeat("?,", len(a.Names)), ",") + ") AND at >= $1 AND at < $2"
	values := []any{from, to, step}
	text, values = numbered(text, values, a.Names)
	if a.Channel != "" {
		values = append(values, a.Channel)
		text += fmt.Sprintf(" AND channel = $%d", len(values))
	}
	text += " GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 2, 1, 3, 4 LIMIT " + fmt.Sprint(maxFigures+1)
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	rows, err := ix.file.read.QueryContext(ctx, text, values...)
	if err != nil {
		return nil, ix.explain(err)
	}
	defer rows.Close()
	var all []Figure
	for rows.Next() {
		var f Figure
		var at int64
		if err := rows.Scan(&f.Name, &at, &f.Channel, &f.Label, &f.N); err != nil {
			return nil, ix.explain(err)
		}
		f.At = time.Unix(from+at*step, 0).UTC()
		all = append(all, f)
	}
	if err := rows.Err(); err != nil {
		return nil, ix.explain(err)
	}
	if len(all) > maxFigures {
		return nil, ErrFigures
	}
	return all, nil
}

// numbered puts numbers in the places of names.
func numbered(text string, values []any, names []string) (string, []any) {
	for _, name := range names {
		values = append(values, name)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(values)), 1)
	}
	return text, values
}
