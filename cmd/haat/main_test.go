package main

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update rewrites golden files instead of comparing with them.
var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain lets scripts and benchmarks run this program as the command haat.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"haat": main, "floor": floorMain, "starting": startingMain})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func TestRunExitCodes(t *testing.T) {
	for _, tc := range []struct {
		name string
		args string
		code int
		out  string // somewhere in what is printed
		err  string
	}{
		{"help", "--help", exitOK, "Usage: haat <command>", ""},
		{"help of a command", "orders --help", exitOK, "--json", ""},
		{"version", "version", exitOK, "haat ", ""},
		{"no command", "", exitUsage, "", "haat --help"},
		{"unknown command", "sing", exitUsage, "", "unexpected argument sing"},
		{"unknown flag", "orders --loud", exitUsage, "", "unknown flag --loud"},
		{"failure", "config check --config no/such.yaml", exitError, "", "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(context.Background(), strings.Fields(tc.args), strings.NewReader(""), &out, &errs)
			if code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if !strings.Contains(out.String(), tc.out) {
				t.Errorf("stdout has no %q:\n%s", tc.out, out.String())
			}
			if !strings.Contains(errs.String(), tc.err) {
				t.Errorf("stderr has no %q:\n%s", tc.err, errs.String())
			}
			if tc.err == "" && errs.Len() > 0 {
				t.Errorf("stderr should be empty:\n%s", errs.String())
			}
		})
	}
}
