package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal gives both ends of a terminal: what a person types and sees, and
// what a program has.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("this machine gives no terminals: %v", err)
	}
	if err != nil {
		t.Skipf("this machine gives no terminals: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// echoes tells whether the terminal shows what is typed.
func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// shown reads what the program asks, one question after the other.
func shown(t *testing.T, questions io.Reader) string {
	t.Helper()
	question, err := bufio.NewReader(questions).ReadString(':')
	if err != nil {
		t.Fatal(err)
	}
	return question
}

func TestPasswordIsAskedWithoutEcho(t *testing.T) {
	for _, tc := range []struct {
		name, first, second string
		err                 error
	}{
		{"twice the same", firstPassword, firstPassword, nil},
		{"not the same", firstPassword, firstPassword + "x", errUnlike},
	} {
		t.Run(tc.name, func(t *testing.T) {
			person, program := openTerminal(t)
			questions, asks := io.Pipe()
			type answer struct {
				password string
				err      error
			}
			done := make(chan answer, 1)
			go func() {
				secret, err := password{}.ask(t.Context(), &stdio{In: program, Out: io.Discard, Err: asks}, "amina")
				done <- answer{secret, err}
			}()
			if q := shown(t, questions); !strings.Contains(q, "amina (at least 10 characters)") {
				t.Errorf("it asks %q", q)
			}
			go io.Copy(io.Discard, questions) //nolint:errcheck // until the test ends
			for _, typed := range []string{tc.first, tc.second} {
				eventually(t, "echo is off", func() bool { return !echoes(t, program) })
				if _, err := person.WriteString(typed + "\n"); err != nil {
					t.Fatal(err)
				}
				if typed == tc.first {
					eventually(t, "the first password is read", func() bool { return unread(program) == 0 })
				}
			}
			got := <-done
			if !errors.Is(got.err, tc.err) || tc.err == nil && got.password != firstPassword {
				t.Errorf("%q %v", got.password, got.err)
			}
			if !echoes(t, program) {
				t.Error("the terminal stays without echo")
			}
			if _, err := program.WriteString("end\n"); err != nil {
				t.Fatal(err)
			}
			seen, err := bufio.NewReader(person).ReadString('d')
			if err != nil || strings.Contains(seen, "maji") {
				t.Errorf("the terminal has shown %q, %v", seen, err)
			}
		})
	}
}

// Who presses Ctrl-C at the question has a terminal that works.
func TestAskingEndsWithTheCommand(t *testing.T) {
	person, program := openTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := password{}.ask(ctx, &stdio{In: program, Out: io.Discard, Err: io.Discard}, "amina")
		done <- err
	}()
	eventually(t, "echo is off", func() bool { return !echoes(t, program) })
	interrupt()
	if err := <-done; !errors.Is(err, context.Canceled) || !echoes(t, program) {
		t.Errorf("%v, echo %v", err, echoes(t, program))
	}
	// The program would end here; in the test somebody still reads.
	if _, err := person.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody reads any more", func() bool { return unread(program) == 0 })
}

// unread is how many bytes of what was typed wait for the program.
func unread(program *os.File) int {
	n, err := unix.IoctlGetInt(int(program.Fd()), unix.TIOCINQ)
	if err != nil {
		return -1
	}
	return n
}
