package console

import (
	"bytes"
	"encoding/csv"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haat/catalog"
	"haat/gateway/console/account"
	"haat/orders/shelf"
)

// saves is how often a form is put on top of what others publish meanwhile.
const saves = 5

// edit is a form of one product on its way to the shelf.
type edit struct {
	by      account.Operator
	form    url.Values
	shown   *goods // what the form was made from
	was     *catalog.Product
	typed   map[string]string
	counted bool // the stock is set, even to the same figure
	fields  []catalog.FieldChange
	noted   bool // in the audit log
}

// saveProduct publishes the catalogue with one product changed. What others have
// published since the form was opened stays: if it is other fields, both are
// merged; if the same ones, the operator is shown both values.
func (c *Console) saveProduct(w http.ResponseWriter, r *http.Request) {
	e := &edit{}
	var ok bool
	if e.by, ok = c.Gate.Of(r); !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
		return
	}
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	e.form = r.PostForm
	for range saves {
		done, err := c.trySave(w, r, e)
		if errors.Is(err, shelf.ErrStale) {
			continue
		}
		if err != nil {
			c.catalogFailed(w, r, err)
		}
		if done || err != nil {
			return
		}
	}
	c.catalogFailed(w, r, shelf.ErrStale)
}

// trySave answers the form unless somebody is faster.
func (c *Console) trySave(w http.ResponseWriter, r *http.Request, e *edit) (done bool, err error) {
	sku := r.PathValue("sku")
	now, err := c.goodsNow(r.Context())
	if err != nil {
		return false, err
	}
	p := now.bySKU[sku]
	if p == nil {
		c.problem(w, r, http.StatusNotFound, "problem.product")
		return true, nil
	}
	if !c.openEdit(r, e, now, sku) {
		c.problem(w, r, http.StatusConflict, "problem.stale")
		return true, nil
	}
	mine, check := e.read(e.typed, c.Catalog.Currency)
	if check != nil {
		c.showEdit(w, r, e, now, p, http.StatusUnprocessableEntity, check, nil)
		return true, nil
	}
	if e.fields = catalog.Fields(e.was, mine); len(e.fields) == 0 && !e.counted {
		http.Redirect(w, r, "/catalog/"+sku+"?same=1", http.StatusSeeOther)
		return true, nil
	}
	if both := clashes(e.fields, catalog.Fields(e.was, p), e.counted); len(both) > 0 {
		c.showEdit(w, r, e, now, p, http.StatusConflict, nil, both)
		return true, nil
	}
	merged := valuesOf(p, c.columnsOf(now, p))
	for _, f := range e.fields {
		merged[f.Column] = f.New
	}
	if e.counted {
		merged["stock"] = catalog.Field(mine, "stock")
	}
	next, check := e.read(merged, c.Catalog.Currency)
	if check != nil {
		c.showEdit(w, r, e, now, p, http.StatusUnprocessableEntity, check, nil)
		return true, nil
	}
	if err := c.publishEdit(r, e, now, *next); err != nil {
		return false, err
	}
	http.Redirect(w, r, "/catalog/"+sku+"?saved=1", http.StatusSeeOther)
	return true, nil
}

// openEdit finds what the form was made from. Without it nobody can tell what
// was changed in it.
func (c *Console) openEdit(r *http.Request, e *edit, now *goods, sku string) bool {
	e.shown = now
	if base, err := strconv.Atoi(e.form.Get("base")); err == nil && base != now.number {
		if e.shown, err = c.goodsAt(r.Context(), base); err != nil {
			return false
		}
	}
	if e.was = e.shown.bySKU[sku]; e.was == nil {
		return false
	}
	e.typed, e.counted = typedProduct(e.form, valuesOf(e.was, c.columnsOf(e.shown, e.was)), e.by.Role)
	return true
}

// read makes a product of the values of a form, as it is read from a file.
func (e *edit) read(values map[string]string, currency string) (*catalog.Product, *catalog.CheckError) {
	columns := slices.Sorted(maps.Keys(values))
	row := make([]string, len(columns))
	for i, column := range columns {
		row[i] = catalog.Guard(values[column])
	}
	var file bytes.Buffer
	_ = csv.NewWriter(&file).WriteAll([][]string{columns, row}) // a buffer takes everything
	products, err := catalog.Read(&file, currency)
	var check *catalog.CheckError
	if errors.As(err, &check) {
		return nil, check
	}
	if err != nil || len(products) != 1 {
		return nil, &catalog.CheckError{} // its values alone cannot do that
	}
	return &products[0], nil
}

