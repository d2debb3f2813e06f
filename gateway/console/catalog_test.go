package console_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"haat/catalog"
	"haat/catalog/sheet"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/orders/desk"
	"haat/orders/shelf"
)

const shop = "sku,category,name_en,name_sw,unit,price,stock,available,aliases\n" +
	"RICE5,staples,Rice 5 kg,Mchele kilo 5,bag,850.00,60,yes,大米|أرز\nOIL1,staples,Oil 1 l,Mafuta,bottle,320.00,3,yes,\nHOE,tools,Hoe,Jembe,piece,450.00,,no,\n"

// market is a rig whose console has a catalogue.
type market struct {
	*rig
	shelf shelf.Room
	stock *consoletest.Stock
}

func newMarket(t testing.TB, csv string) *market {
	t.Helper()
	m := &market{shelf: consoletest.Shelf(t, csv), stock: &consoletest.Stock{}}
	m.stock.Set("RICE5", 58)
	m.stock.Set("OIL1", 3)
	m.rig = newRig(t, m.room)
	return m
}

func (m *market) room(c *console.Config) {
	c.Catalog = &console.CatalogRoom{Shelf: m.shelf, Stock: m.stock, Currency: "KES", Categories: []catalog.Category{{ID: "staples", Names: map[string]string{"en": "Staple foods"}}}}
}

