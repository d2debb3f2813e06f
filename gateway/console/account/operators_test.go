package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/gateway/console/store"
)

func TestNames(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "Amina", Viewer)
	for _, tc := range []struct{ name, operator, refused string }{
		{"plain", "otieno", ""},
		{"one letter", "x", ""},
		{"longest", strings.Repeat("m", 40), ""},
		{"signs", "o.tieno_2-b", ""},
		{"Chinese", "王芳", ""},
		{"Hindi with vowel signs", "विनीता", ""},
		{"too long", strings.Repeat("m", 41), "name"},
		{"none", "", "name"},
		{"blank", "a b", "name"},
		{"sign first", ".htaccess", "name"},
		{"like a flag", "-x", "name"},
		{"markup", "<b>", "name"},
		{"newline", "a\n", "name"},
		{"no UTF-8", "a\xff", "name"},
		{"the command line", CommandLine, "name"},
		{"the same", "Amina", "taken"},
		{"the same in capitals", "AMINA", "taken"},
		{"the same in wide letters", "Ａｍｉｎａ", "taken"},
		{"the demo's", "Demo", "reserved"},
	} {
		t.Run(tc.name, func(t *testing.T) { expectRefusal(t, a.Add(t.Context(), "test", tc.operator, Agent, good), tc.refused) })
	}
	expectRefusal(t, a.Add(t.Context(), "test", "new", "root", good), "role")
	expectRefusal(t, a.SetRole(t.Context(), "test", "amina", "root"), "role")
}

// expectRefusal checks why it was refused, "" for not at all.
func expectRefusal(t *testing.T, err error, key string) {
	t.Helper()
	var no *Refused
	switch {
	case key == "" && err == nil:
	case !errors.As(err, &no) || no.Key != "account.refused."+key || key == "":
		t.Errorf("refused for %v, want %q", err, key)
	case no.Error() == "" || strings.Contains(no.Error(), "{"):
		t.Errorf("it says %q", no.Error())
	}
}

func TestPasswords(t *testing.T) {
	for _, tc := range []struct{ name, operator, password, refused string }{
		{"several words", "amina", good, ""},
		{"ten characters", "amina", "kx9-vt2!ab", ""},
		{"ten Chinese characters", "amina", "红豆生南国春来发几枝", ""},
		{"the name inside of more", "amina", "amina-reads-rivers", ""},
		{"a bad piece inside of more", "amina", "password of the river", ""},
		{"one letter as a name", "a", "banana tree house", ""},
		{"none", "amina", "", "short"},
		{"nine characters", "amina", "kx9-vt2!a", "short"},
		{"nine that are 27 bytes", "amina", "红豆生南国春来发几", "short"},
		{"letters written apart are one each", "amina", "e\u0301e\u0301e\u0301e\u0301e\u0301xyzu", "short"},
		{"too long", "amina", strings.Repeat("abcdef", 34), "long"},
		{"the name and a little", "amina", "Amina12345", "personal"},
		{"the name twice", "amina", "aminaAMINA", "personal"},
		{"worst", "amina", "1234567890", "easy"},
		{"worst with a year", "amina", "Password2026", "easy"},
		{"worst in another way", "amina", "P@ssw0rd!1", "easy"},
		{"keyboard", "amina", "qwertyuiop", "easy"},
		{"wide letters", "amina", "ｐａｓｓｗｏｒｄ12", "easy"},
		{"one letter", "amina", "aaaaaaaaaaaa", "easy"},
		{"few letters", "amina", "1212121212121212", "easy"},
	} {
		t.Run(tc.name, func(t *testing.T) { expectRefusal(t, checkPassword(tc.operator, tc.password), tc.refused) })
	}
}

// Whatever is accepted can be signed in with, however the keyboard writes it.
func TestPasswordsAreFoundAgain(t *testing.T) {
	h := newHasher()
	h.cost = cheap()
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringN(1, 60, 240).Draw(t, "password")
		hash, err := h.hash(context.Background(), password)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := h.check(context.Background(), hash, password); !ok || err != nil {
			t.Fatalf("%v %v", ok, err)
		}
		if ok, _ := h.check(context.Background(), hash, password+"x"); ok {
			t.Fatal("another password is taken")
		}
		if ok, _ := h.check(context.Background(), "", password); ok {
			t.Fatal("a password of nobody is taken")
		}
	})
	hash, err := h.hash(t.Context(), "caf\u00e9 caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.check(t.Context(), hash, "cafe\u0301 cafe\u0301"); !ok {
		t.Error("the same letters, written apart, are not known")
	}
}

