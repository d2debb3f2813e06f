package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"haat/gateway/console/account"
)

// consoleFile is where the console keeps its operators, in the data directory.
const consoleFile = "console.db"

// operatorCmds are the commands about those who may use the console. They work
// while haat runs and while it is stopped.
type operatorCmds struct {
	List     operatorListCmd     `cmd:"" default:"withargs" help:"List the operators."`
	Add      operatorAddCmd      `cmd:"" help:"Add an operator; asks for the password."`
	Password operatorPasswordCmd `cmd:"" help:"Give an operator another password; asks for it, and signs the operator out."`
	Role     operatorRoleCmd     `cmd:"" help:"Give an operator another role, and sign the operator out."`
	Link     operatorLinkCmd     `cmd:"" help:"Let an operator sign in by OpenID Connect, too, or no longer; signs the operator out."`
	Remove   operatorRemoveCmd   `cmd:"" help:"Remove an operator, who is signed out at once."`
}

// operatorAddCmd adds an operator.
type operatorAddCmd struct {
	place
	password
	Name string `arg:"" help:"1 to 40 letters, digits and . _ -"`
	Role string `enum:"viewer,operator,admin" required:"" help:"What they may do: viewer looks, with masked numbers; operator helps people; admin does everything."`
	OIDC string `name:"oidc" placeholder:"SUBJECT" help:"They sign in by OpenID Connect and have no password: the provider's sub or, with an @, an e-mail address that it has verified."`
}

// Run implements the command.
func (c *operatorAddCmd) Run(ctx context.Context, std *stdio) error {
	if c.OIDC != "" {
		return c.withAccounts(ctx, mayBegin, func(a *account.Accounts) error {
			if err := a.AddLinked(ctx, account.CommandLine, c.Name, account.Role(c.Role), c.OIDC); err != nil {
				return err
			}
			fmt.Fprintf(std.Out, "%s is added as %s and signs in by OpenID Connect as %s.\n", c.Name, c.Role, c.OIDC)
			return nil
		})
	}
	secret, err := c.ask(ctx, std, c.Name)
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, mayBegin, func(a *account.Accounts) error {
		if err := a.Add(ctx, account.CommandLine, c.Name, account.Role(c.Role), secret); err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s is added as %s.\n", c.Name, c.Role)
		return nil
	})
}

// operatorPasswordCmd sets a password.
type operatorPasswordCmd struct {
	place
	password
	Name string `arg:"" help:"As haat operator list shows it."`
}

// Run implements the command.
func (c *operatorPasswordCmd) Run(ctx context.Context, std *stdio) error {
	secret, err := c.ask(ctx, std, c.Name)
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, mustBeThere, func(a *account.Accounts) error {
		if err := a.SetPassword(ctx, account.CommandLine, c.Name, secret); err != nil {
			return unknownOperator(c.Name, err)
		}
		fmt.Fprintf(std.Out, "%s has another password and is signed out.\n", c.Name)
		return nil
	})
}

// operatorRoleCmd sets a role.
type operatorRoleCmd struct {
	place
	Name string `arg:"" help:"As haat operator list shows it."`
	Role string `arg:"" enum:"viewer,operator,admin" help:"viewer, operator or admin."`
}

// Run implements the command.
func (c *operatorRoleCmd) Run(ctx context.Context, std *stdio) error {
	return c.withAccounts(ctx, mustBeThere, func(a *account.Accounts) error {
		if err := a.SetRole(ctx, account.CommandLine, c.Name, account.Role(c.Role)); err != nil {
			return unknownOperator(c.Name, err)
		}
		fmt.Fprintf(std.Out, "%s is now %s and is signed out.\n", c.Name, c.Role)
		return nil
	})
}

// operatorLinkCmd links an operator to the OpenID Connect provider.
type operatorLinkCmd struct {
	place
	Name    string `arg:"" help:"As haat operator list shows it."`
	Subject string `arg:"" optional:"" help:"The provider's sub or, with an @, an e-mail address that it has verified; without it, the link is ended."`
}

// Run implements the command.
func (c *operatorLinkCmd) Run(ctx context.Context, std *stdio) error {
	return c.withAccounts(ctx, mustBeThere, func(a *account.Accounts) error {
		if err := a.Link(ctx, account.CommandLine, c.Name, c.Subject); err != nil {
			return unknownOperator(c.Name, err)
		}
		if c.Subject == "" {
			fmt.Fprintf(std.Out, "%s no longer signs in by OpenID Connect, and is signed out.\n", c.Name)
			return nil
		}
		fmt.Fprintf(std.Out, "%s may sign in by OpenID Connect as %s, and is signed out.\n", c.Name, c.Subject)
		return nil
	})
}

