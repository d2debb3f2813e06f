package orders

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/catalog"
)

const stationHeader = "id,name,village,route,route_stop,opens,agent_name,agent_phone,language\n"

func TestReadStations(t *testing.T) {
	full := Station{ID: "ST01", Name: "Mama Njeri's shop", Village: "Kiambogo", Route: "north", RouteStop: 1,
		Opens: "Mon-Sat 7:00-19:00", AgentName: "Grace Njeri", AgentPhone: "+254700100001", Language: "sw"}
	tests := []struct {
		name, file string
		want       []Station
	}{
		{"every column", stationHeader + "ST01,Mama Njeri's shop,Kiambogo,north,1,Mon-Sat 7:00-19:00,Grace Njeri,+254700100001,sw\n", []Station{full}},
		{"only what is required", "village,name,id\nUgunja,Kwa Otieno,ST02\n", []Station{{ID: "ST02", Name: "Kwa Otieno", Village: "Ugunja"}}},
		{"empty cells", stationHeader + "ST02,Kwa Otieno,Ugunja,,,,,,\n", []Station{{ID: "ST02", Name: "Kwa Otieno", Village: "Ugunja"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadStations(strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadStationsProblems(t *testing.T) {
	tests := []struct {
		name, row, column, want string
	}{
		{"no id", ",n,v,,,,,,", "id", "not be empty"},
		{"id of two words", "ST 1,n,v,,,,,,", "id", "only letters"},
		{"id of two subject tokens", "ST.1,n,v,,,,,,", "id", "only letters"},
		{"id twice", "ST00,n,v,,,,,,", "id", "line 2 has it already"},
		{"no name", "ST01,,v,,,,,,", "name", "not be empty"},
		{"no village", "ST01,n,,,,,,,", "village", "not be empty"},
		{"name too long", "ST01," + strings.Repeat("n", 81) + ",v,,,,,,", "name", "at most 80"},
		{"stop is no number", "ST01,n,v,north,first,,,,", "route_stop", "like 3"},
		{"local phone", "ST01,n,v,,,,,0700100001,", "agent_phone", "like +254700000001"},
		{"language by name", "ST01,n,v,,,,,,Swahili", "language", "at most 3"},
		{"language in capitals", "ST01,n,v,,,,,,SW", "language", "small letters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadStations(strings.NewReader(stationHeader + "ST00,n,v,,,,,,\n" + tt.row + "\n"))
			var check *catalog.CheckError
			if !errors.As(err, &check) || got != nil {
				t.Fatalf("got %v, %v", got, err)
			}
			p := check.Problems[0]
			if len(check.Problems) != 1 || p.Line != 3 || p.Column != tt.column || !strings.Contains(p.Say, tt.want) {
				t.Errorf("got %v", check)
			}
		})
	}
}

func TestReadStationsSample(t *testing.T) {
	f, err := os.Open("../cmd/haat/sample/stations.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stations, err := ReadStations(f)
	if err != nil || len(stations) != 12 {
		t.Fatalf("%d stations, %v", len(stations), err)
	}
}

// FuzzReadStations: nothing makes it panic, and what was accepted can be the
// station of an order.
func FuzzReadStations(f *testing.F) {
	f.Add(stationHeader + "ST01,Mama Njeri's shop,Kiambogo,north,1,Mon-Sat 7:00-19:00,Grace Njeri,+254700100001,sw\n")
	f.Add("village,name,id\nv,n,-\n")
	f.Fuzz(func(t *testing.T, file string) {
		stations, err := ReadStations(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, s := range stations {
			o := basket()
			o.Station = s.ID
			if err := o.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