func FuzzParseHash(f *testing.F) {
	h := newHasher()
	h.cost = cheap()
	hash, err := h.hash(f.Context(), good)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{hash, "", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", strings.Repeat("$", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseHash(text)
		if err != nil {
			return
		}
		if e.String() != text || e.Memory > maxMemory || e.Passes > maxPasses || e.Passes == 0 || e.Threads == 0 || len(e.key) < minKey {
			t.Fatalf("%q is taken as %v", text, e)
		}
	})
}

// A hash of yesterday's cost is made anew when its operator signs in, and the
// session goes on.
func TestHashesAreRenewed(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	before, err := a.find(t.Context(), "amina")
	if err != nil {
		t.Fatal(err)
	}
	a.hashes.cost = cost{Memory: 128, Passes: 2, Threads: 1}
	b := visit(t, a)
	if b.signIn("amina", "wrong password").status == 303 {
		t.Fatal("signed in")
	}
	if o, _ := a.find(t.Context(), "amina"); o.hash != before.hash {
		t.Error("a wrong password has renewed it")
	}
	b.mustSignIn("amina", good)
	after, err := a.find(t.Context(), "amina")
	if err != nil || !strings.HasPrefix(after.hash, "$argon2id$v=19$m=128,t=2,p=1$") {
		t.Errorf("%s, %v", after.hash, err)
	}
	if got := b.get("/"); got.status != 200 {
		t.Errorf("then: %d", got.status)
	}
	b.mustSignIn("amina", good)
	if again, _ := a.find(t.Context(), "amina"); again.hash != after.hash {
		t.Error("renewed without need")
	}
}

func TestUsualCost(t *testing.T) {
	hash, err := newHasher().hash(t.Context(), good)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("%s, %v", hash, err)
	}
}