// clashes are the columns that both have changed, to different values; and the
// stock where one counts what the other has counted.
func clashes(mine, theirs []catalog.FieldChange, counted bool) (both []catalog.FieldChange) {
	for _, t := range theirs {
		if t.Column == "stock" && counted || slices.ContainsFunc(mine, func(m catalog.FieldChange) bool { return m.Column == t.Column && m.New != t.New }) {
			both = append(both, t)
		}
	}
	return both
}

func (c *Console) publishEdit(r *http.Request, e *edit, now *goods, next catalog.Product) error {
	all := slices.Clone(now.products)
	for i := range all {
		if all[i].SKU == next.SKU {
			all[i] = next
		}
	}
	note := strings.TrimSpace(e.form.Get("note"))
	edition := shelf.Edition{Base: now.number, CSV: catalog.Write(all), By: e.by.Name, Kind: shelf.Edited, Note: strings.TrimSuffix(next.SKU+": "+note, ": ")}
	if e.counted {
		edition.Counted = []string{next.SKU}
	}
	if !e.noted {
		if err := c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: e.by.Name, What: ActProduct, About: next.SKU, Detail: e.told(&next)}); err != nil {
			return err
		}
		e.noted = true
	}
	_, err := c.Catalog.Shelf.Publish(r.Context(), edition)
	return err
}

// told is what an edit does, on one line.
func (e *edit) told(next *catalog.Product) string {
	var changes []string
	for _, f := range e.fields {
		changes = append(changes, f.Column+": "+f.Old+" → "+f.New)
	}
	if e.counted && !slices.ContainsFunc(e.fields, func(f catalog.FieldChange) bool { return f.Column == "stock" }) {
		changes = append(changes, "stock: "+catalog.Field(next, "stock"))
	}
	return maskNumbers(strings.Join(changes, "; "), "")
}

// showEdit shows the form again, as it was typed, with what is wrong.
func (c *Console) showEdit(w http.ResponseWriter, r *http.Request, e *edit, now *goods, p *catalog.Product, status int, check *catalog.CheckError, both []catalog.FieldChange) {
	values := e.typed
	if check == nil { // what only the others have changed is shown as it is now
		values = valuesOf(p, c.columnsOf(now, p))
		for _, f := range e.fields {
			values[f.Column] = f.New
		}
	}
	v := c.productOf(r, now, p, values)
	v.Note, v.Conflict = e.form.Get("note"), len(both) > 0
	v.StockMode, v.StockTyped = e.form.Get("stock_mode"), e.form.Get("stock")
	v.Stock.Value = catalog.Field(p, "stock")
	fields := []*fieldView{&v.Available, &v.Stock}
	for i := range v.Fields {
		fields = append(fields, &v.Fields[i])
	}
	for _, f := range fields {
		for _, t := range both {
			if t.Column == f.Column {
				f.Theirs, f.Differs = t.New, true
			}
		}
	}
	if check != nil {
		v.Base = e.shown.number // what the form was made from, still
		c.blame(c.texts.of(r), &v, fields, check.Problems)
	}
	if versions, err := c.Catalog.Shelf.Versions(r.Context()); err == nil && v.Conflict && len(versions) > 0 {
		v.By = versions[0].By
	}
	c.show(w, r, status, "product", "product.title", v)
}

// blame puts what is wrong below its fields, and above the form where it has none.
func (c *Console) blame(code string, v *productView, fields []*fieldView, problems []catalog.Problem) {
	for _, p := range problems {
		say := c.texts.reason(code, p.Reason)
		at := slices.IndexFunc(fields, func(f *fieldView) bool { return f.Column == p.Column })
		if at < 0 {
			v.Problems = append(v.Problems, say)
			continue
		}
		fields[at].Problem = say
		v.Problems = append(v.Problems, fields[at].Label)
	}
	if len(v.Problems) == 0 {
		v.Problems = append(v.Problems, c.texts.say(code, "problem.form"))
	}
}
