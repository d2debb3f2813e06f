package index

import (
	"cmp"
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
	From, To time.Time
	Step     time.Duration // how long a stretch is; 0: one for all the time
	Channel  string        // "": all
	Together bool          // the channels are added up; they are then ""
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
// counted there is none. They are exact where the time begins and ends, and each
// step, on the edges of what is kept: of minutes for the last three hours, of a
// quarter of an hour for two days, of an hour for two weeks and of six hours, in
// UTC, for 400 days. Of labels that come from texts, and of products, the rare ones
// of a day are [Others] after two days.
//
// With Most the time is one stretch, channels are taken together, and of each name
// only so many labels are given, the most frequent first; what the others come to
// has the label [Rest].
func (ix *Index) Figures(ctx context.Context, a Asked) ([]Figure, error) {
	step := int64(a.Step / time.Second)
	from, to := a.From.Unix(), a.To.Unix()
	if step > 0 && (to-from)/step > maxSteps || len(a.Names) > maxNames || len(a.Names) == 0 {
		return nil, ErrFigures
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	parts := ix.file.whole(from, to)
	if step > 0 {
		parts = ix.file.bySteps(from, to, step)
	}
	var all []Figure
	var err error
	if a.Most > 0 {
		all, err = ix.file.most(ctx, a, parts)
	} else {
		all, err = ix.file.all(ctx, a, parts, cmp.Or(step, max(1, to-from)))
	}
	if err != nil {
		return nil, ix.explain(err)
	}
	if len(all) > maxFigures {
		return nil, ErrFigures
	}
	return all, nil
}

// part is a time as one level has it.
type part struct{ span, from, to int64 }

// bySteps is a time at the longest stretches of which steps are made.
func (f *file) bySteps(from, to, step int64) []part {
	i := len(levels) - 1
	for i > 0 && (step%levels[i].span != 0 || from%levels[i].span != 0 || to%levels[i].span != 0) {
		i--
	}
	return f.kept(i, from, to)
}

// whole is a time in as few stretches as there can be: long ones, and shorter ones
// before and after them.
func (f *file) whole(from, to int64) (parts []part) {
	i := 0
	for ; i+1 < len(levels); i++ {
		next := ceiling(from, levels[i+1].span)
		if next > to {
			break
		}
		if from < next && from >= f.horizon(i) {
			parts = append(parts, part{levels[i].span, from, next})
		}
		from = next
	}
	for ; i >= 0; i-- {
		if end := floor(to, levels[i].span); end > from {
			parts = append(parts, f.kept(i, from, end)...)
			from = end
		}
	}
	return parts
}

// kept is a time at a level, and at longer stretches where that is not kept.
func (f *file) kept(i int, from, to int64) (parts []part) {
	for ; i < len(levels) && from < to; i++ {
		if begin := max(from, f.horizon(i)); begin < to {
			parts = append(parts, part{levels[i].span, begin, to})
			to = begin
		}
	}
	return parts
}

// all gives the figures of the parts.
func (f *file) all(ctx context.Context, a Asked, parts []part, step int64) (all []Figure, err error) {
	from := a.From.Unix()
	text, values := a.sql(parts, from, step)
	rows, err := f.read.QueryContext(ctx, "SELECT name, (at - ?) / ?, channel, label, sum(n) FROM ("+text+
		") GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 2, 1, 3, 4 LIMIT "+fmt.Sprint(maxFigures+1), values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one Figure
		var at int64
		if err := rows.Scan(&one.Name, &at, &one.Channel, &one.Label, &one.N); err != nil {
			return nil, err
		}
		one.At = time.Unix(from+at*step, 0).UTC()
		if one.Channel == everyChannel {
			one.Channel = ""
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// sql is what selects the rows of the parts, with its values behind those of what
// stands before it.
func (a Asked) sql(parts []part, before ...any) (string, []any) {
	where := " WHERE span = ? AND at >= ? AND at < ? AND name IN (" + strings.TrimSuffix(strings.Repeat("?,", len(a.Names)), ",") + ") AND channel "
	channel := a.Channel
	switch {
	case channel != "":
		where += "= ?"
	case a.Together || a.Most > 0:
		where, channel = where+"= ?", everyChannel
	default:
		where, channel = where+"<> ?", everyChannel
	}
	values := before
	selects := make([]string, 0, len(parts))
	for _, p := range append(parts, part{})[:max(1, len(parts))] { // of no time there is nothing
		selects = append(selects, "SELECT name, at, channel, label, n FROM figures"+where)
		values = append(values, p.span, p.from, p.to)
		for _, name := range a.Names {
			values = append(values, name)
		}
		values = append(values, channel)
	}
	return strings.Join(selects, " UNION ALL "), values
}

// most gives the most frequent labels of each name: SQL has many more to add up
// than anybody wants to see, and each that it hands over costs.
func (f *file) most(ctx context.Context, a Asked, parts []part) (all []Figure, err error) {
	text, values := a.sql(parts)
	rows, err := f.read.QueryContext(ctx, `SELECT name, label, n, whole FROM (
			SELECT name, label, sum(n) AS n, sum(sum(n)) OVER (PARTITION BY name) AS whole,
				row_number() OVER (PARTITION BY name ORDER BY sum(n) DESC, label) AS place
			FROM (`+text+`) GROUP BY name, label HAVING sum(n) <> 0)
		WHERE place <= ? ORDER BY name, place`, append(values, a.Most)...)
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
