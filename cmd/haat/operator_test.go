package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"haat/gateway/console/account"
)

const firstPassword = "maji moto ya asubuhi"

// operatorTool runs a command about the operators of a data directory, with
// the standard input that it reads.
func operatorTool(t *testing.T, data, typed, args string) (out string, err error) {
	t.Helper()
	parser, err := kong.New(&struct {
		Operator operatorCmds `cmd:""`
	}{}, kong.Name("haat"))
	if err != nil {
		t.Fatal(err)
	}
	command, err := parser.Parse(append(strings.Fields("operator "+args), "--data", data))
	if err != nil {
		return "", err
	}
	command.BindTo(t.Context(), (*context.Context)(nil))
	var printed bytes.Buffer
	err = command.Run(&stdio{In: strings.NewReader(typed), Out: &printed, Err: &printed})
	return printed.String(), err
}

func TestOperatorCommands(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new")
	for _, tc := range []struct{ args, typed, out, err string }{
		{"list", "", "", "haat operator add NAME --role admin"},
		{"remove amina", "", "", "there are no operators in"},
		{"add amina --role admin", firstPassword, "", "--password-stdin"},
		{"add amina --role admin --password-stdin", "short\n", "", "at least 10 characters"},
		{"add amina --role admin --password-stdin", "", "", "at least 10 characters"},
		{"add amina --role admin --password-stdin", "Amina12345\n", "", "little more than the name"},
		{"add amina --role root --password-stdin", firstPassword, "", "must be one of"},
		{"add amina --password-stdin", firstPassword, "", "--role"},
		{"add demo --role admin --password-stdin", firstPassword, "", "belongs to the operator of the demo"},
		{"list", "", "There are no operators.", ""},
		{"add amina --role admin --password-stdin", firstPassword + "\r\n", "amina is added as admin.\n", ""},
		{"add Amina --role viewer --password-stdin", firstPassword, "", "already"},
		{"add otieno --role viewer --password-stdin", firstPassword, "otieno is added as viewer.\n", ""},
		{"role otieno operator", "", "otieno is now operator", ""},
		{"role nobody operator", "", "", `no operator "nobody": write a name that`},
		{"password otieno --password-stdin", "another long one\n", "otieno has another password", ""},
		{"password nobody --password-stdin", "another long one\n", "", `no operator "nobody"`},
		{"password otieno --password-stdin", strings.Repeat("x", 2*maxPasswordLine), "", "too long"},
		{"remove nobody", "", "", `no operator "nobody"`},
		{"list", "", "amina                admin     since 2", ""},
		{"", "", "otieno               operator  since 2", ""},
		{"remove otieno", "", "otieno is removed", ""},
	} {
		out, err := operatorTool(t, data, tc.typed, tc.args)
		if !strings.Contains(out, tc.out) || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %q, %v; want %q, %q", tc.args, out, err, tc.out, tc.err)
		}
		if typed := strings.TrimSpace(tc.typed); len(typed) > 5 && (strings.Contains(out, typed) || strings.Contains(fmt.Sprint(err), typed)) {
			t.Errorf("%s: the password is shown", tc.args)
		}
	}
	out, err := operatorTool(t, data, "", "list --json")
	var o operatorJSON
	if err != nil || json.Unmarshal([]byte(out), &o) != nil || o.Name != "amina" || o.Role != account.Admin || time.Since(o.Added) > time.Hour {
		t.Errorf("%s %v", out, err)
	}
	a, err := account.Open(t.Context(), filepath.Join(data, consoleFile), account.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	acts, err := a.Acts(t.Context(), time.Time{}, 10)
	if err != nil || len(acts) != 5 || acts[0].What != account.ActRemoved || acts[0].By != account.CommandLine {
		t.Errorf("%v %v", acts, err)
	}
}

// The command is used while haat has the accounts open.
func TestOperatorCommandsBesideHaat(t *testing.T) {
	data := t.TempDir()
	a, err := account.Open(t.Context(), filepath.Join(data, consoleFile), account.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := operatorTool(t, data, firstPassword, "add amina --role admin --password-stdin"); err != nil {
		t.Fatal(err)
	}
	if all, err := a.List(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

// What looks like a file but is no terminal is not asked.
func TestPasswordIsAskedOnATerminalOnly(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, err := (password{}).ask(t.Context(), &stdio{In: null, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, "amina"); err != errNoTerminal {
		t.Errorf("%v", err)
	}
}
