package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// goods are products written as SKU:category or SKU:category:number.
func goods(words string) (products []Product) {
	for word := range strings.FieldsSeq(words) {
		parts := strings.Split(word, ":")
		p := Product{SKU: parts[0], Category: parts[1]}
		if len(parts) == 3 {
			p.Number, _ = strconv.Atoi(parts[2])
		}
		products = append(products, p)
	}
	return products
}

// many are n products of a category.
func many(n int, sku, category string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d:%s ", sku, i+1, category)
	}
	return b.String()
}

// imported are the products of the last of some files, each of which was
// imported in turn, and the register then.
func imported(t *testing.T, files ...string) (products []Product, register []Given) {
	t.Helper()
	for _, file := range files {
		numbered, given, err := Assign(goods(file), register)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		products, register = numbered, append(register, given...)
	}
	return products, register
}

func TestAssign(t *testing.T) {
	tests := []struct {
		name  string
		files []string
		want  string // among the last file's
	}{
		{"a block for each category in order of appearance", []string{"SOAP:wash RICE:food BRUSH:wash OIL:food"},
			"SOAP:101 BRUSH:102 RICE:201 OIL:202"},
		{"a new product", []string{"RICE:food OIL:food SOAP:wash", "NEW:food RICE:food OIL:food SOAP:wash"},
			"NEW:103 RICE:101 OIL:102 SOAP:201"},
		{"reordered", []string{"RICE:food OIL:food SOAP:wash", "SOAP:wash OIL:food RICE:food"}, "SOAP:201 OIL:102 RICE:101"},
		{"removed, and another comes", []string{"RICE:food OIL:food", "OIL:food", "OIL:food NEW:food"}, "OIL:102 NEW:103"},
		{"removed and back", []string{"RICE:food OIL:food", "OIL:food NEW:food", "OIL:food NEW:food RICE:food"}, "RICE:101 OIL:102 NEW:103"},
		{"the last one removed and another", []string{"RICE:food", "NEW:food"}, "NEW:201"},
		{"moved to another category", []string{"RICE:food OIL:food SOAP:wash", "RICE:food OIL:wash SOAP:wash NEW:wash"}, "OIL:102 SOAP:201 NEW:202"},
		{"moved to a new category does not take the block along", []string{"RICE:food OIL:food", "RICE:food OIL:offers NEW:offers"}, "OIL:102 NEW:201"},
		{"a category with a new name keeps its block", []string{"RICE:food OIL:food SOAP:wash", "RICE:staples OIL:staples NEW:staples SOAP:wash"}, "NEW:103 SOAP:201"},
		{"of two with as many in a block the earlier has it", []string{"RICE:food OIL:food", "RICE:offers OIL:food A:food B:offers"}, "A:201 B:103"},
		{"a new category before the others", []string{"RICE:food SOAP:wash", "HOE:tools RICE:food SOAP:wash NEW:wash"}, "HOE:301 RICE:101 SOAP:201 NEW:202"},
		{"a new category behind the others", []string{"RICE:food SOAP:wash", "RICE:food SOAP:wash HOE:tools"}, "HOE:301"},
		{"a category that went leaves its block unused", []string{"RICE:food SOAP:wash", "RICE:food", "RICE:food HOE:tools"}, "HOE:301"},
		{"a full block", []string{many(100, "A", "food") + "SOAP:wash HOE:tools"}, "A99:199 A100:401 SOAP:201 HOE:301"},
		{"a full block is continued where it was", []string{many(100, "A", "food") + "SOAP:wash", many(101, "A", "food") + "SOAP:wash NEW:tools"},
			"A100:301 A101:302 NEW:401"},
		{"a full block stays full when its products go", []string{many(99, "A", "food") + "SOAP:wash", "A1:food NEW:food SOAP:wash"}, "A1:101 NEW:301"},
		{"a category without new products takes no block", []string{many(99, "A", "food"), "A1:offers A2:food A3:food NEW:food"}, "A1:101 NEW:201"},
		{"two full blocks", []string{many(100, "A", "food") + many(100, "B", "wash")}, "A100:301 B100:401"},
		{"explicit", []string{"RICE:food:555 OIL:food SOAP:wash"}, "RICE:555 OIL:501 SOAP:201"},
		{"explicit in its own block", []string{"RICE:food:102 OIL:food SALT:food"}, "RICE:102 OIL:101 SALT:103"},
		{"explicit stays without being written", []string{"RICE:food:555 OIL:food", "OIL:food RICE:food"}, "RICE:555"},
		{"explicit in the block of another category", []string{"RICE:food:201 SOAP:wash OIL:food HOE:tools"}, "RICE:201 SOAP:401 OIL:202 HOE:301"},
		{"explicit is written again", []string{"RICE:food OIL:food", "RICE:food:101 OIL:food:102"}, "RICE:101 OIL:102"},
		{"explicit, and the number before is not reused", []string{"RICE:food OIL:food", "RICE:food:150 OIL:food", "RICE:food OIL:food NEW:food"}, "RICE:150 OIL:102 NEW:103"},
		{"explicit back to an earlier number", []string{"RICE:food", "RICE:food:150", "RICE:food:101", "RICE:food"}, "RICE:101"},
		{"a hundred itself only when explicit", []string{"RICE:food:300 SOAP:wash HOE:tools " + many(99, "A", "wash")}, "RICE:300 SOAP:201 HOE:401 A98:299 A99:501"},
		{"nothing is free above", []string{"RICE:food:99999 SOAP:wash " + many(99, "A", "wash") + many(99, "B", "food")}, "SOAP:201 A99:101 B98:99998 B99:301"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			products, register := imported(t, tt.files...)
			c := New("", products, nil)
			for word := range strings.FieldsSeq(tt.want) {
				sku, number, _ := strings.Cut(word, ":")
				p, _ := c.BySKU(sku)
				if strconv.Itoa(p.Number) != number {
					t.Errorf("%s has %d, want %s", sku, p.Number, number)
				}
				if found, _ := c.ByNumber(p.Number); found != p {
					t.Errorf("%s finds %v", number, found)
				}
			}
			if _, given, err := Assign(products, register); err != nil || len(given) != 0 {
				t.Errorf("the same once more gives %v, %v", given, err)
			}
		})
	}
}

