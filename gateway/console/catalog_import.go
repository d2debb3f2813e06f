package console

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/catalog"
	"haat/catalog/sheet"
	"haat/gateway/console/account"
	"haat/orders/shelf"
)

const (
	importPath = "/catalog/import"
	// maxUpload is the largest catalogue with the form around it.
	maxUpload = catalog.MaxBytes + 64<<10
	// uploadTime is how long an upload may take: a large file over a village's line.
	uploadTime = 10 * time.Minute
	// shownChanges is how many products of each kind a comparison lists.
	shownChanges = 1000
)

// importView is the page on which a file is uploaded, or what is wrong with one.
type importView struct {
	Missing  bool
	File     string // its name; "" where there was none
	Problems []badRow
	More     int
	Count    int
	Note     string
}

// badRow is what is wrong in one place of a file, in the operator's language.
type badRow struct {
	Line              int // 0: the file as a whole
	Column, Cell, Say string
}

func (c *Console) badRows(code string, problems []catalog.Problem) (rows []badRow) {
	for _, p := range problems {
		rows = append(rows, badRow{p.Line, p.Column, p.Cell, c.texts.reason(code, p.Reason)})
	}
	return rows
}

// importPage asks for a file.
func (c *Console) importPage(w http.ResponseWriter, r *http.Request) {
	c.show(w, r, http.StatusOK, "import", "import.title", importView{Missing: r.URL.Query().Has("missing")})
}

// upload checks a file and keeps it to be confirmed. Nothing of it is applied.
func (c *Console) upload(w http.ResponseWriter, r *http.Request) {
	// A server that cannot do this gives an upload the time of every request.
	control, end := http.NewResponseController(w), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(end)
	_ = control.SetWriteDeadline(end.Add(time.Minute))
	name, file, err := uploaded(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		c.problem(w, r, http.StatusRequestEntityTooLarge, "problem.large")
		return
	case err != nil || len(file) == 0:
		http.Redirect(w, r, importPath+"?missing=1", http.StatusSeeOther)
		return
	}
	csv, err := c.checked(r, file)
	var check *catalog.CheckError
	if errors.As(err, &check) {
		v := importView{File: name, Problems: c.badRows(c.texts.of(r), check.Problems), More: check.More, Count: len(check.Problems) + check.More}
		c.show(w, r, http.StatusUnprocessableEntity, "import", "import.title", v)
		return
	}
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	hash, err := c.Catalog.Shelf.PutDraft(r.Context(), csv)
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	http.Redirect(w, r, importPath+"/"+hash, http.StatusSeeOther)
}

// uploaded is the file of a form, with its name.
func uploaded(r *http.Request) (name string, file []byte, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return "", nil, err
		}
		if part.FormName() == "file" {
			file, err := io.ReadAll(part)
			return part.FileName(), file, err
		}
	}
}

// checked is an uploaded file as CSV, if all of it is well.
func (c *Console) checked(r *http.Request, file []byte) (csv []byte, err error) {
	csv = file
	if sheet.Is(file) {
		if csv, err = sheet.CSV(file); err != nil {
			return nil, err
		}
	}
	if _, err := catalog.Read(bytes.NewReader(csv), c.Catalog.Currency); err != nil {
		return nil, err
	}
	_, err = c.Catalog.Shelf.Preview(r.Context(), csv) // whose numbers are they?
	return csv, err
}

// previewView is what a file would change.
type previewView struct {
	Hash  string
	Base  int
	Stale bool // the catalogue is another one than it was compared with before
	Diff  diffView
}

// previewPage shows exactly what would change.
func (c *Console) previewPage(w http.ResponseWriter, r *http.Request) {
	now, _, after, err := c.waitingDraft(r)
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	v := previewView{Hash: r.PathValue("draft"), Base: now.number, Stale: r.URL.Query().Has("stale")}
	v.Diff = c.diffOf(c.texts.of(r), catalog.Diff(now.products, after))
	c.show(w, r, http.StatusOK, "preview", "preview.title", v)
}

