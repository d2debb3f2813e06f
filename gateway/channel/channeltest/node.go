package channeltest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Script is a running program of the folder node: a carrier's own library, or a
// carrier made of one. It speaks lines of JSON. It ends with the test.
type Script struct {
	t     testing.TB
	stdin io.Writer
	lines chan []byte
}

// Node starts a program of the folder node, such as smsc.js. Without Node or the
// npm packages the test is skipped, or fails where CI=true.
func Node(t testing.TB, script string, args ...string) *Script {
	t.Helper()
	dir := nodeFolder(t)
	node, err := exec.LookPath("node")
	if err != nil {
		lacks(t, "node is missing: run `make tools` to run this test")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		lacks(t, "the npm packages are missing: run `make tools` to run this test")
	}
	cmd := exec.Command(node, append([]string{filepath.Join(dir, script)}, args...)...)
	cmd.Dir = dir
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &Script{t: t, stdin: stdin, lines: make(chan []byte, 1024)}
	stop, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		s.read(stdout, stop)
	}()
	t.Cleanup(func() {
		close(stop)
		_ = cmd.Process.Kill() // there is nothing in it to be kept
		<-read
		_ = cmd.Wait() // the error is that it was killed
		if t.Failed() && said.Len() > 0 {
			t.Logf("%s complains:\n%s", script, said.Bytes()[max(0, said.Len()-4000):])
		}
	})
	return s
}

// lacks ends a test that cannot run here.
func lacks(t testing.TB, message string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// nodeFolder is the folder node beside this file, found from the module's root.
func nodeFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "gateway", "channel", "channeltest", "node")
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test does not run within the module")
		}
		dir = filepath.Dir(dir)
	}
}

// maxLine is how long a line of a script may be.
const maxLine = 1 << 20

func (s *Script) read(from io.Reader, stop <-chan struct{}) {
	defer close(s.lines)
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		select {
		case s.lines <- bytes.Clone(lines.Bytes()):
		case <-stop:
			return
		}
	}
}

// Tell writes one value to the script's standard input as a line of JSON.
func (s *Script) Tell(value any) {
	s.t.Helper()
	line, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.stdin.Write(append(line, '\n')); err != nil {
		s.t.Fatal("the script has ended: ", err)
	}
}

// Line waits for the next line that the script writes.
func (s *Script) Line() []byte {
	s.t.Helper()
	select {
	case line, ok := <-s.lines:
		if !ok {
			s.t.Fatal("the script has ended")
		}
		return line
	case <-time.After(patience):
		s.t.Fatal("the script says nothing")
	}
	return nil
}

// Hear reads the next line into a value.
func (s *Script) Hear(value any) {
	s.t.Helper()
	line := s.Line()
	if err := json.Unmarshal(line, value); err != nil {
		s.t.Fatalf("the script says %q: %v", line, err)
	}
}