func TestAssignRefuses(t *testing.T) {
	_, register := imported(t, "RICE:food OIL:food", "OIL:food:150")
	tests := []struct{ name, file, want string }{
		{"what another product has", "NEW:food:150", "NEW: this number is that of OIL for ever"},
		{"what another product had before", "OIL:food NEW:food:102", "NEW: this number is that of OIL for ever"},
		{"what a product had that is not sold any more", "NEW:food:101", "NEW: this number is that of RICE for ever"},
		{"two at once", "RICE:food:150 OIL:food:101", "2 to correct"},
		{"the same twice", "A:food:777 B:food:777", "B: this number is that of A"},
		{"below the first", "NEW:food:100", "from 101 to 99999"},
		{"above the last", "NEW:food:100000", "from 101 to 99999"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			products, given, err := Assign(goods(tt.file), register)
			var check *CheckError
			if !errors.As(err, &check) || !strings.Contains(err.Error(), tt.want) || products != nil || given != nil {
				t.Errorf("got %v, %v, %v", products, given, err)
			}
		})
	}
}

// When every number has been given nothing breaks: who has one keeps it.
func TestAssignWithoutNumbersLeft(t *testing.T) {
	var register []Given
	for n := FirstNumber; n <= LastNumber; n++ {
		if n != 300 && n != 45678 {
			register = append(register, Given{"OLD" + strconv.Itoa(n), n})
		}
	}
	products, given, err := Assign(goods("A:food OLD101:food B:wash C:food"), register)
	if err != nil {
		t.Fatal(err)
	}
	want := goods("A:food:300 OLD101:food:101 B:wash:45678 C:food")
	if diff := cmp.Diff(want, products); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Given{{"A", 300}, {"B", 45678}}, given); diff != "" {
		t.Error(diff)
	}
}

// The largest catalogue with a category for each product still gets a number each.
func TestAssignManyCategories(t *testing.T) {
	products := make([]Product, MaxProducts)
	for i := range products {
		products[i] = Product{SKU: "P" + strconv.Itoa(i), Category: strconv.Itoa(i)}
	}
	numbered, _, err := Assign(products, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range numbered {
		if seen[p.Number] || p.Number < FirstNumber || p.Number > LastNumber {
			t.Fatalf("%s has %d", p.SKU, p.Number)
		}
		seen[p.Number] = true
	}
}

// TestNumbersStay: whatever is imported, a number once given to a product is
// never that of another, and a product keeps its number unless the file says
// another one.
func TestNumbersStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var register []Given
		owner, has := map[int]string{}, map[string]int{}
		for range rapid.IntRange(1, 8).Draw(t, "imports") {
			file := drawFile(t, owner, has)
			before := slices.Clone(file)
			numbered, given, err := Assign(file, register)
			if err != nil {
				t.Fatalf("%v: %v", file, err)
			}
			if diff := cmp.Diff(before, file); diff != "" {
				t.Fatal("the products given were changed: " + diff)
			}
			register = append(register, given...)
			inFile := map[int]bool{}
			for i, p := range numbered {
				if inFile[p.Number] || p.Number < FirstNumber || p.Number > LastNumber {
					t.Fatalf("%s has %d", p.SKU, p.Number)
				}
				inFile[p.Number] = true
				if first, ok := owner[p.Number]; ok && first != p.SKU {
					t.Fatalf("%d was that of %s and is now that of %s", p.Number, first, p.SKU)
				}
				if was, ok := has[p.SKU]; ok && was != p.Number && file[i].Number == 0 {
					t.Fatalf("%s had %d and has %d now", p.SKU, was, p.Number)
				}
				owner[p.Number], has[p.SKU] = p.SKU, p.Number
			}
			if again, more, err := Assign(file, register); err != nil || len(more) > 0 || !cmp.Equal(again, numbered) {
				t.Fatalf("the same file again gives %v, %v", more, err)
			}
		}
	})
}