// waitingDraft is the file that waits, and its products with the numbers that they
// would get.
func (c *Console) waitingDraft(r *http.Request) (now *goods, csv []byte, after []catalog.Product, err error) {
	hash := r.PathValue("draft")
	if strings.Trim(hash, "0123456789abcdef") != "" || len(hash) != 64 {
		return nil, nil, nil, shelf.ErrNoDraft
	}
	if now, err = c.goodsNow(r.Context()); err != nil {
		return nil, nil, nil, err
	}
	if csv, err = c.Catalog.Shelf.Draft(r.Context(), hash); err != nil {
		return nil, nil, nil, err
	}
	numbered, err := c.Catalog.Shelf.Preview(r.Context(), csv)
	if err != nil {
		return nil, nil, nil, err
	}
	after, err = catalog.Read(bytes.NewReader(numbered), c.Catalog.Currency)
	return now, csv, after, err
}

// confirmImport publishes the very file that was looked at, over the very version
// that it was compared with.
func (c *Console) confirmImport(w http.ResponseWriter, r *http.Request) {
	operator, ok := c.Gate.Of(r)
	if !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
		return
	}
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	preview := importPath + "/" + r.PathValue("draft")
	now, csv, after, err := c.waitingDraft(r)
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	if r.PostForm.Get("base") != strconv.Itoa(now.number) {
		http.Redirect(w, r, preview+"?stale=1", http.StatusSeeOther)
		return
	}
	recount := r.PostForm.Get("recount") != ""
	detail := "+" + strconv.Itoa(len(after)) + " products, version " + strconv.Itoa(now.number)
	if recount {
		detail += ", stock counted anew"
	}
	if err := c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: operator.Name, What: ActImport, About: r.PathValue("draft")[:12], Detail: strings.TrimPrefix(detail, "+")}); err != nil {
		c.fail(w, r, err)
		return
	}
	i, err := c.Catalog.Shelf.Publish(r.Context(), shelf.Edition{
		Base: now.number, CSV: csv, By: operator.Name, Kind: shelf.Imported, Note: r.PostForm.Get("note"), Recount: recount,
	})
	switch {
	case errors.Is(err, shelf.ErrStale):
		http.Redirect(w, r, preview+"?stale=1", http.StatusSeeOther)
	case err != nil:
		c.catalogFailed(w, r, err)
	default:
		http.Redirect(w, r, "/catalog/versions/"+versionText(i.Number), http.StatusSeeOther)
	}
}

// catalogFile gives the present catalogue to edit in a spreadsheet and bring
// back.
func (c *Console) catalogFile(w http.ResponseWriter, r *http.Request) {
	g, err := c.goodsNow(r.Context())
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	var file bytes.Buffer
	kind := "text/csv; charset=utf-8"
	switch format := r.PathValue("format"); format {
	case "csv":
		file.WriteString("\ufeff") // or else spreadsheets take it for another encoding
		file.Write(catalog.Write(g.products))
	case "xlsx":
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		if err := sheet.Write(&file, g.products); err != nil {
			c.fail(w, r, err)
			return
		}
	default:
		c.problem(w, r, http.StatusNotFound, "problem.address")
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="catalogue-`+versionText(g.number)+`.`+r.PathValue("format")+`"`)
	_, _ = w.Write(file.Bytes()) // the page may have been left
}

// diffView is a comparison as its template shows it.
type diffView struct {
	Added, Removed []productRow
	Changed        []changeView
	AddedN         int
	RemovedN       int
	ChangedN       int
	Unchanged      int
	None           bool
	Cut            bool // not all of them are listed
}

type changeView struct {
	SKU, Name string
	Fields    []changedField
}

type changedField struct{ Label, Old, New string }

func (c *Console) diffOf(code string, d catalog.Difference) diffView {
	v := diffView{AddedN: len(d.Added), RemovedN: len(d.Removed), ChangedN: len(d.Changed), Unchanged: d.Unchanged, None: d.None()}
	v.Cut = max(v.AddedN, v.RemovedN, v.ChangedN) > shownChanges
	rows := func(products []catalog.Product) (rows []productRow) {
		for i := range products[:min(len(products), shownChanges)] {
			p := &products[i]
			rows = append(rows, productRow{SKU: p.SKU, Name: p.Name(code), Category: c.categoryName(code, p.Category), Unit: p.Unit, Price: p.Price.Decimal(), Number: p.Number})
		}
		return rows
	}
	v.Added, v.Removed = rows(d.Added), rows(d.Removed)
	for change := range slices.Values(d.Changed[:min(len(d.Changed), shownChanges)]) {
		shown := changeView{SKU: change.SKU, Name: change.Name}
		for _, f := range change.Fields {
			shown.Fields = append(shown.Fields, changedField{c.columnName(code, f.Column), f.Old, f.New})
		}
		v.Changed = append(v.Changed, shown)
	}
	return v
}
