package gatewaytest_test

import (
	"fmt"
	"net"
	"testing"

	"haat/gateway/gatewaytest"
)

// TestFreePortIsKept: nobody who asks for any port gets one that is kept, neither
// to listen nor to call from, and who asks for it by name does.
func TestFreePortIsKept(t *testing.T) {
	kept := map[int]bool{}
	for range 300 {
		kept[gatewaytest.FreePort(t)] = true
	}
	if len(kept) != 300 {
		t.Fatalf("%d of 300 ports differ", len(kept))
	}
	for port := range kept {
		server, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		any, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		call, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for what, address := range map[string]net.Addr{"listens": any.Addr(), "calls": call.LocalAddr()} {
			if kept[address.(*net.TCPAddr).Port] {
				t.Errorf("somebody %s on a port that is kept", what)
			}
		}
		t.Cleanup(func() { _, _, _ = server.Close(), any.Close(), call.Close() })
	}
}