func TestOperatorsAreListed(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "otieno", Agent)
	a.add(t, "Amina", Admin)
	if err := a.SetRole(t.Context(), "test", "OTIENO", Viewer); err != nil {
		t.Fatal(err)
	}
	all, err := a.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if time.Since(all[i].At) > time.Hour {
			t.Errorf("added %s", all[i].At)
		}
		all[i].At = time.Time{}
	}
	if diff := cmp.Diff([]Operator{{Name: "Amina", Role: Admin}, {Name: "otieno", Role: Viewer}}, all); diff != "" {
		t.Error(diff)
	}
	for name, err := range map[string]error{
		"remove":   a.Remove(t.Context(), "test", "nobody"),
		"password": a.SetPassword(t.Context(), "test", "nobody", good),
		"role":     a.SetRole(t.Context(), "test", "nobody", Viewer),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOperatorsAreBounded(t *testing.T) {
	a := open(t, Config{})
	if _, err := a.db.Write.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO operators (folded, name, role, stamp, added) SELECT 'o' || i, 'o' || i, 'viewer', '', 0 FROM n`, MaxOperators); err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, a.Add(t.Context(), "test", "amina", Admin, good), "many")
}

func TestAuditLogOnlyGrows(t *testing.T) {
	a := open(t, Config{})
	began := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for i := range 25 { // ten at the same time
		act := Act{At: began.Add(time.Duration(i/10) * time.Second), By: "amina", What: "reveal", About: strconv.Itoa(i), Detail: "d"}
		if err := a.Record(t.Context(), act); err != nil {
			t.Fatal(err)
		}
	}
	for _, attempt := range []string{
		"DELETE FROM acts",
		"UPDATE acts SET operator = 'mallory'",
		"REPLACE INTO acts (id, at, operator, what, about, detail) VALUES (1, 1, '', '', '', '')",
		"INSERT OR REPLACE INTO acts (at, operator, what, about, detail) SELECT at, '', '', '', '' FROM acts LIMIT 1",
	} {
		if _, err := a.db.Write.ExecContext(t.Context(), attempt); err == nil || !strings.Contains(err.Error(), "append only") {
			t.Errorf("%s: %v", attempt, err)
		}
	}
	var seen []string
	var before time.Time
	for {
		page, err := a.Acts(t.Context(), before, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, act := range page {
			seen = append(seen, act.About)
			if act.By != "amina" || act.What != "reveal" || act.Detail != "d" || act.At.Sub(began) > 3*time.Second {
				t.Errorf("%+v", act)
			}
		}
		before = page[len(page)-1].At
	}
	var want []string
	for i := 24; i >= 0; i-- {
		want = append(want, strconv.Itoa(i))
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestActsAreBounded(t *testing.T) {
	a := open(t, Config{})
	if err := a.Record(t.Context(), Act{By: "amina", What: "reply", Detail: strings.Repeat("好", MaxActText)}); err != nil {
		t.Fatal(err)
	}
	acts, err := a.Acts(t.Context(), time.Time{}, -1)
	if err != nil || len(acts) != 0 {
		t.Errorf("%d acts, %v", len(acts), err)
	}
	acts, err = a.Acts(t.Context(), time.Time{}, 1<<40)
	if err != nil || len(acts) != 1 || len(acts[0].Detail) > MaxActText || !utf8.ValidString(acts[0].Detail) || len(acts[0].Detail) < MaxActText-4 {
		t.Errorf("%v, %v", acts, err)
	}
	if since := time.Since(acts[0].At); since < 0 || since > time.Hour {
		t.Errorf("at %s", acts[0].At)
	}
}

// What is done about operators stands in the audit log.
func TestActsOfTheAccounts(t *testing.T) {
	a := open(t, Config{})
	a.chief(t)
	a.add(t, "Amina", Admin)
	b := visit(t, a)
	for range freeOfName {
		b.signIn("amina", "wrong password")
	}
	if err := a.SetPassword(t.Context(), CommandLine, "amina", good); err != nil {
		t.Fatal(err)
	}
	b.mustSignIn("amina", good)
	b.ask("POST", "/logout", nil)
	if err := a.SetRole(t.Context(), "otieno", "amina", Viewer); err != nil {
		t.Fatal(err)
	}
	if err := a.Remove(t.Context(), "otieno", "amina"); err != nil {
		t.Fatal(err)
	}
	acts, err := a.Acts(t.Context(), time.Time{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, act := range acts {
		lines = append(lines, strings.TrimSpace(fmt.Sprintln(act.By, act.What, act.About, act.Detail)))
	}
	if diff := cmp.Diff([]string{
		"otieno operator-removed amina",
		"otieno operator-role amina viewer",
		"Amina sign-out",
		"Amina sign-in 127.0.0.1",
		CommandLine + " operator-password amina",
		"Amina sign-in-attempts 127.0.0.1",
		"test operator-added Amina admin",
	}, lines); diff != "" {
		t.Error(diff)
	}
}

// inProcess is the variable by which this test binary is started as a second
// process that opens the same file.
const inProcess = "HAAT_TEST_ACCOUNTS"

// TestSecondProcess is that process, and no test by itself.
func TestSecondProcess(t *testing.T) {
	path := os.Getenv(inProcess)
	if path == "" {
		t.Skip("it is started by TestTwoProcesses")
	}
	a := openAt(t, path, Config{})
	for i := range 30 {
		name := "second" + strconv.Itoa(i)
		a.add(t, name, Viewer)
		if i%2 == 0 {
			if err := a.Remove(t.Context(), CommandLine, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := a.Remove(t.Context(), CommandLine, "amina"); err != nil {
		t.Fatal(err)
	}
}

// A command changes the accounts while haat runs and lets people in.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.db")
	a := openAt(t, path, Config{})
	a.chief(t)
	a.add(t, "amina", Admin)
	a.add(t, "otieno", Agent)
	amina := visit(t, a)
	amina.mustSignIn("amina", good)
	otieno := another(t, amina.site)
	done := make(chan error, 1)
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcess$", "-test.v")
	command.Env = append(os.Environ(), inProcess+"="+path)
	var said []byte
	go func() {
		var err error
		said, err = command.CombinedOutput()
		done <- err
	}()
	for running := true; running; {
		otieno.mustSignIn("otieno", good)
		select {
		case err := <-done:
			if err != nil || !strings.Contains(string(said), "--- PASS: TestSecondProcess") {
				t.Fatalf("%v\n%s", err, said)
			}
			running = false
		default:
		}
	}
	if got := amina.get("/"); got.status != 303 {
		t.Errorf("removed by the other process: %d", got.status)
	}
	if all, err := a.List(t.Context()); err != nil || len(all) != 17 {
		t.Errorf("%d operators, %v", len(all), err)
	}
}

// Several processes may be the first to open the file at once.
func TestOpenedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "console.db")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a, err := Open(t.Context(), path, Config{})
			if err != nil {
				t.Error(err)
				return
			}
			defer a.Close()
			a.hashes.cost = cheap()
			if err := a.Add(t.Context(), "test", "o"+strconv.Itoa(i), Viewer, good); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if list, err := openAt(t, path, Config{}).List(t.Context()); err != nil || len(list) != 8 {
		t.Errorf("%d operators, %v", len(list), err)
	}
}

func TestFileOfANewerHaat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.db")
	a := openAt(t, path, Config{})
	if _, err := a.db.Write.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Config{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("%v", err)
	}
}

func TestFileThatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := Open(t.Context(), path, Config{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v %v", a, err)
	}
}
