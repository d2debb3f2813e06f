package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/orders/shelf"
)

// catalogPricelistCmd prints what can be ordered, for the shop's wall.
type catalogPricelistCmd struct {
	File string `arg:"" optional:"" help:"CSV file to list as it would be imported now. Without it, the present catalogue."`
	Lang string `placeholder:"XX" help:"Language of the list (default: the first of market.languages)."`
	HTML bool   `name:"html" help:"A page for a browser to print, rather than plain text."`
	place
}

// Run prints the list.
func (cmd *catalogPricelistCmd) Run(ctx context.Context, io *stdio) error {
	c, err := cmd.loadToRead()
	if err != nil {
		return err
	}
	languages, err := lang.Load(cmp.Or(cmd.Lang, c.Market.Languages[0]))
	if err != nil {
		return err
	}
	csv, err := cmd.numbered(ctx, c, io)
	if err != nil {
		return list(io.Err, err)
	}
	products, err := catalog.Read(bytes.NewReader(csv), c.Market.Currency)
	if err != nil {
		return fmt.Errorf("the catalogue: %w", err)
	}
	categories, err := readCategories(c)
	if err != nil {
		return err
	}
	l := newPriceList(catalog.New("", products, categories), languages.Default(), c.menuCode())
	if cmd.HTML {
		return priceListPage.Execute(io.Out, l)
	}
	_, err = io.Out.Write(l.text())
	return err
}

// numbered is the file to list or the present catalogue, with the numbers that
// the haat in the data directory, running or stopped, has given or would give.
func (cmd *catalogPricelistCmd) numbered(ctx context.Context, c Config, io *stdio) (csv []byte, err error) {
	if cmd.File != "" {
		if csv, _, err = readCatalog(cmd.File, c.Market.Currency); err != nil {
			return nil, err
		}
	}
	if neverStarted(c) {
		if csv == nil {
			if csv, err = firstCatalog(c); err != nil {
				return nil, err
			}
		}
		csv, _, err = catalog.Number(csv, nil)
		return csv, err
	}
	b, err := openBus(ctx, c, newLogger(LogConfig{Level: "error", Format: "console"}, io.Err))
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if csv == nil {
		if i, err := shelf.Current(ctx, b); err != nil {
			return nil, err
		} else if i != nil {
			return i.CSV, nil
		}
		if csv, err = firstCatalog(c); err != nil {
			return nil, err
		}
	}
	if csv, err = shelf.Preview(ctx, b, csv); err != nil && cmd.File != "" {
		return nil, namedIn(cmd.File, err)
	}
	return csv, err
}

// neverStarted tells that no haat has given numbers in the data directory. To
// find none there by opening it would make one.
func neverStarted(c Config) bool {
	_, err := os.Stat(filepath.Join(c.Data, "nats"))
	return c.NATS.URL == "" && errors.Is(err, fs.ErrNotExist)
}

// menuCode is what people dial for the menu, or "" where no channel has one.
func (c *Config) menuCode() string {
	for _, channel := range c.Channels {
		if channel.AfricasTalking != nil || channel.Demo != nil {
			return c.Market.DialCode
		}
	}
	return ""
}

// priceList is a price list in the words of its language.
type priceList struct {
	Lang, Dir string // of the page
	Title     string
	How       string // to order by text
	Dial      string // may be empty
	Head      priceLine
	Groups    []priceGroup
}

type priceGroup struct {
	Name  string
	Lines []priceLine
}

type priceLine struct{ Number, Name, Unit, Price string }

func newPriceList(c *catalog.Catalog, l *lang.Language, dial string) *priceList {
	p := &l.Phrases
	list := &priceList{
		Lang: l.Code, Dir: direction(l.Code), Title: p.ListTitle.String(),
		Head: priceLine{p.ListNumber.String(), p.ListProduct.String(), p.ListUnit.String(), p.ListPrice.String()},
	}
	list.How = p.ListHow.With("example", list.asTyped(exampleOrder(c)))
	if dial != "" {
		list.Dial = p.ListDial.With("code", list.asTyped(dialledOrder(dial, c)))
	}
	for _, category := range c.Categories() {
		group := priceGroup{Name: category.Name(l.Names)}
		for _, product := range c.In(category.ID) {
			group.Lines = append(group.Lines, priceLine{
				Number: typed(product), Name: product.Name(l.Names), Unit: l.Unit(product.Unit), Price: l.Money(product.Price),
			})
		}
		list.Groups = append(list.Groups, group)
	}
	return list
}

