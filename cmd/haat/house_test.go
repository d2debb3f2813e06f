package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goPackage is what `go list` says of a package.
type goPackage struct {
	Dir          string
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

// room is the package's path below the module: "gateway/dialogue".
func (p *goPackage) room() string { return strings.TrimPrefix(p.ImportPath, "haat/") }

// tree is every package of the module by its room.
type tree map[string]*goPackage

const moduleRoot = "../.."

func listTree(t *testing.T) tree {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Imports,TestImports,XTestImports,GoFiles", "./...")
	list.Dir = moduleRoot
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	tr := tree{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return tr
		} else if err != nil {
			t.Fatal(err)
		}
		tr[p.room()] = &p
	}
}

// below gives the room and every room of ours that it imports, however far down.
func (tr tree) below(room string) []*goPackage {
	seen := map[string]bool{room: true}
	found := []*goPackage{tr[room]}
	for i := 0; i < len(found); i++ {
		for _, path := range found[i].Imports {
			below, ours := strings.CutPrefix(path, "haat/")
			if ours && !seen[below] && tr[below] != nil {
				seen[below] = true
				found = append(found, tr[below])
			}
		}
	}
	return found
}

// within tells whether a path is that of a package or of one inside it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// forbid reports every import of the room, or of what it imports of ours, that
// is one of the banned packages or lies inside one.
func (tr tree) forbid(t *testing.T, room string, banned ...string) {
	t.Helper()
	if tr[room] == nil {
		t.Errorf("there is no room %s", room)
		return
	}
	for _, p := range tr.below(room) {
		for _, path := range p.Imports {
			if slices.ContainsFunc(banned, func(b string) bool { return within(path, b) }) {
				t.Errorf("%s must not know %s, but %s imports it", room, path, p.room())
			}
		}
	}
}

const (
	natsClient = "github.com/nats-io"
	zerologLog = "github.com/rs/zerolog"
	pgx        = "github.com/jackc/pgx"
	sqlite     = "modernc.org/sqlite"
)

// TestImportsPointDown holds the order of the floors, in tests too.
func TestImportsPointDown(t *testing.T) {
	floors := []string{"catalog", "orders", "gateway", "cmd"}
	for room, p := range listTree(t) {
		top, _, _ := strings.Cut(room, "/")
		floor := slices.Index(floors, top)
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			below, ours := strings.CutPrefix(path, "haat/")
			if !ours {
				continue
			}
			to, _, _ := strings.Cut(below, "/")
			if slices.Index(floors, to) > floor {
				t.Errorf("%s imports %s: imports point down only (cmd, gateway, orders, catalog)", room, below)
			}
		}
	}
}

// pureRooms think and do nothing else: the same question always has the same
// answer.
var pureRooms = []string{"gateway/dialogue", "gateway/parse", "gateway/screen", "gateway/gsm", "gateway/lang"}

func TestPureRoomsKnowNoWorld(t *testing.T) {
	tr := listTree(t)
	for _, room := range pureRooms {
		tr.forbid(t, room, "net", "os", "database", "syscall", "log", "math/rand", "crypto/rand",
			natsClient, zerologLog, pgx, sqlite, "github.com/google/uuid")
	}
}

// clock are the functions by which package time reads the clock or waits.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func TestPureRoomsReadNoClock(t *testing.T) {
	tr := listTree(t)
	checked := map[string]bool{}
	for _, room := range pureRooms {
		for _, p := range tr.below(room) {
			if !checked[p.room()] {
				checked[p.room()] = true
				readsNoClock(t, p)
			}
		}
	}
}

func readsNoClock(t *testing.T, p *goPackage) {
	t.Helper()
	for _, name := range p.GoFiles {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range clockUses(file) {
			t.Errorf("%s: %s reads the clock: let the caller say what time it is", fset.Position(use), p.room())
		}
	}
}

// clockUses finds the uses of the clock, under whatever name package time is
// imported.
func clockUses(file *ast.File) (uses []token.Pos) {
	local := ""
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` {
			local = "time"
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == local && slices.Contains(clock, selector.Sel.Name) {
			uses = append(uses, selector.Pos())
		}
		return true
	})
	return uses
}

func TestClockUsesAreFound(t *testing.T) {
	const src = `package p
import clock "time"
var t0 = clock.Now()
func f(d clock.Duration) { clock.Sleep(d); _ = clock.Unix(0, 0) }`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(clockUses(file)); n != 2 {
		t.Errorf("found %d uses of the clock, want 2", n)
	}
}

func TestCatalogKnowsOnlyGoods(t *testing.T) {
	listTree(t).forbid(t, "catalog", "net", "database", "time", natsClient, pgx, sqlite, "haat/orders", "haat/gateway")
}

func TestOrdersNeverKnowTheGateway(t *testing.T) {
	for room, p := range listTree(t) {
		if !within(room, "orders") {
			continue
		}
		for _, path := range p.Imports {
			if within(path, "haat/gateway") {
				t.Errorf("%s imports %s", room, path)
			}
		}
	}
}

func TestGatewayKnowsNoSQLNoPagesNoCarriers(t *testing.T) {
	listTree(t).forbid(t, "gateway", "database/sql", "html", pgx, sqlite, "haat/gateway/channel", "haat/gateway/console")
}

// sharedByCarriers are the rooms below gateway/channel that are no carrier:
// what HTTP carriers need once, and the harness of their tests.
var sharedByCarriers = []string{"gateway/channel/web", "gateway/channel/channeltest"}

// standIn plays the carrier on this machine: its tests let a real channel send
// to it.
const standIn = "gateway/channel/demo"

func TestCarriersDoNotKnowEachOther(t *testing.T) {
	for room, p := range listTree(t) {
		if !strings.HasPrefix(room, "gateway/channel/") {
			continue
		}
		imports := p.Imports
		if room != standIn {
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		for _, path := range imports {
			other, ours := strings.CutPrefix(path, "haat/")
			if !ours || carrierOf(other) == carrierOf(room) || slices.Contains(sharedByCarriers, other) {
				continue
			}
			if within(other, "gateway/channel") || within(other, "gateway/console") {
				t.Errorf("%s imports %s", room, other)
			}
		}
	}
}

// carrierOf is the carrier whose room it is: "kannel" of the test helpers in
// gateway/channel/kannel/kanneltest.
func carrierOf(room string) string {
	carrier, _, _ := strings.Cut(strings.TrimPrefix(room, "gateway/channel/"), "/")
	return carrier
}

func TestGoStandsInFourFolders(t *testing.T) {
	err := filepath.WalkDir(moduleRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(moduleRoot, path)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(inside), "/")
		home := slices.Contains([]string{"cmd", "gateway", "orders", "catalog"}, top)
		switch {
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".git") || inside == "haat-data"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !home:
			t.Errorf("%s: Go stands in cmd, gateway, orders and catalog only", inside)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
