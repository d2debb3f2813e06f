package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	Most     int // see [Index.Figures]; 0: all
}

// Rest is the label of what is left of a name where only the most frequent labels
// are asked for.
const Rest = "\x00"

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
//
// With Most the time is one stretch, channels are taken together, and of each name
// only so many labels are given, the most frequent first; what the others come to
// has the label [Rest].
func (ix *Index) Figures(ctx context.Context, a Asked) ([]Figure, error) {
	step := int64(a.Step / time.Second)
	from, to := a.From.Unix(), a.To.Unix()
	if step <= 0 {
		step = max(1, to-from)
	}
	if (to-from)/step > maxSteps || len(a.Names) > maxNames || len(a.Names) == 0 {
		return nil, ErrFigures
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if a.Most > 0 {
		all, err := ix.file.most(ctx, a)
		if err != nil {
			return nil, ix.explain(err)
		}
		return all, nil
	}
	text, values := a.where(step)
	text = "SELECT name, (at - $1) / $3, channel, label, sum(n) FROM figures" + text +
		" GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 2, 1, 3, 4 LIMIT " + fmt.Sprint(maxFigures+1)
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

// where is the condition of SQL, with the values of all that is numbered.
func (a Asked) where(values ...any) (string, []any) {
	text := " WHERE span IN (60, 900, 3600, 21600) AND name IN (" + strings.TrimSuffix(strings.Repeat("?,", len(a.Names)), ",") + ") AND at >= $1 AND at < $2"
	text, values = numbered(text, append([]any{a.From.Unix(), a.To.Unix()}, values...), a.Names)
	if a.Channel != "" {
		values = append(values, a.Channel)
		text += fmt.Sprintf(" AND channel = $%d", len(values))
	}
	return text, values
}

// most gives the most frequent labels of each name: SQL has many more to add up
// than anybody wants to see, and each that it hands over costs.
func (f *file) most(ctx context.Context, a Asked) (all []Figure, err error) {
	where, values := a.where(a.Most)
	rows, err := f.read.QueryContext(ctx, `SELECT name, label, n, whole FROM (
			SELECT name, label, sum(n) AS n, sum(sum(n)) OVER (PARTITION BY name) AS whole,
				row_number() OVER (PARTITION BY name ORDER BY sum(n) DESC, label) AS place
			FROM figures`+where+` GROUP BY name, label HAVING sum(n) <> 0)
		WHERE place <= $3 ORDER BY name, place`, values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	left := map[string]int64{}
	for rows.Next() {
		one, whole := Figure{At: a.From.UTC()}, int64(0)
		if err := rows.Scan(&one.Name, &one.Label, &one.N, &whole); err != nil {
			return nil, err
		}
		if _, known := left[one.Name]; !known {
			left[one.Name] = whole
		}
		left[one.Name] -= one.N
		all = append(all, one)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if left[name] != 0 {
			all = append(all, Figure{At: a.From.UTC(), Name: name, Label: Rest, N: left[name]})
		}
	}
	return all, rows.Err()
}

// numbered puts numbers in the places of names.
func numbered(text string, values []any, names []string) (string, []any) {
	for _, name := range names {
		values = append(values, name)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(values)), 1)
	}
	return text, values
}