// operatorRemoveCmd removes an operator.
type operatorRemoveCmd struct {
	place
	Name string `arg:"" help:"As haat operator list shows it."`
}

// Run implements the command.
func (c *operatorRemoveCmd) Run(ctx context.Context, std *stdio) error {
	return c.withAccounts(ctx, mustBeThere, func(a *account.Accounts) error {
		if err := a.Remove(ctx, account.CommandLine, c.Name); err != nil {
			return unknownOperator(c.Name, err)
		}
		fmt.Fprintf(std.Out, "%s is removed and signed out.\n", c.Name)
		return nil
	})
}

// operatorListCmd lists the operators.
type operatorListCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, for programs."`
}

// operatorJSON is an operator as programs read it.
type operatorJSON struct {
	Name  string       `json:"name"`
	Role  account.Role `json:"role"`
	Added time.Time    `json:"added"`
}

// Run implements the command.
func (c *operatorListCmd) Run(ctx context.Context, std *stdio) error {
	return c.withAccounts(ctx, mustBeThere, func(a *account.Accounts) error {
		all, err := a.List(ctx)
		if err != nil {
			return err
		}
		out := bufio.NewWriter(std.Out)
		for _, o := range all {
			if c.JSON {
				err = json.NewEncoder(out).Encode(operatorJSON{o.Name, o.Role, o.At})
			} else {
				_, err = fmt.Fprintf(out, "%-20s %-9s since %s\n", o.Name, o.Role, o.At.Local().Format(time.DateTime))
			}
			if err != nil {
				return err
			}
		}
		if len(all) == 0 && !c.JSON {
			fmt.Fprintln(out, "There are no operators. Add the first: haat operator add NAME --role admin")
		}
		return out.Flush()
	})
}

// Whether a command may be the first to write the accounts.
const (
	mayBegin    = true
	mustBeThere = false
)

// withAccounts does something about the accounts of the haat that a command is
// about.
func (p place) withAccounts(ctx context.Context, begin bool, do func(*account.Accounts) error) error {
	cfg, err := p.loadToRead()
	if err != nil {
		return err
	}
	path := filepath.Join(cfg.Data, consoleFile)
	if _, err := os.Stat(path); err != nil && !begin {
		return fmt.Errorf("there are no operators in %s: add the first with `haat operator add NAME --role admin --data %s`, or name the right directory with --data", cfg.Data, cfg.Data)
	}
	a, err := account.Open(ctx, path, account.Config{})
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

func unknownOperator(name string, err error) error {
	if errors.Is(err, account.ErrNotFound) {
		return fmt.Errorf("there is no operator %q: write a name that `haat operator list` shows", name)
	}
	return err
}

// password says where a command takes a password from.
type password struct {
	PasswordStdin bool `help:"Read the password from standard input, one line, instead of asking for it."`
}

// maxPasswordLine is how long the line of --password-stdin may be, in bytes.
const maxPasswordLine = 4 << 10

var (
	errNoTerminal = errors.New("there is no terminal to ask for the password: write it to standard input and say --password-stdin")
	errUnlike     = errors.New("the two passwords are not the same: try again")
)

// ask gives the password for an operator.
func (p password) ask(ctx context.Context, std *stdio, name string) (string, error) {
	if p.PasswordStdin {
		return readPassword(std.In)
	}
	terminal, ok := std.In.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", errNoTerminal
	}
	first, err := prompt(ctx, terminal, std.Err, fmt.Sprintf("Password for %s (at least %d characters): ", name, account.MinPassword))
	if err != nil {
		return "", err
	}
	second, err := prompt(ctx, terminal, std.Err, "The same password again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errUnlike
	}
	return first, nil
}

// readPassword reads one line.
func readPassword(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password from standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// prompt asks on the terminal without showing what is typed. The terminal is
// as before also when ctx ends while it waits.
func prompt(ctx context.Context, terminal *os.File, out io.Writer, question string) (string, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	fmt.Fprint(out, question)
	defer fmt.Fprintln(out)
	type answer struct {
		typed []byte
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		typed, err := term.ReadPassword(fd)
		answered <- answer{typed, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return "", fmt.Errorf("asking for the password: %w", a.err)
		}
		return string(a.typed), nil
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
