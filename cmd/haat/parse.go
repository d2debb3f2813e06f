package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"haat/catalog"
	"haat/gateway/parse"
)

// longestLine is the longest line of JSON that parse reads, in bytes.
const longestLine = 1 << 20

// parseCmd tells what texts mean, without a running haat.
type parseCmd struct {
	Catalog string `required:"" placeholder:"FILE" help:"Catalogue file that the texts order from."`
	Config  string `short:"c" env:"HAAT_CONFIG" placeholder:"FILE" help:"Configuration file, for the currency of the prices and the words of the place."`
	Explain bool   `help:"Tell which words became what."`
}

// Run reads lines such as {"id":"1","lang":"en","text":"2 soap"} and writes one
// line about each. A line that cannot be read is answered with an error in its
// place, and fails the command in the end.
func (cmd parseCmd) Run(_ context.Context, io *stdio) error {
	c, err := place{Config: cmd.Config}.loadToRead()
	if err != nil {
		return err
	}
	parser, err := parserFor(cmd.Catalog, c.Market)
	if err != nil {
		return list(io.Err, err)
	}
	return cmd.each(io.In, io.Out, parser)
}

// parserFor reads a catalogue file for a parser that knows every language.
func parserFor(file string, market MarketConfig) (*parse.Parser, error) {
	csv, _, err := readCatalog(file, market.Currency)
	if err != nil {
		return nil, err
	}
	products, err := catalog.Read(bytes.NewReader(csv), market.Currency)
	if err != nil {
		return nil, err
	}
	numbered, _, err := catalog.Assign(products, nil)
	if err != nil {
		return nil, namedIn(file, err)
	}
	languages, err := market.speak()
	if err != nil {
		return nil, err
	}
	return parse.New(catalog.New("", numbered, nil), languages), nil
}

func (cmd parseCmd) each(in io.Reader, out io.Writer, parser *parse.Parser) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	w := bufio.NewWriter(out)
	answer := json.NewEncoder(w)
	answer.SetEscapeHTML(false)
	bad := 0
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		understood := cmd.line(lines.Bytes(), parser)
		if understood.Error != "" {
			bad++
			understood.Error = fmt.Sprintf("line %d: %s", n, understood.Error)
		}
		if err := answer.Encode(understood); err != nil {
			return err
		}
	}
	if err := errors.Join(lines.Err(), w.Flush()); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d %s could not be read: write one JSON object with a text on each", bad, plural(bad, "line", "lines"))
	}
	return nil
}

// line understands one line of input.
func (cmd parseCmd) line(line []byte, parser *parse.Parser) understood {
	var in struct {
		ID   json.RawMessage `json:"id"`
		Text *string         `json:"text"`
		Lang string          `json:"lang"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return understood{Error: err.Error()}
	}
	if in.Text == nil {
		return understood{ID: in.ID, Error: "there is no text"}
	}
	m, parts := parser.Explain(*in.Text, in.Lang)
	u := understoodAs(m)
	u.ID = in.ID
	if cmd.Explain {
		for _, p := range parts {
			u.Explain = append(u.Explain, explained{p.Text, p.As})
		}
	}
	return u
}

// understood is a meaning as a line of output.
type understood struct {
	ID         json.RawMessage `json:"id,omitempty"`
	Intent     string          `json:"intent,omitempty"`
	Items      *[]item         `json:"items,omitempty"`      // for order and ask
	Candidates *[]string       `json:"candidates,omitempty"` // for ask
	OrderNo    string          `json:"order_no,omitempty"`
	LangTo     string          `json:"lang_to,omitempty"`
	TextItem   string          `json:"text_item,omitempty"`
	Qty        float64         `json:"qty,omitempty"`
	Unit       string          `json:"unit,omitempty"`
	Price      json.Number     `json:"price,omitempty"`
	Explain    []explained     `json:"explain,omitempty"`
	Error      string          `json:"error,omitempty"`
}

type item struct {
	SKU string `json:"sku"`
	Qty int    `json:"qty"`
}

type explained struct {
	Text string `json:"text"`
	As   string `json:"as"`
}

func understoodAs(m parse.Meaning) understood {
	u := understood{Intent: string(m.Intent), OrderNo: m.OrderNo, LangTo: m.LangTo}
	switch m.Intent {
	case parse.Number: // which means nothing where there is no screen
		u.Intent = string(parse.Unknown)
	case parse.Shop:
		u.Intent = string(parse.Menu)
	case parse.Order:
		u.Items = items(m.Items)
	case parse.Ask:
		u.Items = items(m.Items)
		u.Candidates = &[]string{}
		if len(m.Questions) > 0 { // of several, the first counts
			u.Candidates = &m.Questions[0].Candidates
		}
	case parse.Sell:
		u.TextItem, u.Qty, u.Unit = m.Offer.Item, m.Offer.Qty, m.Offer.Unit
		if m.Offer.Price.Minor > 0 {
			u.Price = json.Number(plainDecimal(m.Offer.Price))
		}
	}
	return u
}

func items(list []parse.Item) *[]item {
	out := make([]item, len(list))
	for i, it := range list {
		out[i] = item(it)
	}
	return &out
}

// plainDecimal writes an amount without decimals that are zero.
func plainDecimal(m catalog.Money) string {
	text := m.Decimal()
	if catalog.Digits(m.Currency) > 0 && m.Minor%100 == 0 {
		return text[:len(text)-1-catalog.Digits(m.Currency)]
	}
	return text
}
