package catalog

import (
	"maps"
	"slices"
)

// Difference is what makes one version of a catalogue another.
type Difference struct {
	Added, Removed []Product // in the order of the version that has them
	Changed        []Change  // in the order of the later version
	Unchanged      int
}

// None tells that both are the same but for the order of their products.
func (d *Difference) None() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Change is a product that is in both versions and differs.
type Change struct {
	SKU    string
	Name   string // in English, of the later version
	Fields []FieldChange
}

// FieldChange is one column of a product that differs. Both are as the file has
// them; "" where it is empty.
type FieldChange struct{ Column, Old, New string }

// Diff tells what leads from one version to another. Neither the order of the
// products nor which counts their stock is of makes a difference.
func Diff(before, after []Product) Difference {
	var d Difference
	old := make(map[string]*Product, len(before))
	for i := range before {
		old[before[i].SKU] = &before[i]
	}
	for i := range after {
		p := &after[i]
		was := old[p.SKU]
		delete(old, p.SKU)
		if was == nil {
			d.Added = append(d.Added, *p)
		} else if fields := Fields(was, p); len(fields) > 0 {
			d.Changed = append(d.Changed, Change{p.SKU, p.Name("en"), fields})
		} else {
			d.Unchanged++
		}
	}
	for i := range before {
		if old[before[i].SKU] != nil {
			d.Removed = append(d.Removed, before[i])
		}
	}
	return d
}

// Fields are the columns in which two states of a product differ.
func Fields(was, now *Product) (fields []FieldChange) {
	for _, column := range columnsOf(was, now) {
		if o, n := Field(was, column), Field(now, column); o != n {
			fields = append(fields, FieldChange{column, o, n})
		}
	}
	return fields
}

// columnsOf are the columns that two states of a product have, in one order.
func columnsOf(was, now *Product) []string {
	columns := []string{"number", "category"}
	add := func(stem string, a, b map[string]string) {
		langs := maps.Clone(a)
		if langs == nil {
			langs = map[string]string{}
		}
		maps.Copy(langs, b)
		for _, lang := range slices.Sorted(maps.Keys(langs)) {
			columns = append(columns, stem+"_"+lang)
		}
	}
	add("name", was.Names, now.Names)
	add("short", was.Short, now.Short)
	return append(columns, "unit", "price", "stock", "available", "aliases")
}
