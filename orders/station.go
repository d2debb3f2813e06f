package orders

import (
	"io"
	"strconv"

	"haat/catalog"
)

// Station is a village shop where orders are collected.
type Station struct {
	ID, Name, Village string
	Route             string
	RouteStop         int
	Opens             string // as people say it: "Mon-Sat 7:00-19:00"
	AgentName         string
	AgentPhone        string // E.164
	Language          string
}

// MaxStations is how many stations one file may have.
const MaxStations = 10_000

// ReadStations reads stations from CSV:
//
//	id,name,village,route,route_stop,opens,agent_name,agent_phone,language
//
// Required are id, name and village. What is wrong comes all at once as a
// *catalog.CheckError.
func ReadStations(r io.Reader) ([]Station, error) {
	table := catalog.Table{
		Required: []string{"id", "name", "village"},
		Optional: []string{"route", "route_stop", "opens", "agent_name", "agent_phone", "language"},
		MaxRows:  MaxStations,
	}
	var stations []Station
	seen := catalog.Firsts{}
	err := table.Read(r, func(row *catalog.Row) {
		s := readStation(row)
		seen.Check(row, "id", s.ID)
		stations = append(stations, s)
	})
	if err != nil {
		return nil, err
	}
	return stations, nil
}

func readStation(row *catalog.Row) Station {
	s := Station{
		ID:         row.Text("id", 16),
		Name:       row.Text("name", catalog.MaxName),
		Village:    row.Text("village", catalog.MaxName),
		Route:      row.Note("route", catalog.MaxName),
		Opens:      row.Note("opens", catalog.MaxName),
		AgentName:  row.Note("agent_name", catalog.MaxName),
		AgentPhone: row.Note("agent_phone", 16),
		Language:   row.Note("language", 3),
	}
	if !isID(s.ID) {
		english(row, "id", "use only letters, digits, - and _")
	}
	if s.AgentPhone != "" && ValidPhone(s.AgentPhone) != nil {
		english(row, "agent_phone", "write it like +254700000001, or leave it empty")
	}
	if s.Language != "" && !catalog.IsLanguage(s.Language) {
		english(row, "language", "write the two or three small letters of a language, like sw, or leave it empty")
	}
	if stop := row.Cell("route_stop"); stop != "" {
		n, err := strconv.ParseUint(stop, 10, 16)
		if err != nil {
			english(row, "route_stop", "write the stop's number on its route, like 3, or leave it empty")
		}
		s.RouteStop = int(n)
	}
	return s
}

// english reports what is wrong in English alone: stations are read by commands
// and at the start, and no page shows what is wrong with them.
func english(row *catalog.Row, column, say string) {
	row.Problem(column, catalog.Reason{Say: say})
}
