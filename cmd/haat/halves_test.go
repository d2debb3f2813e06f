package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"

	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
)

// cluster is a NATS server outside of haat, as small as one can be.
type cluster struct {
	t      *testing.T
	dir    string
	port   int
	server *nats.Server
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), port: gatewaytest.FreePort(t)}
	c.start()
	t.Cleanup(c.stop)
	return c
}

func (c *cluster) start() {
	c.t.Helper()
	var err error
	c.server, err = nats.NewServer(&nats.Options{Host: "127.0.0.1", Port: c.port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: c.dir})
	if err != nil {
		c.t.Fatal(err)
	}
	c.server.Start()
	if !c.server.ReadyForConnections(longEnough) {
		c.t.Fatal("NATS does not start")
	}
}

func (c *cluster) stop() {
	c.server.Shutdown()
	c.server.WaitForShutdown()
}

// half starts a gateway or a processor on the cluster, with a data directory of
// its own. The demo channel's address is that of the half.
func (c *cluster) half(command, data string) *haat {
	c.t.Helper()
	return start(c.t, command, data, fmt.Sprintf("log: {level: debug, format: json}\nnats: {url: \"nats://127.0.0.1:%d\"}\n", c.port))
}

func TestHalves(t *testing.T) {
	t.Parallel()
	const first, second = "+254700100141", "+254700100142"
	c := startCluster(t)
	shop := t.TempDir()
	processor, gateway := c.half("processor", shop), c.half("gateway", t.TempDir())
	has(t, gateway.dial(first).answers(append(toConfirm, "1")...), "END Order ", "is confirmed. Pay KES 1,700")
	if placed := processor.orders(); len(placed) != 1 || placed[0].Phone != first {
		t.Errorf("the orders are %+v", placed)
	}
	if a := processor.post("/channels/demo/ussd", "sessionId", "s", "phoneNumber", first, "text", ""); a.code != http.StatusNotFound {
		t.Errorf("the processor answers a phone with %d %q", a.code, a.body)
	}
	has(t, processor.get("/").body, "order processor")
	has(t, gateway.get("/").body, "name=\"password\"") // the console's sign-in
	for _, h := range []*haat{processor, gateway} {
		has(t, h.get("/readyz").body, "ready")
	}

	processor.stop()
	c2 := gateway.dial(second)
	received := c2.answers(append(toConfirm, "1")...)
	has(t, received, "END Order ", "received. Pickup code", "We will text you when it is confirmed.")
	has(t, gateway.dial(second).answers("3"), "We cannot look up orders now.")

	processor = c.half("processor", shop)
	notice := gateway.awaitSMS(second, "is confirmed. Pay KES 1,700")
	if again := c2.shown(); again != received {
		t.Errorf("the repeated hop is answered with %q, not %q", again, received)
	}
	eventually(t, "the notice's status is in the log", func() bool { return len(c.kind(second, messagelog.KindStatus)) > 0 })
	if notices := c.kind(second, messagelog.KindNotice); len(notices) != 1 || notices[0].Out != notice || len(gateway.inbox(second)) != 1 {
		t.Errorf("the notices are %+v, the inbox is %q", notices, gateway.inbox(second))
	}
	if notices := c.kind(first, messagelog.KindNotice); len(notices) != 0 {
		t.Errorf("who was told on the screen is told again: %+v", notices)
	}
	if placed := processor.orders(); len(placed) != 2 || placed[1].Phone != second {
		t.Errorf("the orders are %+v", placed)
	}
}

// kind reads the log of a phone from the cluster.
func (c *cluster) kind(phone string, kind messagelog.Kind) []messagelog.Entry {
	c.t.Helper()
	config := saveConfig(c.t, fmt.Sprintf("nats: {url: \"nats://127.0.0.1:%d\"}\n", c.port))
	return ofKind(objects[messagelog.Entry](c.t, "log", "--json", "--phone", phone, "--config", config), kind)
}

