package index

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// opened is an index that follows nothing: lines are put in by hand.
func opened(t testing.TB, dir string) *Index {
	t.Helper()
	path := filepath.Join(dir, "index.db")
	held, err := lock(path)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := openFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return &Index{path: path, lock: held, file: f, changed: make(chan struct{}), wipes: make(chan chan error)}
}

func (ix *Index) put(t interface{ Fatal(...any) }, ctx testing.TB, lines []messagelog.Line) {
	if len(lines) == 0 {
		return
	}
	if err := ix.file.apply(ctx.Context(), ix.done.Load(), lines); err != nil {
		t.Fatal(err)
	}
	ix.done.Store(lines[len(lines)-1].Seq)
}

func TestSearchFindsWhatAPlainLoopFinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		ix := opened(t, dir)
		defer ix.Close()
		lines := drawLines(rt)
		for rest := lines; len(rest) > 0; { // batches end anywhere
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			ix.put(rt, t, rest[:n])
			rest = rest[n:]
		}
		lines = forgetSome(rt, t, ix, lines)
		rows := plainly(lines)
		for range 12 {
			compare(rt, t, ix, rows, drawFilter(rt))
		}
	})
}

// FTS5 takes more terms that leave than came for damage. A text that replaces
// another has its grams twice where a word does.
func TestAmendedRowsLeave(t *testing.T) {
	ix := opened(t, t.TempDir())
	defer ix.Close()
	turn := func(seq, amends uint64, out string) messagelog.Line {
		e := messagelog.Entry{Seq: seq, At: begin, Kind: messagelog.KindTurn, Phone: "+254700000001", Channel: "demo", Mode: dialogue.SMS, Out: out}
		return messagelog.Line{Entry: e, Amends: amends}
	}
	ix.put(t, t, []messagelog.Line{turn(1, 0, "a"), turn(2, 0, "")})
	ix.put(t, t, []messagelog.Line{turn(3, 1, strings.Repeat("aaaaaaaaaaaaaaaaaaaa", 20))})
	if gone, err := ix.file.forget(t.Context(), 4); err != nil || gone != 2 {
		t.Errorf("%d rows have left, error %v", gone, err)
	}
}

// forgetSome lets the oldest lines leave, as the log's retention does.
func forgetSome(rt *rapid.T, t *testing.T, ix *Index, lines []messagelog.Line) []messagelog.Line {
	n := 0
	if rapid.Bool().Draw(rt, "retention") {
		n = rapid.IntRange(0, len(lines)).Draw(rt, "forgotten")
	}
	first := uint64(math.MaxInt64)
	if n < len(lines) {
		first = lines[n].Seq
	}
	if n > 0 {
		for _, l := range lines {
			// An SMS has no status under a sequence that is amended: it is not sent
			// before it is known whether it is.
			if slices.ContainsFunc(lines, func(a messagelog.Line) bool {
				return a.Amends > 0 && a.Amends < first && l.Ref == strconv.FormatUint(a.Amends, 10)
			}) {
				return lines
			}
		}
		if _, err := ix.file.forget(t.Context(), first); err != nil {
			rt.Fatal(err)
		}
	}
	return lines[n:]
}

// compare searches in pages, backwards and forwards, and counts.
func compare(rt *rapid.T, t *testing.T, ix *Index, rows []*Row, f Filter) {
	rt.Helper()
	var want []Row
	for _, r := range rows {
		if wanted(f, r) {
			want = append(want, *r)
		}
	}
	limit := rapid.IntRange(1, 20).Draw(rt, "page")
	var forwards []Row
	for after := uint64(0); ; {
		page, err := ix.After(t.Context(), f, after, limit)
		if err != nil {
			rt.Fatal(err)
		}
		forwards = append(forwards, page...)
		if len(page) < limit {
			break
		}
		after = page[limit-1].Seq
	}
	same := func(what string, got []Row) {
		rt.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("%s of %+v (-want +got):\n%s", what, f, diff)
		}
	}
	same("After", forwards)
	var backwards []Row
	for before := uint64(0); ; {
		page, err := ix.Search(t.Context(), f, before, limit)
		if err != nil {
			rt.Fatal(err)
		}
		backwards = append(backwards, page.Rows...)
		if page.Older == 0 {
			break
		}
		before = page.Older
	}
	slices.Reverse(backwards)
	same("Search", backwards)
	most := rapid.IntRange(1, 30).Draw(rt, "most")
	if n, err := ix.Count(t.Context(), f, most); err != nil || n != min(most, len(want)) {
		rt.Fatalf("Count of %+v up to %d: %d, %v, want %d", f, most, n, err, len(want))
	}
}

