package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"haat/gateway/lang"
	"haat/orders/bus"
)

// pricelist runs the command with these arguments.
func pricelist(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var cmd catalogPricelistCmd
	parser, err := kong.New(&cmd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	err = cmd.Run(t.Context(), &stdio{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	if errors.Is(err, errReported) {
		err = errors.New(stderr.String())
	}
	return stdout.String(), err
}

func mustPricelist(t *testing.T, args ...string) string {
	t.Helper()
	out, err := pricelist(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wall is a catalogue with everything that makes columns hard to align.
const wall = `sku,category,name_en,name_sw,name_zh,name_hi,name_ar,unit,price
RICE5,staples,Rice 5 kg,Mchele kilo 5,大米5公斤,चावल 5 किलो,أرز ٥ كغ,bag,850.00
SALT,staples,Salt,Chumvi,盐,नमक,ملح,packet,35.50
MAT,household,"A mat for the floor, woven by hand from palm leaves, large enough for four","Mkeka wa sakafuni uliosukwa kwa mkono kwa ukili, unatosha watu wanne",手工编织的棕榈叶地垫足够四个人坐在上面聊天喝茶吃饭睡觉休息,,,one of its own kind,"12500"
CUP,household,"<script>alert(""cups"")</script>",,,,,piece,120
`

func TestPriceListText(t *testing.T) {
	file := writeCatalog(t, wall)
	for _, code := range []string{"en", "sw", "zh"} {
		t.Run(code, func(t *testing.T) {
			out := mustPricelist(t, file, "--lang", code, "--data", filepath.Join(t.TempDir(), "none"))
			matchGolden(t, "testdata/pricelist."+code+".txt", out)
		})
	}
}

// TestPriceListTextIsAligned: in every language each product's line ends in the
// same column, and none is wider than the paper.
func TestPriceListTextIsAligned(t *testing.T) {
	for _, code := range lang.Available() {
		t.Run(code, func(t *testing.T) {
			out := mustPricelist(t, "--lang", code, "--data", filepath.Join(t.TempDir(), "none"))
			products := regexp.MustCompile(`(?m)^ *[1-9][0-9]{2,4}  .*$`).FindAllString(out, -1)
			if len(products) != 115 {
				t.Fatalf("there are %d products on\n%s", len(products), out)
			}
			for _, line := range products {
				if got, want := cells(line), cells(products[0]); got != want {
					t.Errorf("%d cells, not %d: %q", got, want, line)
				}
			}
			for line := range strings.Lines(out) {
				if got := cells(strings.TrimSuffix(line, "\n")); got > textWidth {
					t.Errorf("%d cells: %q", got, line)
				}
			}
		})
	}
}

// page is what a browser finds in a price list.
type page struct {
	elements map[string]int
	attrs    []xml.Attr
	cells    []string // the texts of td and th
	text     string   // outside of style
}

func parsePage(t *testing.T, html string) (p page) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	p.elements = map[string]int{}
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return p
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, html)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			p.elements[token.Name.Local]++
			p.attrs = append(p.attrs, token.Attr...)
			if token.Name.Local == "td" || token.Name.Local == "th" {
				p.cells = append(p.cells, "")
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if slices.Contains(open, "td") || slices.Contains(open, "th") {
				p.cells[len(p.cells)-1] += string(token)
			}
			if !slices.Contains(open, "style") {
				p.text += string(token)
			}
		}
	}
}

func (p page) attr(name string) (values []string) {
	for _, a := range p.attrs {
		if a.Name.Local == name {
			values = append(values, a.Value)
		}
	}
	return values
}

func TestPriceListHTML(t *testing.T) {
	file := writeCatalog(t, wall)
	for _, tc := range []struct{ code, dir, product, example string }{
		{"en", "ltr", "Rice 5 kg", "101 2, 201"},
		{"sw", "ltr", "Mchele kilo 5", "101 2, 201"},
		{"ar", "rtl", "أرز ٥ كغ", "\u200e101 2, 201\u200e"},
	} {
		t.Run(tc.code, func(t *testing.T) {
			html := mustPricelist(t, file, "--lang", tc.code, "--html", "--data", filepath.Join(t.TempDir(), "none"))
			p := parsePage(t, html)
			if got := p.attr("lang"); !slices.Equal(got, []string{tc.code}) {
				t.Errorf("lang is %q", got)
			}
			if got := p.attr("dir"); !slices.Equal(got, []string{tc.dir}) {
				t.Errorf("dir is %q", got)
			}
			if got := p.attr("charset"); !slices.Equal(got, []string{"utf-8"}) {
				t.Errorf("charset is %q", got)
			}
			at := slices.Index(p.cells, "101")
			if at < 0 || p.cells[at+1] != tc.product {
				t.Errorf("101 is not %s in %q", tc.product, p.cells)
			}
			at = slices.Index(p.cells, "202")
			if at < 0 || p.cells[at+1] != `<script>alert("cups")</script>` || p.elements["script"] != 0 {
				t.Errorf("202 is not shown as it is written: %q", p.cells)
			}
			if !strings.Contains(p.text, tc.example) {
				t.Errorf("no example %q in %s", tc.example, p.text)
			}
			if p.elements["tbody"] != 2 || p.elements["tr"] != 1+2+4 {
				t.Errorf("elements are %v", p.elements)
			}
		})
	}
}

// TestPriceListHTMLStandsAlone: the page needs nothing from anywhere.
func TestPriceListHTMLStandsAlone(t *testing.T) {
	html := mustPricelist(t, "--html", "--data", filepath.Join(t.TempDir(), "none"))
	p := parsePage(t, html)
	for _, name := range []string{"link", "img", "script", "iframe", "object", "embed"} {
		if p.elements[name] != 0 {
			t.Errorf("there is a %s", name)
		}
	}
	if len(p.attr("src"))+len(p.attr("href")) != 0 || strings.Contains(html, "url(") || strings.Contains(html, "@import") {
		t.Error("something is fetched")
	}
	if !strings.Contains(html, "size: A4") {
		t.Error("the paper is not set")
	}
}

func TestPriceListUnknownLanguage(t *testing.T) {
	_, err := pricelist(t, "--lang", "xx", "--data", filepath.Join(t.TempDir(), "none"))
	if err == nil {
		t.Fatal("there is a list in no language")
	}
	for _, code := range append(lang.Available(), "xx") {
		if !strings.Contains(err.Error(), code) {
			t.Errorf("no %s in: %v", code, err)
		}
	}
}

// numbersOn are the numbers of a list by the products' names, which are one word.
func numbersOn(list string) map[string]string {
	on := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^ *([0-9]+)  (\w+)`).FindAllStringSubmatch(list, -1) {
		on[match[2]] = match[1]
	}
	return on
}

// TestPriceListNumbers: the list has the numbers that phones can type, whatever
// the data directory holds and whether haat runs on it or not.
func TestPriceListNumbers(t *testing.T) {
	const head = "sku,category,name_en,unit,price\n"
	const hoe, rice, soap = "HOE,tools,Hoe,piece,450\n", "RICE,food,Rice,bag,180\n", "SOAP,wash,Soap,bar,45\n"
	check := func(t *testing.T, out, hoe, rice, soap string) {
		t.Helper()
		if on := numbersOn(out); on["Hoe"] != hoe || on["Rice"] != rice || on["Soap"] != soap {
			t.Errorf("want Hoe %q, Rice %q and Soap %q on\n%s", hoe, rice, soap, out)
		}
	}
	dir := filepath.Join(t.TempDir(), "data")
	file := writeCatalog(t, head+hoe+rice+soap)

	check(t, mustPricelist(t, file, "--data", dir), "101", "201", "301")
	if !strings.Contains(mustPricelist(t, "--data", dir), "101  Rice 1 kg") {
		t.Error("where none was imported the list is not the sample's")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("listing has made a data directory")
	}

	importCatalog(t, dir, head+rice, exitOK)
	check(t, mustPricelist(t, "--data", dir), "", "101", "")
	would := mustPricelist(t, file, "--data", dir)
	check(t, would, "401", "101", "301")
	check(t, mustPricelist(t, "--data", dir), "", "101", "")

	running, err := bus.Open(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	check(t, mustPricelist(t, "--data", dir), "", "101", "")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"catalog", "import", file, "--data", dir}, strings.NewReader(""), &out, &errs); code != exitOK {
		t.Fatal(errs.String())
	}
	if now := mustPricelist(t, "--data", dir); now != would {
		t.Errorf("what was listed before the import is\n%sand after it\n%s", would, now)
	}
	taken := writeCatalog(t, "number,"+head+"101,"+soap)
	if _, err := pricelist(t, taken, "--data", dir); err == nil || !strings.Contains(err.Error(), taken+`:2: column "number": "101"`) {
		t.Errorf("the number of another product: %v", err)
	}
}

func TestPriceListDial(t *testing.T) {
	const atHome, sms = "channels: {a: {africastalking: {username: u, api_key: k, loopback_only: true}}}\n", "channels: {k: {kannel: {username: u, password: p}}}\n"
	for _, tc := range []struct {
		name, config string
		dials        bool
	}{
		{"no configuration", "", true},
		{"a channel with menus", atHome, true},
		{"a channel for texts alone", sms, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "haat.yaml")
			if err := os.WriteFile(config, []byte("log: {level: info}\n"+tc.config), 0o600); err != nil {
				t.Fatal(err)
			}
			out := mustPricelist(t, "--lang", "en", "--config", config, "--data", filepath.Join(t.TempDir(), "none"))
			if got := strings.Contains(out, "*384*101*2#"); got != tc.dials {
				t.Errorf("the list is\n%s", strings.Join(strings.SplitAfter(out, "\n")[:5], ""))
			}
		})
	}
}