// now are the present products, by SKU.
func (m *market) now() map[string]catalog.Product {
	m.t.Helper()
	i, err := m.shelf.Present(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	products, err := catalog.Read(bytes.NewReader(i.CSV), "KES")
	if err != nil {
		m.t.Fatal(err)
	}
	by := map[string]catalog.Product{}
	for _, p := range products {
		by[p.SKU] = p
	}
	return by
}

// versions is the number of the present version.
func (m *market) version() int {
	m.t.Helper()
	i, err := m.shelf.Present(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return i.Number
}

func (m *market) upload(as, name string, file []byte) answer {
	m.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err := errors.Join(err, form.Close()); err != nil {
		m.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, m.server.URL+"/catalog/import", &body)
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	consoletest.SignIn(req, as)
	return m.do(req)
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func wantTo(t *testing.T, a answer, to string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		t.Errorf("%d to %q, want %q\n%s", a.status, a.header.Get("Location"), to, a.body)
	}
}

func TestCatalogList(t *testing.T) {
	m := newMarket(t, shop)
	for _, tc := range []struct{ name, path, shows, not string }{
		{"all", "/catalog", "Staple foods", ""},
		{"left", "/catalog?q=rice5", ">58<", "OIL1"},
		{"low", "/catalog?stock=low", "OIL1", "RICE5"},
		{"by a Chinese alias", "/catalog?q=" + url.QueryEscape("大米"), "RICE5", "OIL1"},
		{"by an Arabic alias", "/catalog?q=" + url.QueryEscape("أرز"), "RICE5", "OIL1"},
		{"by two words", "/catalog?q=kilo+MCHELE", "RICE5", "OIL1"},
		{"by a keypad number", "/catalog?q=201", "HOE", "RICE5"},
		{"a category", "/catalog?category=tools", "not offered", "RICE5"},
		{"hidden", "/catalog?stock=hidden", "HOE", "OIL1"},
		{"not counted", "/catalog?stock=uncounted", "HOE", "OIL1"},
		{"nothing", "/catalog?q=zanzibar", "No such product", "RICE5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page := m.get(tc.path)
			if !strings.Contains(page, tc.shows) || tc.not != "" && strings.Contains(page, tc.not+"</a>") {
				t.Errorf("no %q, or %q, in %s", tc.shows, tc.not, page)
			}
		})
	}
	t.Run("when nobody tells the stock", func(t *testing.T) {
		m.stock.Fail(desk.ErrAway)
		defer m.stock.Fail(nil)
		if page := m.get("/catalog?stock=low"); !strings.Contains(page, "does not answer") || !strings.Contains(page, "RICE5") {
			t.Error(page)
		}
		m.get("/catalog/RICE5")
	})
	for _, path := range []string{"/catalog?stock=x", "/catalog?q=" + strings.Repeat("x", 201), "/catalog?after=" + strings.Repeat("x", 17), "/catalog?category=%ff"} {
		if a := m.ask("viewer", "GET", path, nil); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

var nextPage = regexp.MustCompile(`href="([^"]+)" rel="next"`)

// TestCatalogPages: who turns the pages sees every product once that is there all
// the time, whatever is added and removed meanwhile.
func TestCatalogPages(t *testing.T) {
	all := func(n int) string {
		csv := "sku,category,name_en,unit,price\n"
		for i := range n {
			csv += fmt.Sprintf("P%03d,food,Product,bag,1\n", i*2)
		}
		return csv
	}
	m := newMarket(t, all(120))
	link := regexp.MustCompile(`href="/catalog/(P\d+)"`)
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		if _, err := shelf.Put(m.t.Context(), m.shelf.Bus, []byte(all(120))); err != nil {
			t.Fatal(err)
		}
		seen, path := map[string]int{}, "/catalog"
		for path != "" {
			page := m.get(path)
			for _, found := range link.FindAllStringSubmatch(page, -1) {
				seen[found[1]]++
			}
			if m.stock.Asked() > 50 {
				t.Fatalf("the stock of %d products is asked for", m.stock.Asked())
			}
			path = ""
			if next := nextPage.FindStringSubmatch(page); next != nil {
				path = strings.ReplaceAll(next[1], "&amp;", "&")
			}
			extra := fmt.Sprintf("P%03d,food,New,bag,1\n", random.IntN(120)*2+1)
			gone := fmt.Sprintf("P%03d,food,Product,bag,1\n", random.IntN(5)*2)
			if _, err := shelf.Put(m.t.Context(), m.shelf.Bus, []byte(strings.Replace(all(120), gone, extra, 1))); err != nil {
				t.Fatal(err)
			}
		}
		for i := 5; i < 120; i++ {
			if n := seen[fmt.Sprintf("P%03d", i*2)]; n != 1 {
				t.Fatalf("P%03d is seen %d times", i*2, n)
			}
		}
	}
}

func TestEditProduct(t *testing.T) {
	m := newMarket(t, shop)
	a := m.ask("admin", "POST", "/catalog/RICE5", form("base", "1", "price", "900", "name_sw", "=Mchele", "aliases", "大米\r\nwali", "note", "lorry"))
	wantTo(t, a, "/catalog/RICE5?saved=1")
	p := m.now()["RICE5"]
	if p.Price.Minor != 90000 || p.Names["sw"] != "=Mchele" || strings.Join(p.Aliases, "|") != "大米|wali" || p.Number != 101 || p.Names["en"] != "Rice 5 kg" {
		t.Errorf("got %+v", p)
	}
	first, _ := m.shelf.At(t.Context(), 1)
	if p.Count != first.ID {
		t.Error("a price has counted the stock")
	}
	acts, _ := m.gate.Acts(t.Context(), at.Add(1), 10)
	if len(acts) != 1 || acts[0].What != console.ActProduct || acts[0].About != "RICE5" || !strings.Contains(acts[0].Detail, "price: 850.00 → 900.00") {
		t.Errorf("recorded %+v", acts)
	}
	versions, _ := m.shelf.Versions(t.Context())
	if versions[0].By != "admin" || versions[0].Note != "RICE5: lorry" || versions[0].Changed != 1 {
		t.Errorf("the version is %+v", versions[0])
	}

	t.Run("the same figure, counted", func(t *testing.T) {
		wantTo(t, m.ask("operator", "POST", "/catalog/RICE5", form("base", "2", "stock_mode", "set", "stock", "60")), "/catalog/RICE5?saved=1")
		now, _ := m.shelf.Present(t.Context())
		if got := m.now()["RICE5"]; got.Count != now.ID || got.Stock != 60 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		wantTo(t, m.ask("admin", "POST", "/catalog/RICE5", form("base", "3", "price", "900.0")), "/catalog/RICE5?same=1")
		if m.version() != 3 {
			t.Error("it is a version")
		}
	})
	t.Run("an operator says what is there, and no more", func(t *testing.T) {
		wantTo(t, m.ask("operator", "POST", "/catalog/RICE5", form("base", "3", "price", "1", "sku", "X", "number", "500", "name_en", "x", "available", "no", "stock_mode", "none")), "/catalog/RICE5?saved=1")
		if p := m.now()["RICE5"]; p.Price.Minor != 90000 || !p.Hidden || p.Counted || p.Names["en"] != "Rice 5 kg" || p.Number != 101 {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("not recorded, not done", func(t *testing.T) {
		m.gate.Fail(errors.New("the disk is full"))
		defer m.gate.Fail(nil)
		if a := m.ask("admin", "POST", "/catalog/RICE5", form("base", "4", "price", "1")); a.status != http.StatusServiceUnavailable || m.version() != 4 {
			t.Errorf("status %d", a.status)
		}
	})
	for name, tc := range map[string]struct{ field, value, says string }{
		"a price that is none":      {"price", "8,50", "write the amount"},
		"no English name":           {"name_en", "", "English name"},
		"a long unit":               {"unit", strings.Repeat("x", 21), "at most 20"},
		"an invisible character":    {"name_en", "Rice\u200b", "invisible"},
		"not UTF-8":                 {"name_en", "\xff", "UTF-8"},
		"a column that is not ours": {"category", "", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			a := m.ask("admin", "POST", "/catalog/OIL1", form("base", "4", tc.field, tc.value))
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, tc.says) || m.version() != 4 {
				t.Errorf("%d, no %q in %s", a.status, tc.says, a.body)
			}
		})
	}
	for _, stock := range []string{"", "x", "-1", "1000001", "1.5"} {
		if a := m.ask("operator", "POST", "/catalog/OIL1", form("base", "4", "stock_mode", "set", "stock", stock)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a stock of %q: %d", stock, a.status)
		}
	}
	if a := m.ask("admin", "POST", "/catalog/NONE", form("base", "4")); a.status != http.StatusNotFound {
		t.Errorf("no product: %d", a.status)
	}
	if a := m.ask("admin", "POST", "/catalog/OIL1", form("base", "77")); a.status != http.StatusConflict {
		t.Errorf("no base: %d", a.status)
	}
}

// TestEditsAtOnce: two forms of one version. Different fields are merged; of the
// same one both values are shown, and nothing is lost.
func TestEditsAtOnce(t *testing.T) {
	m := newMarket(t, shop)
	wantTo(t, m.ask("operator", "POST", "/catalog/RICE5", form("base", "1", "stock_mode", "set", "stock", "40")), "/catalog/RICE5?saved=1")
	wantTo(t, m.ask("admin", "POST", "/catalog/OIL1", form("base", "1", "price", "330")), "/catalog/OIL1?saved=1")
	wantTo(t, m.ask("admin", "POST", "/catalog/RICE5", form("base", "1", "price", "900")), "/catalog/RICE5?saved=1")
	if now := m.now(); now["RICE5"].Stock != 40 || now["RICE5"].Price.Minor != 90000 || now["OIL1"].Price.Minor != 33000 {
		t.Errorf("merged to %+v", now)
	}
	a := m.ask("admin", "POST", "/catalog/RICE5", form("base", "1", "price", "910", "unit", "sack", "note", "mine"))
	if a.status != http.StatusConflict || m.version() != 4 {
		t.Fatalf("%d at version %d", a.status, m.version())
	}
	for _, want := range []string{`value="910.00"`, "900.00", "admin has changed", `name="base" value="4"`, `value="mine"`, `value="sack"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s in %s", want, a.body)
		}
	}
	wantTo(t, m.ask("admin", "POST", "/catalog/RICE5", form("base", "4", "price", "910", "unit", "sack")), "/catalog/RICE5?saved=1")
	if p := m.now()["RICE5"]; p.Price.Minor != 91000 || p.Unit != "sack" || p.Stock != 40 {
		t.Errorf("got %+v", p)
	}
	t.Run("both count", func(t *testing.T) {
		if a := m.ask("operator", "POST", "/catalog/RICE5", form("base", "1", "stock_mode", "set", "stock", "50")); a.status != http.StatusConflict || !strings.Contains(a.body, "40") {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("it is removed meanwhile", func(t *testing.T) {
		if _, err := shelf.Put(t.Context(), m.shelf.Bus, []byte("sku,category,name_en,unit,price\nHOE,tools,Hoe,piece,1\n")); err != nil {
			t.Fatal(err)
		}
		if a := m.ask("admin", "POST", "/catalog/RICE5", form("base", "4", "price", "1")); a.status != http.StatusNotFound {
			t.Errorf("status %d", a.status)
		}
	})
}

const better = "sku,category,name_en,unit,price,stock\nRICE5,staples,Rice 5 kg,bag,910,60\nSALT,staples,Salt,packet,40,5\n"

func TestImport(t *testing.T) {
	m := newMarket(t, shop)
	a := m.upload("admin", "new.csv", []byte("\ufeff"+better))
	preview := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(preview, "/catalog/import/") {
		t.Fatalf("%d to %q: %s", a.status, preview, a.body)
	}
	page := m.get(preview)
	for _, want := range []string{"850.00", "910.00", "SALT", "103", "HOE", "Mchele kilo 5", `name="base" value="1"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview has no %s", want)
		}
	}
	if m.version() != 1 {
		t.Fatal("it is applied before anybody confirmed")
	}
	wantTo(t, m.ask("admin", "POST", "/catalog/RICE5", form("base", "1", "price", "860")), "/catalog/RICE5?saved=1")
	wantTo(t, m.ask("admin", "POST", preview, form("base", "1")), preview+"?stale=1")
	if page := m.get(preview + "?stale=1"); !strings.Contains(page, "860.00") || !strings.Contains(page, "changed meanwhile") {
		t.Error("it is not compared anew")
	}
	first, _ := m.shelf.At(t.Context(), 1)
	wantTo(t, m.ask("admin", "POST", preview, form("base", "2", "note", "spring")), "/catalog/versions/3")
	now := m.now()
	if len(now) != 2 || now["RICE5"].Price.Minor != 91000 || now["SALT"].Number != 103 || now["RICE5"].Count != first.ID {
		t.Errorf("now %+v", now)
	}
	t.Run("counted anew", func(t *testing.T) {
		wantTo(t, m.ask("admin", "POST", preview, form("base", "3", "recount", "1")), "/catalog/versions/4")
		if got := m.now()["RICE5"].Count; got != "" {
			t.Errorf("of count %q", got)
		}
	})
	t.Run("a file that was not looked at", func(t *testing.T) {
		for _, hash := range []string{strings.Repeat("0", 64), "x", strings.Repeat("z", 64)} {
			if a := m.ask("admin", "POST", "/catalog/import/"+hash, form("base", "4")); a.status != http.StatusNotFound {
				t.Errorf("%s: %d", hash, a.status)
			}
		}
	})
	t.Run("no file", func(t *testing.T) {
		wantTo(t, m.ask("admin", "POST", "/catalog/import", form()), "/catalog/import?missing=1")
		wantTo(t, m.upload("admin", "", nil), "/catalog/import?missing=1")
	})
	t.Run("too large", func(t *testing.T) {
		if a := m.upload("admin", "large.csv", bytes.Repeat([]byte("x"), catalog.MaxBytes+1<<20)); a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.body, "at most 32 MiB") {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("not for operators", func(t *testing.T) {
		if a := m.upload("operator", "x.csv", []byte(better)); a.status != http.StatusForbidden {
			t.Errorf("status %d", a.status)
		}
	})
}

// TestBadFiles: every problem is shown with its row, and nothing is kept.
func TestBadFiles(t *testing.T) {
	m := newMarket(t, shop)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(better)
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("sku,category,name_en,unit,price\n")
	for i := range 100_001 {
		fmt.Fprintf(&rows, "A%d,c,n,u,1\n", i)
	}
	for _, tc := range []struct{ name, file, says string }{
		{"a wrong header", strings.Replace(better, "price", "cost", 1), "unknown column"},
		{"semicolons", strings.ReplaceAll(better, ",", ";"), "separated by commas"},
		{"UTF-16", wide, "UTF-8"},
		{"too many rows", rows.String(), "more than 50000 rows"},
		{"truncated in quotes", better + `X,c,"n`, "double quote"},
		{"empty lines only", "\n\n\n", "empty"},
		{"a number of another", "sku,number,category,name_en,unit,price\nNEW,101,c,n,u,1\n", "RICE5"},
		{"a spreadsheet that is none", "PK\x03\x04", "damaged"},
		{"an encrypted one", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"},
		{"two mistakes", "sku,category,name_en,unit,price,stock\nA,c,n,u,dear,\nB,c,n,u,1,many\n", "2 to correct"},
		{"available in other words", "sku,category,name_en,unit,price,available\nA,c,n,u,1,maybe\n", "write yes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := m.upload("admin", tc.name+".csv", []byte(tc.file))
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d, no %q in %.2000s", a.status, tc.says, a.body)
			}
		})
	}
	if m.version() != 1 {
		t.Error("one was applied")
	}
}

// TestWhatIsWrongInTheirLanguage: what is wrong with a file or a form is said in
// the language of the page.
func TestWhatIsWrongInTheirLanguage(t *testing.T) {
	m := newMarket(t, shop)
	file := []byte("sku,category,name_en,unit,price,stock,number\nA,c,n,u,dear,many,101\nb,c,n,u\n")
	for _, tc := range []struct {
		code       string
		file, form []string
	}{
		{"en", []string{"write the amount like 850", "0 to 1000000 in plain digits", "4 cells under 7 columns"}, []string{"write the amount like 850", "this must not be empty"}},
		{"sw", []string{"andika kiasi kama 850", "0 hadi 1000000 kwa tarakimu", "seli 4 chini ya safu 7"}, []string{"andika kiasi kama 850", "hapa pasiwe patupu"}},
		{"zh", []string{"金额请写成 850", "0 到 1000000 的普通数字", "7 列下有 4 个单元格"}, []string{"金额请写成 850", "此处不能为空"}},
	} {
		t.Run(tc.code, func(t *testing.T) {
			m.language = tc.code
			bad := m.upload("admin", "bad.csv", file)
			edited := m.ask("admin", "POST", "/catalog/OIL1", form("base", "1", "price", "8,50", "unit", ""))
			for _, page := range []struct {
				answer
				says []string
			}{{bad, tc.file}, {edited, tc.form}} {
				for _, want := range page.says {
					if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, want) {
						t.Errorf("%d, no %q in %s", page.status, want, page.body)
					}
				}
			}
		})
	}
}

// TestDownloadAndBack: what was downloaded changes nothing when it comes back.
func TestDownloadAndBack(t *testing.T) {
	m := newMarket(t, shop)
	for _, format := range []string{"csv", "xlsx"} {
		a := m.ask("viewer", "GET", "/catalog/file/"+format, nil)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Content-Disposition"), "catalogue-1."+format) {
			t.Fatalf("%s: %d %s", format, a.status, a.header.Get("Content-Disposition"))
		}
		if format == "xlsx" && !sheet.Is([]byte(a.body)) {
			t.Error("it is no spreadsheet")
		}
		back := m.upload("admin", "back."+format, []byte(a.body))
		if page := m.get(back.header.Get("Location")); !strings.Contains(page, "the same catalogue") {
			t.Errorf("%s: it would change something: %s", format, page)
		}
	}
	if a := m.ask("viewer", "GET", "/catalog/file/pdf", nil); a.status != http.StatusNotFound {
		t.Errorf("pdf: %d", a.status)
	}
}

func TestGoBack(t *testing.T) {
	m := newMarket(t, shop)
	wantTo(t, m.ask("admin", "POST", "/catalog/RICE5", form("base", "1", "price", "900", "stock_mode", "set", "stock", "40")), "/catalog/RICE5?saved=1")
	hash := m.upload("admin", "new.csv", []byte(strings.Replace(better, "910,60", "910,55", 1))).header.Get("Location")
	wantTo(t, m.ask("admin", "POST", hash, form("base", "2")), "/catalog/versions/3")
	count := m.now()["RICE5"].Count

	page := m.get("/catalog/versions/2")
	if !strings.Contains(page, "900.00") || !strings.Contains(page, "Go back to version 2") {
		t.Error(page)
	}
	if strings.Contains(m.ask("operator", "GET", "/catalog/versions/2", nil).body, "/back") || strings.Contains(m.get("/catalog/versions/3"), "/back\"") {
		t.Error("going back is offered to who may not, or to where we are")
	}
	if page := m.get("/catalog/versions/1?with=3"); !strings.Contains(page, "SALT") || !strings.Contains(page, "910.00") {
		t.Error("it is not compared with what is sold now")
	}
	wantTo(t, m.ask("admin", "POST", "/catalog/versions/1/back", form("base", "2")), "/catalog/versions/1?stale=1&with=3")
	wantTo(t, m.ask("admin", "POST", "/catalog/versions/1/back", form("base", "3", "note", "a mistake")), "/catalog/versions/4")
	now := m.now()
	if len(now) != 3 || now["RICE5"].Price.Minor != 85000 || !now["HOE"].Hidden || now["HOE"].Number != 201 {
		t.Errorf("now %+v", now)
	}
	if now["RICE5"].Stock != 55 || now["RICE5"].Count != count {
		t.Errorf("going back has changed the stock: %+v", now["RICE5"])
	}
	versions, _ := m.shelf.Versions(t.Context())
	if v := versions[0]; v.Kind != shelf.GoneBack || v.From != 1 || v.By != "admin" || v.Note != "a mistake" {
		t.Errorf("the version is %+v", v)
	}
	if page := m.get("/catalog/versions"); !strings.Contains(page, "command line") || !strings.Contains(page, "back to 1") {
		t.Error(page)
	}
	for _, path := range []string{"/catalog/versions/9", "/catalog/versions/x", "/catalog/versions/1?with=9", "/catalog/versions/1?with=x"} {
		if a := m.ask("admin", "GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestCatalogRoutesByRole asks every address of the catalogue as everybody.
func TestCatalogRoutesByRole(t *testing.T) {
	m := newMarket(t, shop)
	hash := strings.TrimPrefix(m.upload("admin", "x.csv", []byte(better)).header.Get("Location"), "/catalog/import/")
	fill := strings.NewReplacer("{sku}", "RICE5", "{format}", "csv", "{draft}", hash, "{version}", "1")
	walked := 0
	for _, route := range console.RoutesOf(m.console) {
		if !strings.HasPrefix(route.Path, "/catalog") {
			continue
		}
		walked++
		for _, as := range []account.Role{"", account.Viewer, account.Agent, account.Admin} {
			var fields url.Values
			if route.Method == http.MethodPost {
				fields = url.Values{}
			}
			a := m.ask(string(as), route.Method, fill.Replace(route.Path), fields)
			what := route.Method + " " + route.Path + " as " + string(as)
			switch {
			case as == "":
				if a.header.Get("Location") != "/login" {
					t.Errorf("%s: %d", what, a.status)
				}
			case as.May(route.Role):
				if a.status >= 400 {
					t.Errorf("%s: %d %s", what, a.status, a.body)
				}
			case a.status != http.StatusForbidden:
				t.Errorf("%s: %d", what, a.status)
			}
			wantHeaders(t, a)
		}
	}
	if walked != 11 || slices.ContainsFunc(console.RoutesOf(newRig(t).console), func(r console.Route) bool { return strings.HasPrefix(r.Path, "/catalog") }) {
		t.Errorf("%d addresses", walked)
	}
}

func TestCatalogIsInert(t *testing.T) {
	payload := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	cell := `"` + strings.ReplaceAll(payload, `"`, `""`) + `"`
	m := newMarket(t, "sku,category,name_en,unit,price,aliases\nX1,<script>c</script>,"+cell+",<b>u</b>,1,"+cell+"\n")
	wantTo(t, m.ask("admin", "POST", "/catalog/X1", form("base", "1", "price", "2", "note", payload)), "/catalog/X1?saved=1")
	draft := m.upload("admin", "x.csv", []byte("sku,category,name_en,unit,price\nX1,c,"+cell+",u,3\nX2,c,"+cell+",u,3\n")).header.Get("Location")
	bad := m.upload("admin", payload, []byte("sku,category,name_en,unit,price\nX1,c,n,u,"+cell+"\n"))
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", bad.status)
	}
	wantInert(t, "problems", bad.body)
	for _, path := range []string{"/catalog", "/catalog?q=" + url.QueryEscape(payload), "/catalog/X1", "/catalog/versions", "/catalog/versions/2", draft, "/audit"} {
		wantInert(t, path, m.get(path))
	}
	wantInert(t, "a form that came back", m.ask("admin", "POST", "/catalog/X1", form("base", "2", "price", payload, "note", payload)).body)
}
