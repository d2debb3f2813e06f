package console

import (
	"net/http"
	"slices"
	"strconv"

	"haat/catalog"
	"haat/gateway/console/account"
	"haat/orders/shelf"
)

// versionRow is a version as templates show it.
type versionRow struct {
	shelf.Version
	Stamp string
	Now   bool // it is what is sold
}

type versionsView struct {
	Rows []versionRow
	Keep int
}

// versionView is one version, compared with another.
type versionView struct {
	versionRow
	With    int // the version that it is compared with; 0 where there is none
	Latest  int
	Diff    diffView
	MayBack bool
	Stale   bool
}

func (c *Console) versionRows(versions []shelf.Version) (rows []versionRow) {
	for i, v := range versions {
		rows = append(rows, versionRow{Version: v, Stamp: v.At.In(c.Zone).Format("2006-01-02 15:04 MST"), Now: i == 0})
	}
	return rows
}

// versionsPage shows who changed the catalogue, when and why.
func (c *Console) versionsPage(w http.ResponseWriter, r *http.Request) {
	versions, err := c.Catalog.Shelf.Versions(r.Context())
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "versions", "versions.title", versionsView{c.versionRows(versions), shelf.Keep})
}

// versionPage shows what a version changed, against the one before or another.
func (c *Console) versionPage(w http.ResponseWriter, r *http.Request) {
	v, err := c.versionOf(r)
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "version-one", "version.title", v)
}

func (c *Console) versionOf(r *http.Request) (v versionView, err error) {
	versions, err := c.Catalog.Shelf.Versions(r.Context())
	if err != nil {
		return v, err
	}
	rows := c.versionRows(versions)
	at := slices.IndexFunc(rows, func(row versionRow) bool { return strconv.Itoa(row.Number) == r.PathValue("version") })
	if at < 0 {
		return v, shelf.ErrNoVersion
	}
	v = versionView{versionRow: rows[at], Latest: rows[0].Number, Stale: r.URL.Query().Has("stale")}
	operator, _ := c.Gate.Of(r)
	v.MayBack = operator.Role.May(account.Admin) && !v.Now
	if at+1 < len(rows) {
		v.With = rows[at+1].Number
	}
	if with := r.URL.Query().Get("with"); with != "" {
		if v.With, err = strconv.Atoi(with); err != nil {
			return v, shelf.ErrNoVersion
		}
	}
	if v.With == 0 {
		return v, nil
	}
	before, err := c.goodsAt(r.Context(), v.With)
	if err != nil {
		return v, err
	}
	after, err := c.goodsAt(r.Context(), v.Number)
	if err != nil {
		return v, err
	}
	v.Diff = c.diffOf(c.texts.of(r), catalog.Diff(before.products, after.products))
	return v, nil
}

// goBack makes an earlier version the next one. The stock of what is still sold
// stays as it is.
func (c *Console) goBack(w http.ResponseWriter, r *http.Request) {
	operator, ok := c.Gate.Of(r)
	if !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
		return
	}
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	number, err := strconv.Atoi(r.PathValue("version"))
	if err != nil {
		c.catalogFailed(w, r, shelf.ErrNoVersion)
		return
	}
	now, err := c.goodsNow(r.Context())
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	then, err := c.goodsAt(r.Context(), number)
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	stale := "/catalog/versions/" + strconv.Itoa(number) + "?stale=1&with=" + strconv.Itoa(now.number)
	if r.PostForm.Get("base") != strconv.Itoa(now.number) {
		http.Redirect(w, r, stale, http.StatusSeeOther)
		return
	}
	act := account.Act{At: c.Now(), By: operator.Name, What: ActBack, About: "version " + strconv.Itoa(number), Detail: "from version " + strconv.Itoa(now.number)}
	if err := c.Gate.Record(r.Context(), act); err != nil {
		c.fail(w, r, err)
		return
	}
	i, err := c.Catalog.Shelf.Publish(r.Context(), shelf.Edition{
		Base: now.number, CSV: catalog.Write(withStockOf(then, now)), By: operator.Name, Kind: shelf.GoneBack, From: number, Note: r.PostForm.Get("note"),
	})
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	http.Redirect(w, r, "/catalog/versions/"+versionText(i.Number), http.StatusSeeOther)
}

// withStockOf are the products of a version with the stock figures of another.
func withStockOf(then, now *goods) []catalog.Product {
	products := slices.Clone(then.products)
	for i := range products {
		if p := now.bySKU[products[i].SKU]; p != nil {
			products[i].Stock, products[i].Counted = p.Stock, p.Counted
		}
	}
	return products
}
