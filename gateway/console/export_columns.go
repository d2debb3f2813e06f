package console

import (
	"haat/gateway/console/index"
	"haat/gateway/console/table"
)

// exportColumn is one of an exported table: its title's key, and its cell of a
// row.
type exportColumn struct {
	key   string
	width int
	cell  func(l *line, row *index.Row) table.Cell
}

// exportColumnsAll are the columns in their order. Kinds, states and the like
// stand as in addresses, which are the same in every language: files of two
// operators can be put together.
var exportColumnsAll = []exportColumn{
	{"export.time", 20, nil}, // needs the zone of the console: see exportCells
	{"export.zone", 8, nil},
	{"log.phone", 10, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Phone) }},
	{"export.phone_id", 20, nil}, // needs the key
	{"field.channel", 12, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Channel) }},
	{"field.mode", 8, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Mode) }},
	{"field.kind", 8, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Kind) }},
	{"field.class", 12, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Class) }},
	{"log.in", 40, func(l *line, _ *index.Row) table.Cell { return table.Text(l.In) }},
	{"log.out", 60, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Out) }},
	{"field.status", 12, func(l *line, _ *index.Row) table.Cell { return table.Text(l.State) }},
	{"export.why", 40, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Why) }},
	{"export.sms", 10, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Ref) }},
	{"export.attempt", 8, func(l *line, _ *index.Row) table.Cell { return countCell(l.Attempt) }},
	{"export.segments", 8, func(l *line, _ *index.Row) table.Cell { return countCell(l.Segments) }},
	{"export.cost", 8, func(_ *line, row *index.Row) table.Cell { return table.Decimal(row.Cost) }},
	{"export.currency", 8, func(_ *line, row *index.Row) table.Cell { return table.Text(row.Currency) }},
	{"field.lang", 10, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Language) }},
	{"field.station", 10, func(_ *line, row *index.Row) table.Cell { return table.Text(row.Station) }},
	{"side.screen", 12, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Screen) }},
	{"export.order", 38, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Order) }},
	{"export.offer", 20, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Offer) }},
	{"export.heard", 40, func(l *line, _ *index.Row) table.Cell { return table.Text(l.Heard) }},
	{"export.message", 10, func(l *line, _ *index.Row) table.Cell { return table.Int(int64(l.Seq)) }},
}

func countCell(n int) table.Cell {
	if n == 0 {
		return table.Cell{}
	}
	return table.Int(int64(n))
}

func (c *Console) exportColumns(code string) (all []table.Column) {
	for _, column := range exportColumnsAll {
		all = append(all, table.Column{Title: c.texts.say(code, column.key), Width: column.width})
	}
	return all
}

// exportCells puts a row of the index into the cells of a row of the file: masked
// as on pages, with whole texts.
func (c *Console) exportCells(cells []table.Cell, row *index.Row) {
	l := toldBy(row)
	at := row.At.In(c.Zone)
	for i, column := range exportColumnsAll {
		switch {
		case column.cell != nil:
			cells[i] = column.cell(&l, row)
		case column.key == "export.time":
			cells[i] = table.Time(at)
		case column.key == "export.zone":
			cells[i] = table.Text(at.Format("-07:00"))
		case column.key == "export.phone_id":
			cells[i] = table.Text(c.tokens.id(row.Phone))
		}
	}
}
