package orders

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestActValidate(t *testing.T) {
	right := Act{ID: "a", Order: "o", What: ActCancel, By: "amani", Reason: "she called"}
	for _, tt := range []struct {
		name   string
		change func(*Act)
		good   bool
	}{
		{"right", func(*Act) {}, true},
		{"a confirmation without a reason", func(a *Act) { a.What, a.Reason = ActConfirm, "" }, true},
		{"a note of two lines", func(a *Act) { a.What, a.Reason = ActNote, "a\n\tb" }, true},
		{"as long as may be", func(a *Act) { a.Reason = strings.Repeat("米", MaxReason) }, true},
		{"no id", func(a *Act) { a.ID = "" }, false},
		{"long id", func(a *Act) { a.ID = strings.Repeat("x", 65) }, false},
		{"no order", func(a *Act) { a.Order = "" }, false},
		{"nobody", func(a *Act) { a.By = "" }, false},
		{"unknown", func(a *Act) { a.What = "collect" }, false},
		{"nothing", func(a *Act) { a.What = "" }, false},
		{"cancelled for no reason", func(a *Act) { a.Reason = " " }, false},
		{"too long", func(a *Act) { a.Reason = strings.Repeat("米", MaxReason+1) }, false},
		{"a confirmation with a control", func(a *Act) { a.What, a.Reason = ActConfirm, "\x1b[2J" }, false},
		{"broken", func(a *Act) { a.Reason = "a\xff" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := right
			tt.change(&a)
			if err := a.Validate(); (err == nil) != tt.good {
				t.Errorf("%+v: %v", a, err)
			}
		})
	}
}

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cursor{rapid.Int64().Draw(t, "placed"), rapid.Int64Range(1, 1<<62).Draw(t, "number")}
		if got, err := ReadCursor(c.String()); err != nil || got != c {
			t.Fatalf("%v is read as %v, %v", c, got, err)
		}
	})
	if c, err := ReadCursor(""); err != nil || !c.IsZero() || c.String() != "" {
		t.Errorf("nothing is read as %v, %v", c, err)
	}
}

func FuzzReadCursor(f *testing.F) {
	for _, s := range []string{"", "1.1", "x", ".", "1.", "-1.2", "1.-2", "+1.1", "zz.ZZ", "1.1.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ReadCursor(s)
		if err != nil && !c.IsZero() || err == nil && c.String() != s {
			t.Errorf("%q is read as %v, %v", s, c, err)
		}
	})
}
