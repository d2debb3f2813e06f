package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"haat/gateway/console/consoletest"
)

// upload puts a file into the form of the import and sends it.
func upload(t *testing.T, b *consoletest.Browser, name, content string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.Click("form[enctype] button")
}

// retype replaces what stands in a field.
func retype(b *consoletest.Browser, selector, text string) {
	b.Until("the field is there", `document.querySelector('`+selector+`')`)
	b.Text(`document.querySelector('` + selector + `').value = ""`)
	b.Fill(selector, text)
}

const catalogHeader = "sku,category,name_en,name_sw,unit,price,stock,aliases\n"

// TestCatalogInBrowser is an administrator's day with the catalogue: a price that
// phones see at once, a file with a mistake and the corrected one, the versions,
// and back.
func TestCatalogInBrowser(t *testing.T) {
	h := serve(t, "")
	b := h.signedIn(t, consoletest.Desktop, "light")
	has(t, h.dial(newPhone()).answers(append(toConfirm, "1")...), "is confirmed") // two bags of rice

	b.Click(`nav a[href="/catalog"]`)
	b.Until("the products are listed", `document.querySelectorAll(".products tbody tr").length === 50`)
	b.Accessible("catalog")
	b.Picture("catalog-desktop")
	b.Fill("#search", "rice5")
	b.Press("\r")
	b.Until("what the order left is shown", `(rows => rows.length === 1 && rows[0].innerText.includes("58"))(document.querySelectorAll(".products tbody tr"))`)

	b.Click(`a[href="/catalog/RICE5"]`)
	b.Until("the form is there", `document.getElementById("f-price")`)
	b.Accessible("product")
	b.Picture("product-desktop")
	retype(b, "#f-price", "900")
	b.Fill("#f-note", "the lorry costs more")
	b.Click("#save")
	b.Until("it is saved", `location.search.includes("saved")`)
	eventually(t, "a phone sees the new price", func() bool {
		return strings.Contains(h.dial(newPhone()).answers("1", "1", "1"), "900")
	})
	b.Until("the stock stays", `document.querySelector(".leftnow").innerText.includes("58")`)

	b.Click(`input[name=stock_mode][value=set]`)
	b.Fill("#f-stock", "40")
	b.Click(`input[name=available][value=no]`)
	b.Click("#save")
	b.Until("it is saved", `location.search.includes("saved") && document.querySelector(".leftnow").innerText.includes("40")`)
	phone := newPhone()
	eventually(t, "it is not offered any more", func() bool { return !strings.Contains(h.dial(newPhone()).answers("1", "1", "1"), "Rice 5") })
	h.text(phone, "102 2")
	h.awaitSMS(phone, "No longer sold: Rice 5")
	h.text(phone, "RICE5 2")
	h.awaitSMS(phone, "Which RICE?") // never another size unasked

	importsInBrowser(t, h, b)
}

// importsInBrowser uploads a bad file, the good one, and goes back.
func importsInBrowser(t *testing.T, h *haat, b *consoletest.Browser) {
	b.Go(h.base + "/catalog/import")
	upload(t, b, "bad.csv", catalogHeader+"RICE5,staples,Rice 5 kg,Mchele kilo 5,bag,dear,60,\nOIL1,staples,,Mafuta,bottle,320,3,\n")
	b.Until("both rows are named", `document.querySelectorAll(".wrongs tbody tr").length === 2`)
	b.Accessible("import with problems")
	b.Picture("import-problems-desktop")
	b.Forget() // the answer says no
	upload(t, b, "good.csv", catalogHeader+"RICE5,staples,Rice 5 kg,Mchele kilo 5,bag,910.00,60,mchele\nOIL1,staples,Oil 1 l,Mafuta lita 1,bottle,320.00,3,\nSALT,staples,Salt,Chumvi,packet,40.00,100,\n")
	b.Until("what would change is shown", `document.querySelector(".changes") && document.querySelector("#confirm")`)
	if text := b.Text(`document.querySelector("#main").innerText`); !strings.Contains(text, "910.00") || !strings.Contains(text, "SALT") || !strings.Contains(text, "HOE") {
		t.Errorf("the preview is %s", text)
	}
	b.Accessible("preview")
	b.Picture("preview-desktop")
	b.Click("#confirm")
	b.Until("the version is shown", `location.pathname === "/catalog/versions/4"`)
	b.Go(h.base + "/catalog/versions")
	b.Accessible("versions")
	b.Picture("versions-desktop")
	out, errs, code := tool(t, "catalog", "versions", "--data", h.data)
	if code != exitOK {
		t.Error(errs)
	}
	has(t, out, "the lorry costs more", "import", "edit", "first")

	b.Click(`a[href="/catalog/versions/2"]`)
	b.Click("#back")
	b.Until("it is a new version", `location.pathname === "/catalog/versions/5"`)
	b.Picture("version-desktop")
	eventually(t, "phones see the old price", func() bool {
		return strings.Contains(h.dial(newPhone()).answers("1", "1", "1"), "900")
	})
	b.Go(h.base + "/audit")
	b.Until("all of it is recorded", `["changed a product", "imported a catalogue", "went back to a catalogue"].every(w => document.body.innerText.includes(w))`)
	b.Quiet()

	b.See(consoletest.Phone, "dark")
	for _, page := range []string{"catalog", "catalog/RICE5", "catalog/versions", "catalog/versions/4"} {
		b.Go(h.base + "/" + page)
		b.Accessible(page + " on a phone")
		name := strings.ReplaceAll(page, "/", "-")
		b.Picture(name + "-phone")
		if wide := b.Text(`(m => m.scrollWidth > m.clientWidth)(document.getElementById("main"))`); wide != "false" {
			t.Errorf("%s is wider than the screen", page)
		}
	}
	b.Quiet()
}
