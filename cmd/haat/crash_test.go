package main

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// kills is how often the program is killed under load.
const kills = 20

// TestCrash kills haat again and again while villagers order, restarts it on
// the same data, and then looks whether anything was lost or came twice.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("kills haat for about a minute; run without -short")
	}
	server := newProgram(t, buildHaat(t), filepath.Join(t.TempDir(), "data"), "")
	server.start()
	phones := startPhones(t, server)
	for range kills {
		// The moment of the crash is the one thing here that no condition decides.
		<-time.After(200*time.Millisecond + rand.N(1300*time.Millisecond))
		server.kill()
		server.start()
	}
	phones.finish()
	server.settle()
	server.stop()
	b, err := server.books()
	if err != nil {
		t.Fatal(err)
	}
	verify(t, phones, b)
}
