package catalog

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const header = "sku,category,name_en,name_sw,short_en,unit,price,stock,aliases\n"

func TestReadProduct(t *testing.T) {
	rice := Product{
		SKU: "RICE5", Category: "staples", Unit: "bag",
		Names:   map[string]string{"en": "Rice 5 kg", "sw": "Mchele kilo 5"},
		Short:   map[string]string{"en": "Rice 5kg"},
		Price:   Money{85000, "KES"},
		Stock:   60,
		Counted: true,
		Aliases: []string{"rice", "mchele"},
	}
	with := func(change func(*Product)) Product { p := rice; change(&p); return p }
	tests := []struct {
		name, file string
		want       Product
	}{
		{"every column", header + "RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", rice},
		{"byte order mark", "\ufeff" + header + "RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", rice},
		{"CRLF", strings.ReplaceAll(header+"RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", "\n", "\r\n"), rice},
		{"header in capitals and spaces", strings.ToUpper(strings.ReplaceAll(header, ",", " , ")) +
			"RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", rice},
		{"spaces around and twice", header + " RICE5 , staples,  Rice  5 kg ,Mchele kilo 5,Rice 5kg,bag , 850.00 , 60 , rice | mchele \n", rice},
		{"no-break space", header + "RICE5,staples,Rice\u00a05 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", rice},
		{"empty and repeated aliases", header + "RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,|rice||mchele|rice\n", rice},
		{"empty stock is not counted", header + "RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850,,rice|mchele\n",
			with(func(p *Product) { p.Stock, p.Counted = 0, false })},
		{"stock of zero is counted", header + "RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850,0,rice|mchele\n",
			with(func(p *Product) { p.Stock = 0 })},
		{"decomposed letters are composed", header + "RICE5,staples,Rice\u0301 5 kg,Mchele kilo 5,Rice 5kg,bag,850,60,rice|mchele\n",
			with(func(p *Product) { p.Names = map[string]string{"en": "Ricé 5 kg", "sw": "Mchele kilo 5"} })},
		{"number", "number," + header + " 205 ,RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n",
			with(func(p *Product) { p.Number = 205 })},
		{"empty number", "number," + header + ",RICE5,staples,Rice 5 kg,Mchele kilo 5,Rice 5kg,bag,850.00,60,rice|mchele\n", rice},
		{"joiners stay", header + "RICE5,staples,Rice 5 kg,क्\u200dष,Rice 5kg,bag,850,60,rice|mchele\n",
			with(func(p *Product) { p.Names = map[string]string{"en": "Rice 5 kg", "sw": "क्\u200dष"} })},
		{"only what is required", "price,unit,name_en,category,sku\n850,bag,Rice 5 kg,staples,RICE5\n",
			Product{SKU: "RICE5", Category: "staples", Unit: "bag", Names: map[string]string{"en": "Rice 5 kg"}, Price: Money{85000, "KES"}}},
		{"dearest price", "price,unit,name_en,category,sku\n10000000.00,bag,Rice 5 kg,staples,RICE5\n",
			Product{SKU: "RICE5", Category: "staples", Unit: "bag", Names: map[string]string{"en": "Rice 5 kg"}, Price: Money{1_000_000_000, "KES"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tt.file), "KES")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Product{tt.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadProblems(t *testing.T) {
	row := func(sku, price, stock string) string {
		return sku + ",c,Rice,Mchele,,bag," + price + "," + stock + ",\n"
	}
	numbered := func(sku, number string) string { return sku + ",c,Rice,bag,1," + number + "\n" }
	const numberHeader = "sku,category,name_en,unit,price,number\n"
	tests := []struct {
		name, file string
		want       []found // Say holds what the real one must contain
	}{
		{"empty file", "", []found{{0, "", "", "first line must be the header sku,"}}},
		{"only a byte order mark", "\ufeff", []found{{0, "", "", "it is empty"}}},
		{"only a header", header, []found{{0, "", "", "at least one row"}}},
		{"unknown column", "sku,category,name_en,unit,price,colour\nA,c,n,u,1,red\n", []found{{1, "", "colour", "unknown column"}}},
		{"unknown language form", "sku,category,name_en,name_Klingon,unit,price\nA,c,n,n,u,1\n", []found{{1, "", "name_Klingon", "unknown column"}}},
		{"column without a name", "sku,category,name_en,unit,price,\nA,c,n,u,1,\n", []found{{1, "", "", "column 6 has no name"}}},
		{"column twice", "sku,category,name_en,unit,price,price\nA,c,n,u,1,1\n", []found{{1, "price", "", "there twice"}}},
		{"missing column, and its rows are not blamed", "sku,category,name_en,unit\nA,c,n,u\n", []found{{1, "price", "", "missing"}}},
		{"semicolons", "sku;category;name_en;unit;price\nA;c;n;u;1\n", []found{
			{1, "", "sku;category;name_en;unit;price", "unknown column"}, {1, "sku", "", "separated by commas"},
			{1, "category", "", "separated by commas"}, {1, "name_en", "", "separated by commas"},
			{1, "unit", "", "separated by commas"}, {1, "price", "", "separated by commas"}}},
		{"too few cells", header + "RICE5,c\n", []found{{2, "", "", "2 cells under 9 columns"}}},
		{"too many cells", header + "RICE5,c,Rice, white,,,bag,1,1,\n", []found{{2, "", "", "10 cells under 9 columns"}}},
		{"lone quote, and the rows after it are read", header + "RICE5,c,Ri\"ce,,,bag,1,1,\n" + row("A", "x", ""),
			[]found{{2, "", "", "double quote"}, {3, "price", "x", "write the amount"}}},
		{"quote never closed names where it opened", header + row("A", "1", "") + "B,c,\"Rice,,,bag,1,1,\n" + row("C", "1", ""),
			[]found{{3, "", "", "double quote"}}},
		{"broken UTF-8", header + "RICE5,c,Ric\xe9,,,bag,1,1,\n", []found{{2, "name_en", "Ric\xe9", "CSV UTF-8"}}},
		{"character lost before", header + "RICE5,c,Ric\ufffd,,,bag,1,1,\n", []found{{2, "name_en", "Ric\ufffd", "was lost"}}},
		{"control character", header + "RICE5,c,Rice\x1b[2J,,,bag,1,1,\n", []found{{2, "name_en", "Rice\x1b[2J", "U+001B"}}},
		{"bidi override", header + "RICE5,c,Rice\u202e05,,,bag,1,1,\n", []found{{2, "name_en", "Rice\u202e05", "U+202E"}}},
		{"bidi mark", header + "RICE5,c,\u200fRice,,,bag,1,1,\n", []found{{2, "name_en", "\u200fRice", "U+200F"}}},
		{"zero-width space", header + "RICE5,c,Ri\u200bce,,,bag,1,1,\n", []found{{2, "name_en", "Ri\u200bce", "U+200B"}}},
		{"line break in a cell", header + "A,c,\"Rice\nwhite\",,,bag,1,1,\n" + row("B", "x", ""),
			[]found{{2, "name_en", "Rice\nwhite", "on one line"}, {4, "price", "x", "write the amount"}}},
		{"line numbers count empty lines", header + "\n\n" + row("A", "x", ""), []found{{4, "price", "x", "write the amount"}}},
		{"no SKU", header + row("", "1", ""), []found{{2, "sku", "", "short code"}}},
		{"SKU in small letters", header + row("rice5", "1", ""), []found{{2, "sku", "rice5", "use capital letters: RICE5"}}},
		{"SKU with a space", header + row("RICE 5", "1", ""), []found{{2, "sku", "RICE 5", "use 1 to 16"}}},
		{"SKU of digits", header + row("12-5", "1", ""), []found{{2, "sku", "12-5", "at least one letter"}}},
		{"SKU too long", header + row("ABCDEFGHIJKLMNOPQ", "1", ""), []found{{2, "sku", "ABCDEFGHIJKLMNOPQ", "use 1 to 16"}}},
		{"SKU is a command", header + row("BASKET", "1", ""), []found{{2, "sku", "BASKET", "command"}}},
		{"SKU twice", header + row("A", "1", "") + row("B", "1", "") + row("A", "1", ""), []found{{4, "sku", "A", "line 2 has it already"}}},
		{"no category", header + "A,,Rice,,,bag,1,,\n", []found{{2, "category", "", "not be empty"}}},
		{"no English name", header + "A,c,,Mchele,,bag,1,,\n", []found{{2, "name_en", "", "English name"}}},
		{"no unit", header + "A,c,Rice,,,,1,,\n", []found{{2, "unit", "", "not be empty"}}},
		{"name too long in characters", header + "A,c,Rice," + strings.Repeat("米", 81) + ",,bag,1,,\n",
			[]found{{2, "name_sw", strings.Repeat("米", 60) + "…", "81 characters"}}},
		{"alias too long", header + "A,c,Rice,,,bag,1,," + strings.Repeat("a", 81) + "\n",
			[]found{{2, "aliases", strings.Repeat("a", 60) + "…", "at most 80 characters"}}},
		{"no price", header + row("A", "", ""), []found{{2, "price", "", "write the amount"}}},
		{"price with a comma", header + row("A", "\"8,50\"", ""), []found{{2, "price", "8,50", "write the amount"}}},
		{"price with a currency", header + row("A", "KES 8", ""), []found{{2, "price", "KES 8", "write the amount"}}},
		{"price below zero", header + row("A", "-8", ""), []found{{2, "price", "-8", "write the amount"}}},
		{"price of zero", header + row("A", "0.00", ""), []found{{2, "price", "0.00", "above zero"}}},
		{"price too high", header + row("A", "10000000.01", ""), []found{{2, "price", "10000000.01", "at most 10000000.00"}}},
		{"price too fine", header + row("A", "1.005", ""), []found{{2, "price", "1.005", "2 decimal digits"}}},
		{"stock is no number", header + row("A", "1", "many"), []found{{2, "stock", "many", "plain digits"}}},
		{"stock below zero", header + row("A", "1", "-1"), []found{{2, "stock", "-1", "plain digits"}}},
		{"stock with a sign", header + row("A", "1", "+1"), []found{{2, "stock", "+1", "plain digits"}}},
		{"stock too high", header + row("A", "1", "1000001"), []found{{2, "stock", "1000001", "0 to 1000000"}}},
		{"number too low", numberHeader + numbered("A", "100"), []found{{2, "number", "100", "from 101 to 99999"}}},
		{"number too high", numberHeader + numbered("A", "100000"), []found{{2, "number", "100000", "from 101 to 99999"}}},
		{"number with a sign", numberHeader + numbered("A", "+101"), []found{{2, "number", "+101", "from 101 to 99999"}}},
		{"number is a word", numberHeader + numbered("A", "one"), []found{{2, "number", "one", "or leave it empty"}}},
		{"number twice", numberHeader + numbered("A", "101") + numbered("B", "") + numbered("C", "") + numbered("D", "0101"),
			[]found{{5, "number", "0101", "line 2 has it already; every number stands once"}}},
		{"the first problem of a cell counts", header + row("A\x01", "1", ""), []found{{2, "sku", "A\x01", "invisible"}}},
		{"all at once, one a cell", header + row("a", "x", "y") + row("B", "1", "") + "C,c\n" + row("B", "0", ""), []found{
			{2, "sku", "a", "capital"}, {2, "price", "x", "write the amount"}, {2, "stock", "y", "plain digits"},
			{4, "", "", "2 cells"}, {5, "price", "0", "above zero"}, {5, "sku", "B", "line 3"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			products, err := Read(strings.NewReader(tt.file), "KES")
			if products != nil {
				t.Error("a file with problems gave products")
			}
			compareProblems(t, err, tt.want)
		})
	}
}

// found is a problem as tests write it.
type found struct {
	Line              int
	Column, Cell, Say string
}

// compareProblems compares what was found with what was wanted; of Say only
// that it holds the words wanted.
func compareProblems(t *testing.T, err error, want []found) {
	t.Helper()
	var check *CheckError
	if !errors.As(err, &check) {
		t.Fatalf("want a CheckError, got %v", err)
	}
	got := make([]found, len(check.Problems))
	for i, p := range check.Problems {
		got[i] = found{p.Line, p.Column, p.Cell, p.Say}
		if reasons[p.Key] == "" || strings.ContainsAny(p.Say, "{}") {
			t.Errorf("%q is no reason that other languages know, or lacks a filling: %s", p.Key, p.Say)
		}
		if i < len(want) && strings.Contains(p.Say, want[i].Say) {
			got[i].Say = want[i].Say
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadSample(t *testing.T) {
	f, err := os.Open("../cmd/haat/sample/catalog.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	products, err := Read(f, "KES")
	if err != nil {
		t.Fatal(err)
	}
	if len(products) < 100 {
		t.Errorf("%d products of the sample were read", len(products))
	}
	g, err := os.Open("../cmd/haat/sample/categories.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	categories, err := ReadCategories(g)
	if err != nil {
		t.Fatal(err)
	}
	c := New("1", products, categories)
	if len(c.Categories()) != len(categories) {
		t.Errorf("%d of %d categories have products", len(c.Categories()), len(categories))
	}
}

func TestReadCategories(t *testing.T) {
	got, err := ReadCategories(strings.NewReader("id,name_en,name_sw\noils,Oils,Mafuta\ntools,Tools,\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Category{{"oils", map[string]string{"en": "Oils", "sw": "Mafuta"}}, {"tools", map[string]string{"en": "Tools"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err = ReadCategories(strings.NewReader("id,name_en\noils,\n,Tools\noils,Oils\n"))
	compareProblems(t, err, []found{{2, "name_en", "", "English"}, {3, "id", "", "empty"}, {4, "id", "oils", "line 2"}})
}

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.at%len(e.text)]
		e.at++
	}
	return len(p), nil
}

func TestReadLimits(t *testing.T) {
	const bare = "sku,category,name_en,unit,price\n"
	tests := []struct {
		name string
		file io.Reader
		want string
	}{
		{"bytes", io.MultiReader(strings.NewReader(bare), &endless{text: "A,c," + strings.Repeat("n", 1000) + ",u,1\n"}), "larger than 32 MiB"},
		{"bytes within one cell", io.MultiReader(strings.NewReader(bare+"A,c,\""), &endless{text: "n"}), "larger than 32 MiB"},
		{"rows", io.MultiReader(strings.NewReader(bare), &endless{text: "A,c,n,u,1\n"}), "and "},
		{"aliases", strings.NewReader(header + "A,c,n,,,u,1,," + manyAliases(MaxAliases+1) + "\n"), "write at most 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(tt.file, "KES")
			var check *CheckError
			if !errors.As(err, &check) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.200v", err)
			}
			if len(check.Problems) > MaxProblems {
				t.Errorf("%d problems are listed", len(check.Problems))
			}
		})
	}
}

func manyAliases(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("a", i%70+1) + string(rune('a'+i/70)) + "|")
	}
	return b.String()
}

func TestReadTooManyProducts(t *testing.T) {
	rows := 0
	table := Table{Required: []string{"id"}, MaxRows: 3}
	err := table.Read(strings.NewReader("id\na\nb\nc\nd\ne\n"), func(*Row) { rows++ })
	compareProblems(t, err, []found{{5, "", "", "more than 3 rows"}})
	if rows != 3 {
		t.Errorf("%d rows were given", rows)
	}
}

// A disk that fails is no mistake in the file.
func TestReadFailingReader(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := Read(io.MultiReader(strings.NewReader(header), iotest.ErrReader(broken)), "KES")
	var check *CheckError
	if !errors.Is(err, broken) || errors.As(err, &check) {
		t.Errorf("got %v", err)
	}
}

func TestCheckErrorText(t *testing.T) {
	_, err := Read(strings.NewReader(header+"a,c,Rice,,,bag,x,,\n"), "KES")
	want := "2 to correct:\n" +
		"line 2, sku: \"a\": use capital letters: A\n" +
		"line 2, price: \"x\": write the amount like 850 or 850.00, without currency or thousands separators"
	if err.Error() != want {
		t.Errorf("got %s", err)
	}
	full := &CheckError{}
	for range MaxProblems + 2 {
		full.add(Problem{Reason: Reason{Say: "no"}})
	}
	if !strings.HasSuffix(full.Error(), "and 2 more; correct these first and check again") {
		t.Errorf("the rest is not counted: %s", full.Error()[len(full.Error())-100:])
	}
}