func turnLine(seq uint64, in, out string) messagelog.Line {
	return messagelog.Line{Entry: messagelog.Entry{Seq: seq, At: begin.Add(time.Duration(seq) * time.Second), Kind: messagelog.KindTurn, Channel: "demo", Mode: dialogue.SMS, Phone: "+254700000001", In: in, Out: out}}
}

func TestTextIsFoundInAnyScript(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		finds      []string
		not        []string
	}{
		{"English", "Rice 5 kg, two bags", []string{"rice", "RICE", "bag", "ags", "kg", "5", "two rice", "r"}, []string{"soap", "rice soap", "5kg", "ricebags"}},
		{"accents", "Café crème à Łódź, Straße, Ağaç ışık", []string{"cafe", "CAFÉ", "creme", "lodz", "strasse", "STRASSE", "agac", "isik"}, []string{"cafa"}},
		{"letters and their accents apart", "cafe\u0301", []string{"café", "cafe"}, nil},
		{"Swahili", "Ng'ombe wawili", []string{"ng'ombe", "ngombe", "NG’OMBE", "ombe"}, nil},
		{"Hausa", "ɗan ƙarfi", []string{"dan", "ƙarfi", "karfi"}, nil},
		{"Chinese", "我要两袋大米和肥皂", []string{"大米", "米", "肥皂", "两袋大米", "大米 肥皂"}, []string{"米大", "小米"}},
		{"Japanese and Korean", "お米を二つ 쌀두봉지", []string{"お米", "米", "두봉", "봉지"}, nil},
		{"Thai", "ขอข้าวสารสองถุง", []string{"ข้าว", "ข้าวสาร", "ถุง", "ขาว"}, nil},
		{"Arabic with marks", "أُرِيدُ أَرُزّ", []string{"أريد", "اريد", "أُرِيدُ", "أرز", "ارز", "رز"}, nil},
		{"Arabic without marks", "اريد ارز مدرسة علی", []string{"أُرِيدُ", "أَرُزّ", "مدرسه", "مدرسة", "على", "ار\u0640ز"}, nil},
		{"Devanagari", "चावल दो किलो ज़रूर", []string{"चावल", "किलो", "ज़रूर", "जरूर", "किल"}, []string{"साबुन"}},
		{"digits of all scripts", "٢ أرز, २ चावल, ５kg", []string{"2", "५", "5kg", "٥kg"}, []string{"7"}},
		{"numbers", "Order 10482: KES 2,150.00, code 0071", []string{"10482", "0482", "2,150", "2150.00 code"[5:], "0071"}, []string{"71482"}},
		{"emoji", "sawa 👍🏿", []string{"👍", "👍🏿"}, []string{"👎"}},
		{"what looks like syntax", `rice AND "soap" NOT x* near(a b) col:y -z ^q`, []string{"and", `"soap"`, "near(", "col:y", "x*", "-z", "^q", "NOT soap"}, []string{"rice OR oil"}},
		{"what looks like a term", "x6b7475726ex", []string{"6b74"}, []string{"x6b6ex"}},
		{"grams of two words", "abcd bcde", []string{"abcd", "bcde"}, []string{"abcde"}},
		{"nothing to look for", "??? ok", nil, []string{"?", "???", "\x00", " ", "'", "\xff"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ix := opened(t, t.TempDir())
			defer ix.Close()
			ix.put(t, t, []messagelog.Line{turnLine(1, tt.text, ""), turnLine(2, "", "unlike"), turnLine(3, "", tt.text)})
			for want, texts := range map[int][]string{2: tt.finds, 0: tt.not} {
				for _, text := range texts {
					if page, err := ix.Search(t.Context(), Filter{Text: text}, 0, 10); err != nil || len(page.Rows) != want {
						t.Errorf("%q finds %d rows, %v; want %d", text, len(page.Rows), err, want)
					}
				}
			}
		})
	}
}

func FuzzTextIsData(f *testing.F) {
	for _, text := range saidTexts {
		f.Add(text, text)
	}
	f.Add(`"`, `" OR "a`)
	ix := opened(f, f.TempDir())
	f.Cleanup(func() { _ = ix.Close() })
	seq := uint64(0)
	f.Fuzz(func(t *testing.T, said, search string) {
		said, search = strings.ToValidUTF8(said, ""), strings.ToValidUTF8(search, "")
		seq++
		ix.put(t, t, []messagelog.Line{turnLine(seq, said, "")})
		filter := Filter{Text: search}
		rows, err := ix.After(t.Context(), filter, seq-1, 1)
		if errors.Is(err, ErrText) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := wanted(filter, &Row{Entry: messagelog.Entry{In: said}}); want != (len(rows) == 1) {
			t.Errorf("%q in %q: found %v, want %v", search, said, len(rows) == 1, want)
		}
		if once := fold(said); fold(once) != once {
			t.Errorf("%q folds to %q and then to %q", said, once, fold(once))
		}
	})
}

