package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"haat/gateway/console/index"
)

// startingMain is a haat in the middle of its start: it has the data directory
// and the index open, and answers nobody before it reads a line.
func startingMain() {
	if err := starting(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitError)
	}
}

func starting(ctx context.Context, data string) error {
	log, b, err := openLog(ctx, Config{Data: data}, &stdio{Err: os.Stderr})
	if err != nil {
		return err
	}
	ix, err := index.Open(ctx, filepath.Join(data, indexFile), log, zerolog.Nop())
	if err != nil {
		return err
	}
	fmt.Println("open")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	go func() { _ = ix.Run(ctx) }()
	return ix.Serve(ctx, b.Conn()) // until it is killed
}

// TestIndexRebuildWhileHaatStarts: the command waits for a haat that has the
// index open already and does not answer yet, and lets it do the work.
func TestIndexRebuildWhileHaatStarts(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	h.text("+254700100312", "RICE5 2")
	h.awaitSMS("+254700100312", "")
	h.stop()

	child := exec.Command("starting", h.data)
	child.Stderr = os.Stderr
	say, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "open\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	path := filepath.Join(h.data, indexFile)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	var out, errs printed
	ended := make(chan error, 1)
	go func() {
		ended <- (&indexRebuildCmd{place{Data: h.data}}).Run(t.Context(), &stdio{In: strings.NewReader(""), Out: &out, Err: &errs})
	}()
	eventually(t, "the command says that it waits", func() bool { return strings.Contains(out.String(), "haat is starting") })
	if now, err := os.Stat(path); err != nil || !os.SameFile(before, now) {
		t.Errorf("the file was replaced under the haat that has it open: %v", err)
	}
	fmt.Fprintln(say, "go on")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	has(t, out.String(), "The index is made anew: ")
	if strings.Contains(out.String(), " 0 messages") || errs.String() != "" {
		t.Errorf("%s%s", out.String(), errs.String())
	}
}