// dialledOrder is the code with an order in it, where products have numbers:
// *384*101*2#.
func dialledOrder(code string, c *catalog.Catalog) string {
	for _, category := range c.Categories() {
		for _, p := range c.In(category.ID) {
			if p.Number != 0 {
				return strings.TrimSuffix(code, "#") + "*" + typed(p) + "*2#"
			}
		}
	}
	return code
}

// typed is what phones type for a product. Its digits are those on the keys,
// whatever the language writes.
func typed(p *catalog.Product) string {
	if p.Number == 0 { // all numbers have been given
		return p.SKU
	}
	return strconv.Itoa(p.Number)
}

// exampleOrder is two of a product and one of another, which is of the second
// category where there is one.
func exampleOrder(c *catalog.Catalog) string {
	first := c.In(c.Categories()[0].ID)
	example := typed(first[0]) + " 2"
	if categories := c.Categories(); len(categories) > 1 {
		return example + ", " + typed(c.In(categories[1].ID)[0])
	}
	if len(first) > 1 {
		return example + ", " + typed(first[1])
	}
	return example
}

// direction is how a page in the language runs, as HTML says it.
func direction(code string) string {
	switch script, _ := language.Make(code).Script(); script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm":
		return "rtl"
	}
	return "ltr"
}

// asTyped keeps the order of the keys: without LEFT-TO-RIGHT MARKs a line that
// runs from right to left would show *384# as #384*.
func (l *priceList) asTyped(keys string) string {
	const mark = "\u200e"
	if l.Dir == "rtl" {
		return mark + keys + mark
	}
	return keys
}

//go:embed pricelist.html
var priceListHTML string

var priceListPage = template.Must(template.New("pricelist").Parse(priceListHTML))

// What a line of the text has room for.
const (
	textWidth = 72 // at ten characters an inch, A4 with narrow margins
	unitWidth = 16
	nameWidth = 20 // at least
	columnGap = 2
)

// text is the list in columns of plain text.
func (l *priceList) text() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n%s\n\n", l.Title, strings.Repeat("=", cells(l.Title)))
	for _, line := range wrapped(strings.TrimSpace(l.How+"\n"+l.Dial), textWidth) {
		fmt.Fprintln(&out, line)
	}
	columns := l.columns()
	out.WriteByte('\n')
	columns.write(&out, l.Head)
	for _, group := range l.Groups {
		out.WriteByte('\n')
		for _, line := range wrapped(group.Name, textWidth) {
			fmt.Fprintf(&out, "%s\n%s\n", line, strings.Repeat("-", cells(line)))
		}
		for _, line := range group.Lines {
			columns.write(&out, line)
		}
	}
	return out.Bytes()
}

// listColumns are the widths of the columns.
type listColumns struct{ number, name, unit, price int }

// columns are as wide as what stands in them; units and names wrap rather than
// make a line too long.
func (l *priceList) columns() listColumns {
	var c listColumns
	fit := func(line priceLine) {
		c.number = max(c.number, cells(line.Number))
		c.name = max(c.name, cells(line.Name))
		c.unit = max(c.unit, min(cells(line.Unit), unitWidth))
		c.price = max(c.price, cells(line.Price))
	}
	fit(l.Head)
	for _, group := range l.Groups {
		for _, line := range group.Lines {
			fit(line)
		}
	}
	c.name = min(c.name, max(nameWidth, textWidth-c.number-c.unit-c.price-3*columnGap))
	return c
}

func (c listColumns) write(out io.Writer, line priceLine) {
	names, units := wrapped(line.Name, c.name), wrapped(line.Unit, c.unit)
	gap := strings.Repeat(" ", columnGap)
	for i := range max(len(names), len(units)) {
		row := [4]string{}
		if i == 0 {
			row[0], row[3] = line.Number, line.Price
		}
		if i < len(names) {
			row[1] = names[i]
		}
		if i < len(units) {
			row[2] = units[i]
		}
		text := blanks(row[0], c.number) + row[0] + gap + row[1] + blanks(row[1], c.name) + gap +
			row[2] + blanks(row[2], c.unit) + gap + blanks(row[3], c.price) + row[3]
		fmt.Fprintln(out, strings.TrimRight(text, " "))
	}
}

func blanks(text string, room int) string {
	return strings.Repeat(" ", max(room-cells(text), 0))
}