// drawFile is a file with some of a few products in any order and in any
// category, some with a number that is theirs or nobody's.
func drawFile(t *rapid.T, owner map[int]string, has map[string]int) (file []Product) {
	skus := rapid.SliceOfNDistinct(rapid.IntRange(1, 300), 1, 250, rapid.ID[int]).Draw(t, "products")
	categories := rapid.IntRange(1, 4).Draw(t, "categories")
	taken := maps.Clone(owner)
	for _, sku := range skus {
		p := Product{SKU: "P" + strconv.Itoa(sku), Category: strconv.Itoa(rapid.IntRange(1, categories).Draw(t, "category"))}
		if rapid.IntRange(0, 9).Draw(t, "explicit") == 0 {
			n := rapid.IntRange(FirstNumber, 900).Draw(t, "number")
			if first, ok := taken[n]; !ok || first == p.SKU {
				p.Number, taken[n] = n, p.SKU
			}
		}
		file = append(file, p)
	}
	return file
}

func TestNumberFile(t *testing.T) {
	const head = "sku,category,name_en,unit,price"
	register := []Given{{"OLD", 101}, {"RICE", 102}}
	tests := []struct {
		name, file string
		register   []Given
		want       string
		given      []Given
	}{
		{"the column is added", head + "\nRICE,food,Rice,bag,1\nSOAP,wash,Soap,bar,2\n", nil,
			head + ",number\nRICE,food,Rice,bag,1,101\nSOAP,wash,Soap,bar,2,201\n", []Given{{"RICE", 101}, {"SOAP", 201}}},
		{"the column is filled where it stands", "number," + head + "\n,RICE,food,Rice,bag,1\n777,OIL,food,Oil,tin,2\n", nil,
			"number," + head + "\n701,RICE,food,Rice,bag,1\n777,OIL,food,Oil,tin,2\n", []Given{{"OIL", 777}, {"RICE", 701}}},
		{"the register counts", head + "\nNEW,food,New,bag,1\nRICE,food,Rice,bag,1\n", register,
			head + ",number\nNEW,food,New,bag,1,103\nRICE,food,Rice,bag,1,102\n", []Given{{"NEW", 103}}},
		{"cells stay as they are", "\ufeffSKU, category ,name_en,unit,price\r\nRICE,food,\" Rice, \"\"best\"\" \",bag,1.50\r\n", nil,
			head + ",number\nRICE,food,\" Rice, \"\"best\"\" \",bag,1.50,101\n", []Given{{"RICE", 101}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, given, err := Number([]byte(tt.file), tt.register)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.given, given); diff != "" {
				t.Error(diff)
			}
			again, more, err := Number(got, append(tt.register, given...))
			if err != nil || len(more) != 0 || string(again) != string(got) {
				t.Errorf("numbered again it is %s, with %v, %v", again, more, err)
			}
		})
	}
}

func TestNumberFileRefuses(t *testing.T) {
	file := "sku,category,name_en,unit,price,number\nRICE,food,Rice,bag,1,\nNEW,food,New,bag,1,101\nOIL,food,Oil,tin,1,12\nA,food,A,tin,1,700\nB,food,B,tin,1,700\n"
	got, given, err := Number([]byte(file), []Given{{"OLD", 101}})
	if got != nil || given != nil {
		t.Errorf("a file with problems gave %s, %v", got, given)
	}
	compareProblems(t, err, []found{
		{3, "number", "101", "that of OLD for ever"}, {4, "number", "12", "from 101 to 99999"}, {6, "number", "700", "line 5 has it already"}})
}

func TestNumberFileTooLarge(t *testing.T) {
	var file strings.Builder
	file.WriteString("sku,category,name_en,unit,price,aliases\n")
	alias := strings.Repeat(strings.Repeat("a", MaxName-1)+"|", 100)
	for i := 0; file.Len() < MaxBytes-len(alias)-100; i++ {
		fmt.Fprintf(&file, "P%d,food,Rice,bag,1,%s\n", i, alias)
	}
	fmt.Fprintf(&file, "LAST,food,Rice,bag,1,%s\n", strings.Repeat("a", MaxBytes-file.Len()-len("LAST,food,Rice,bag,1,\n")))
	if _, _, err := Number([]byte(file.String()), nil); err == nil || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Errorf("got %.200v", err)
	}
}

func TestByNumber(t *testing.T) {
	c := New("", goods("RICE:food:101 NEW:food SOAP:wash:202"), nil)
	if p, ok := c.ByNumber(202); !ok || p.SKU != "SOAP" {
		t.Errorf("202 finds %v", p)
	}
	for _, n := range []int{0, 102, -1} {
		if p, ok := c.ByNumber(n); ok {
			t.Errorf("%d finds %v", n, p)
		}
	}
}
