package saved_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"haat/gateway/console/saved"
	"haat/gateway/console/store"
)

func opened(t testing.TB) *saved.Views {
	t.Helper()
	return saved.New(stored(t))
}

func stored(t testing.TB) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// names are those of what an operator sees.
func names(t testing.TB, v *saved.Views, operator string) string {
	t.Helper()
	all, err := v.Of(t.Context(), operator)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, one := range all {
		fmt.Fprintf(&b, "[%s/%s", one.Owner, one.Name)
		if one.Shared {
			b.WriteString(" shared")
		}
		if one.Home {
			b.WriteString(" home")
		}
		b.WriteString("]")
	}
	return b.String()
}

func TestLifeOfAView(t *testing.T) {
	v, ctx := opened(t), t.Context()
	mine, err := v.Save(ctx, saved.View{Owner: "amani", Name: "  Failed \n today ", Query: "since=24h&status=failed"})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := v.Save(ctx, saved.View{Owner: "baraka", Name: "Offers", Query: "class=sell", Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name          string
		do            func() error
		err           error
		amani, baraka string
	}{
		{"saved", func() error { return nil }, nil, "[amani/Failed today][baraka/Offers shared]", "[baraka/Offers shared]"},
		{"home of mine", func() error { return v.SetHome(ctx, "amani", mine) }, nil, "[amani/Failed today home][baraka/Offers shared]", "[baraka/Offers shared]"},
		{"home of theirs", func() error { return v.SetHome(ctx, "amani", theirs) }, nil, "[amani/Failed today][baraka/Offers shared home]", "[baraka/Offers shared]"},
		{"home of what they do not see", func() error { return v.SetHome(ctx, "baraka", mine) }, saved.ErrNone, "[amani/Failed today][baraka/Offers shared home]", "[baraka/Offers shared]"},
		{"renamed by another", func() error { return v.Change(ctx, "amani", theirs, "Mine", true) }, saved.ErrNone, "[amani/Failed today][baraka/Offers shared home]", "[baraka/Offers shared]"},
		{"removed by another", func() error { return v.Remove(ctx, "amani", theirs) }, saved.ErrNone, "[amani/Failed today][baraka/Offers shared home]", "[baraka/Offers shared]"},
		{"renamed and shared", func() error { return v.Change(ctx, "amani", mine, "Trouble", true) }, nil, "[amani/Trouble shared][baraka/Offers shared home]", "[baraka/Offers shared][amani/Trouble shared]"},
		{"the same name again", func() error { return v.Change(ctx, "amani", mine, "Trouble", true) }, nil, "[amani/Trouble shared][baraka/Offers shared home]", "[baraka/Offers shared][amani/Trouble shared]"},
		{"kept to themselves", func() error { return v.Change(ctx, "baraka", theirs, "Offers", false) }, nil, "[amani/Trouble shared]", "[baraka/Offers][amani/Trouble shared]"},
		{"all messages again", func() error { return v.SetHome(ctx, "amani", 0) }, nil, "[amani/Trouble shared]", "[baraka/Offers][amani/Trouble shared]"},
		{"removed", func() error { return v.Remove(ctx, "baraka", theirs) }, nil, "[amani/Trouble shared]", "[amani/Trouble shared]"},
		{"removed twice", func() error { return v.Remove(ctx, "baraka", theirs) }, saved.ErrNone, "[amani/Trouble shared]", "[amani/Trouble shared]"},
	}
	for _, step := range steps {
		if err := step.do(); !errors.Is(err, step.err) || err != nil && step.err == nil {
			t.Errorf("%s: %v, want %v", step.name, err, step.err)
		}
		if got := names(t, v, "amani"); got != step.amani {
			t.Errorf("%s: amani sees %s, want %s", step.name, got, step.amani)
		}
		if got := names(t, v, "baraka"); got != step.baraka {
			t.Errorf("%s: baraka sees %s, want %s", step.name, got, step.baraka)
		}
	}
}

func TestHome(t *testing.T) {
	v, ctx := opened(t), t.Context()
	if _, err := v.Home(ctx, "amani"); !errors.Is(err, saved.ErrNone) {
		t.Errorf("a home without a choice: %v", err)
	}
	id, err := v.Save(ctx, saved.View{Owner: "baraka", Name: "Offers", Query: "class=sell", Shared: true})
	if err = errors.Join(err, v.SetHome(ctx, "amani", id)); err != nil {
		t.Fatal(err)
	}
	if home, err := v.Home(ctx, "amani"); err != nil || home.Query != "class=sell" || !home.Home {
		t.Errorf("the home is %+v, %v", home, err)
	}
	if err := v.Change(ctx, "baraka", id, "Offers", false); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Home(ctx, "amani"); !errors.Is(err, saved.ErrNone) {
		t.Errorf("a home that is no longer shared: %v", err)
	}
	if err := errors.Join(v.SetHome(ctx, "baraka", id), v.Remove(ctx, "baraka", id)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Home(ctx, "baraka"); !errors.Is(err, saved.ErrNone) {
		t.Errorf("a home that was removed: %v", err)
	}
}

func TestNames(t *testing.T) {
	v, ctx := opened(t), t.Context()
	if _, err := v.Save(ctx, saved.View{Owner: "amani", Name: "Förmlich"}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, typed string
		err         error
	}{
		{"empty", "  ", saved.ErrName}, {"long", strings.Repeat("中", saved.MaxName+1), saved.ErrName}, {"as long as may be", strings.Repeat("中", saved.MaxName), nil},
		{"not UTF-8", "a\xff", saved.ErrName}, {"null", "a\x00", saved.ErrName}, {"turns the page's direction", "a\u202eb", saved.ErrName},
		{"taken", "Förmlich", saved.ErrTaken}, {"taken in capitals", "FÖRMLICH", saved.ErrTaken}, {"taken, decomposed", "Fo\u0308rmlich", saved.ErrTaken},
		{"markup", `<script>alert(1)</script>`, nil},
	} {
		if _, err := v.Save(ctx, saved.View{Owner: "amani", Name: tc.typed}); !errors.Is(err, tc.err) || tc.err == nil && err != nil {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.err)
		}
	}
	if _, err := v.Save(ctx, saved.View{Owner: "baraka", Name: "Förmlich"}); err != nil {
		t.Errorf("another's view may have the name: %v", err)
	}
}

func TestLimits(t *testing.T) {
	db, ctx := stored(t), t.Context()
	v := saved.New(db)
	if _, err := v.Save(ctx, saved.View{Owner: "amani", Name: "long", Query: strings.Repeat("q", saved.MaxQuery+1)}); !errors.Is(err, saved.ErrQuery) {
		t.Errorf("a long query: %v", err)
	}
	if err := db.Within(ctx, func(tx *sql.Tx) error { // at once, since each save waits for the disk
		for i := range saved.MaxShared {
			if _, err := tx.ExecContext(ctx, "INSERT INTO views (id, owner, name, folded, query, shared, made) VALUES ($1, $2, $3, $3, '', 1, 0)", i+1, fmt.Sprint("o", i/saved.MaxOwn), fmt.Sprint(i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Save(ctx, saved.View{Owner: "o0", Name: "one more"}); !errors.Is(err, saved.ErrMany) {
		t.Errorf("view %d of an operator: %v", saved.MaxOwn+1, err)
	}
	if _, err := v.Save(ctx, saved.View{Owner: "amani", Name: "one more", Shared: true}); !errors.Is(err, saved.ErrShared) {
		t.Errorf("shared view %d: %v", saved.MaxShared+1, err)
	}
	id, err := v.Save(ctx, saved.View{Owner: "amani", Name: "one more"})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Change(ctx, "amani", id, "one more", true); !errors.Is(err, saved.ErrShared) {
		t.Errorf("shared later: %v", err)
	}
	if err := v.Change(ctx, "o0", 1, "still shared", true); err != nil {
		t.Errorf("one that is shared stays so: %v", err)
	}
	if all, err := v.Of(ctx, "amani"); err != nil || len(all) != saved.MaxShared+1 {
		t.Errorf("amani sees %d views, %v", len(all), err)
	}
}