// TestTwoGateways: the carrier may ask either of them for any hop.
func TestTwoGateways(t *testing.T) {
	t.Parallel()
	const phone = "+254700100151"
	c := startCluster(t)
	processor := c.half("processor", t.TempDir())
	gateways := []*haat{c.half("gateway", t.TempDir()), c.half("gateway", t.TempDir())}
	line := gateways[0].dial(phone)
	screen := line.answers()
	for i, key := range append(toConfirm, "1") {
		line.at = gateways[(i+1)%2]
		screen = line.answers(key)
	}
	has(t, screen, "END Order ", "is confirmed. Pay KES 1,700")
	for _, g := range gateways { // a repeat may reach either
		line.at = g
		if again := line.shown(); again != screen {
			t.Errorf("the repeated hop is answered with %q, not %q", again, screen)
		}
	}
	if placed := processor.orders(); len(placed) != 1 {
		t.Errorf("the orders are %+v", placed)
	}
	if turns := c.kind(phone, messagelog.KindTurn); len(turns) != 9 {
		t.Errorf("%d turns", len(turns))
	}
	// A catalogue imported anywhere is everywhere.
	config := saveConfig(t, fmt.Sprintf("nats: {url: \"nats://127.0.0.1:%d\"}\n", c.port))
	if _, errs, code := tool(t, "catalog", "import", repriced(t, ",bag,850.00,60,", ",bag,900.00,60,"), "--config", config); code != exitOK {
		t.Fatalf("code %d: %s", code, errs)
	}
	for _, g := range gateways {
		eventually(t, "the next screen has the new price", func() bool { return strings.Contains(riceScreen(g), "2.Rice 5kg 900\n") })
	}
}

// TestNATSAway: while NATS is away phones and carriers are told to try again,
// and nothing is taken that the next try would double.
func TestNATSAway(t *testing.T) {
	t.Parallel()
	const phone = "+254700100161"
	c := startCluster(t)
	processor, gateway := c.half("processor", t.TempDir()), c.half("gateway", t.TempDir())
	line := gateway.dial(phone)
	has(t, line.answers(toConfirm...), "1.Confirm")
	gateway.sends()
	c.stop()
	for _, h := range []*haat{processor, gateway} {
		eventually(t, "not ready", func() bool { return h.get("/readyz").code == http.StatusServiceUnavailable })
		has(t, h.get("/readyz").body, "NATS")
		has(t, h.get("/healthz").body, "ok")
	}

	line.add("1")
	has(t, line.shown(), "END Sorry, please try again in a few minutes.")
	has(t, gateway.dial(newPhone()).answers(), "END Sorry, please try again in a few minutes.")
	if a := gateway.text(phone, "menu"); a.code != http.StatusServiceUnavailable {
		t.Errorf("an SMS is answered with %d %q", a.code, a.body)
	}
	c.start()
	for _, h := range []*haat{processor, gateway} {
		eventually(t, "ready again", func() bool { return h.get("/readyz").code == http.StatusOK })
	}
	eventually(t, "phones are answered", func() bool { return strings.HasPrefix(gateway.dial(newPhone()).answers(), "CON ") })
	if turns := c.kind(phone, messagelog.KindTurn); len(turns) != 8 {
		t.Errorf("what was not acknowledged is in the log: %+v", turns[8:])
	}
	// Nothing was ordered yet: the villager dials again and goes on.
	again := gateway.dial(phone)
	has(t, again.answers(), "You have a basket:")
	has(t, again.answers("1", "1", "1"), "END Order ", "is confirmed. Pay KES 1,700")
	if placed := processor.orders(); len(placed) != 1 {
		t.Errorf("the orders are %+v", placed)
	}
	// Notices and catalogues find their way again.
	gateway.text(phone, "menu")
	gateway.awaitSMS(phone, "Welcome to the village market")
	config := saveConfig(t, fmt.Sprintf("nats: {url: \"nats://127.0.0.1:%d\"}\n", c.port))
	if _, errs, code := tool(t, "catalog", "import", repriced(t, ",bag,850.00,60,", ",bag,900.00,60,"), "--config", config); code != exitOK {
		t.Fatalf("code %d: %s", code, errs)
	}
	eventually(t, "the next screen has the new price", func() bool { return strings.Contains(riceScreen(gateway), "2.Rice 5kg 900\n") })
}

// sends waits until the outbox works, the last of what a gateway starts.
func (h *haat) sends() {
	h.t.Helper()
	phone := newPhone()
	h.text(phone, "menu")
	h.awaitSMS(phone, "English")
}

// TestHalvesStopWhileNATSIsAway: nobody should have to wait for NATS, or be told
// of an error, to take a process down.
func TestHalvesStopWhileNATSIsAway(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	processor, gateway := c.half("processor", t.TempDir()), c.half("gateway", t.TempDir())
	gateway.sends()
	c.stop()
	for _, h := range []*haat{processor, gateway} {
		eventually(t, "not ready", func() bool { return h.get("/readyz").code == http.StatusServiceUnavailable })
		h.stop()
	}
}
