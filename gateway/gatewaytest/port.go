package gatewaytest

import (
	"net"
	"runtime"
	"syscall"
	"testing"
)

// FreePort is a TCP port of 127.0.0.1 for a program that the test starts later.
// On Linux it is kept for the test until its end: a socket is bound to it that
// does not listen, so that the system gives the port to nobody who asks for any,
// and a listener with SO_REUSEADDR, as Go's, Kannel's and NATS's have it, gets it.
func FreePort(t testing.TB) int {
	t.Helper()
	if runtime.GOOS != "linux" { // elsewhere nobody else could listen on it then
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		return listener.Addr().(*net.TCPAddr).Port
	}
	syscall.ForkLock.RLock()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) }) // nothing was written to it
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return bound.(*syscall.SockaddrInet4).Port
}