func TestLimitsOfASearch(t *testing.T) {
	ix := opened(t, t.TempDir())
	defer ix.Close()
	var lines []messagelog.Line
	for seq := range uint64(MaxPage + 5) {
		lines = append(lines, turnLine(seq+1, "rice", ""))
	}
	ix.put(t, t, lines)
	for _, f := range []Filter{{}, {Text: "rice"}} {
		page, err := ix.Search(t.Context(), f, 0, math.MaxInt)
		if err != nil || len(page.Rows) != MaxPage || page.Older != 6 {
			t.Errorf("a page has %d rows, the next begins before %d, %v", len(page.Rows), page.Older, err)
		}
		if page, err = ix.Search(t.Context(), f, page.Older, 0); err != nil || len(page.Rows) != 1 || page.Older != 5 {
			t.Errorf("a page of nothing has %d rows, %v", len(page.Rows), err)
		}
		if rows, err := ix.After(t.Context(), f, 0, math.MaxInt); err != nil || len(rows) != MaxPage || rows[0].Seq != 1 {
			t.Errorf("After gives %d rows, %v", len(rows), err)
		}
		if rows, err := ix.After(t.Context(), f, math.MaxUint64, 1); err != nil || len(rows) != 0 {
			t.Errorf("After the last sequence gives %d rows, %v", len(rows), err)
		}
		if n, err := ix.Count(t.Context(), f, 7); err != nil || n != 7 {
			t.Errorf("counted %d up to 7, %v", n, err)
		}
	}
	for name, f := range map[string]Filter{
		"a text too long": {Text: strings.Repeat("米", MaxText+1)}, "too many words": {Text: strings.Repeat("a ", MaxWords+1)}, "a direction": {Direction: "up"},
	} {
		if _, err := ix.Search(t.Context(), f, 0, 1); !errors.Is(err, ErrText) && !errors.Is(err, ErrDirection) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := Filter{Text: strings.Repeat("abcdefghijkl ", MaxWords)[:MaxText-1]}
	if _, err := ix.Count(t.Context(), long, 1); err != nil {
		t.Errorf("the longest text: %v", err)
	}
}

// TestSearchReadsNoMoreThanAPage looks at SQLite's plans: nothing is sorted, and
// no table is read from its beginning.
func TestSearchReadsNoMoreThanAPage(t *testing.T) {
	ix := opened(t, t.TempDir())
	defer ix.Close()
	for name, f := range map[string]Filter{
		"everything": {}, "a text": {Text: "chicken"}, "two letters": {Text: "大米"}, "a phone": {Phone: "+254700000001"}, "its end": {PhoneEnd: "00001"},
		"all at once": {Text: "a", PhoneEnd: "1", Channel: "demo", Mode: dialogue.SMS, Direction: "in", Kind: messagelog.KindTurn, Status: gateway.Failed, Class: "order", Language: "zh", Station: "ST01", Errors: true},
	} {
		q, err := ask(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []span{{before: 9, newest: true}, {before: 9}} {
			for _, what := range []string{columns, "seq", "text_in, text_out"} {
				text, values := query(q, s, what)
				for _, step := range plan(t, ix, text, values...) {
					good := strings.HasPrefix(step, "SCAN terms VIRTUAL TABLE INDEX") && strings.Contains(step, "M") || strings.HasPrefix(step, "SEARCH lines USING INTEGER PRIMARY KEY")
					if !good {
						t.Errorf("%s: %s\n%s", name, step, text)
					}
				}
			}
		}
	}
	for _, text := range []string{"SELECT seq FROM lines WHERE at >= $1 ORDER BY at, seq LIMIT 1", "SELECT seq FROM lines WHERE at < $1 ORDER BY at DESC, seq DESC LIMIT 1"} {
		if steps := plan(t, ix, text, 1); len(steps) != 1 || !strings.HasPrefix(steps[0], "SEARCH lines USING COVERING INDEX lines_at") {
			t.Errorf("%s: %q", text, steps)
		}
	}
}

func plan(t *testing.T, ix *Index, text string, values ...any) (steps []string) {
	t.Helper()
	rows, err := ix.file.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, values...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}
