// Command haat takes orders for a village market over SMS and USSD. Each
// subcommand has its own file; this package only wires the rooms together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes: the command worked, it failed, it was called wrongly.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// cli is the command line. What each command does stands beside its struct.
type cli struct {
	Serve     serveCmd     `cmd:"" help:"Run everything in one process: NATS, gateway, order processor, outbox."`
	Gateway   gatewayCmd   `cmd:"" help:"Run the gateway alone, against nats.url."`
	Processor processorCmd `cmd:"" help:"Run the order processor alone, against nats.url."`
	Phone     phoneCmd     `cmd:"" help:"A basic phone in the terminal, to try the demo channel."`
	Log       logCmd       `cmd:"" help:"Show the message log: what phones said and were told."`
	Orders    ordersCmd    `cmd:"" help:"List the orders."`
	Channels  struct {
		List channelsListCmd `cmd:"" default:"withargs" help:"Show the channels and how they do."`
		Test channelsTestCmd `cmd:"" help:"Send a text through a channel and tell what becomes of it."`
	} `cmd:"" help:"Show the connections to carriers, or test one."`
	Send   sendCmd `cmd:"" help:"Send a text to a phone."`
	Outbox struct {
		List  outboxListCmd  `cmd:"" default:"withargs" help:"Show the SMS that wait, and those that did not arrive."`
		Retry outboxRetryCmd `cmd:"" help:"Send an SMS again that failed or waits."`
		Drop  outboxDropCmd  `cmd:"" help:"Take an SMS that waits or failed out of the outbox."`
	} `cmd:"" help:"Show what is not sent; retry or drop it."`
	Operator operatorCmds `cmd:"" help:"Add, list or remove those who may use the console."`
	Index    indexCmd     `cmd:"" help:"The console's index of the message log."`
	Optouts  optoutsCmd   `cmd:"" help:"List the phones whose owners want no SMS."`
	Catalog  struct {
		Check     catalogCheckCmd     `cmd:"" help:"Check a catalogue file and list every problem."`
		Import    catalogImportCmd    `cmd:"" help:"Check a catalogue file and put it on the shelf."`
		Versions  catalogVersionsCmd  `cmd:"" help:"List the versions of the catalogue: when, who, how many products, what changed."`
		Pricelist catalogPricelistCmd `cmd:"" help:"Print the price list with its keypad numbers for the wall of a shop."`
	} `cmd:"" help:"Check, import or print what can be ordered."`
	Config struct {
		Check configCheckCmd `cmd:"" help:"Check a configuration file and list every problem."`
	} `cmd:"" help:"Check the configuration."`
	Phrases struct {
		Check phrasesCheckCmd `cmd:"" help:"Show what every phrase costs, and what should be mended."`
	} `cmd:"" help:"Check what is said."`
	Parse   parseCmd   `cmd:"" help:"Tell what order texts mean: lines of JSON in, lines of JSON out."`
	Version versionCmd `cmd:"" help:"Print which haat this is."`
}

// stdio is where a command reads and writes.
type stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: it parses the arguments, runs their command until
// it is done or ctx is, and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var exited *int // set when kong answers by itself: --help
	parser, err := kong.New(&cli{},
		kong.Name("haat"),
		kong.Description("haat takes orders for a village market on the phones people already have."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = &code }),
	)
	if err != nil {
		fmt.Fprintf(stderr, "haat: %v\n", err)
		return exitError
	}
	command, err := parser.Parse(args)
	if exited != nil {
		return *exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "haat: %v\nRun `haat --help`, or `haat COMMAND --help`, to see what there is.\n", err)
		return exitUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(&stdio{In: stdin, Out: stdout, Err: stderr}); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintf(stderr, "haat: %v\n", err)
		}
		return exitError
	}
	return exitOK
}

// errReported fails a command that has already printed why.
var errReported = errors.New("already reported")
