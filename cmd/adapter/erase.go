package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/cmd/adapter/serve"
)

const eraseUsage = `usage: adapter erase -reason WHY -phone-file FILE | -contact ID

Removes what is known of a person: the number, name, email, notes, attributes and consent
of callbacks, and calls. Pending callbacks are cancelled first. The number is read from
FILE, or from the standard input if that is -, because everybody on a machine can see what
its commands were called with.

It asks the adapter that runs on this machine, over its socket: DIRECTCALLBACK_CONTROL, or
DIRECTCALLBACK_DATABASE with .sock behind it. It is kept with its reason and your name, and
without the number; -by is another name than the one you are signed in with.
`

// runErase is the command "erase".
func runErase(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, eraseUsage)
		return err
	}
	erasure, file, err := parseErase(args)
	if err != nil {
		return &usageError{"erase", err}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if file != "" {
		if erasure.Phone, err = readNumber(file); err != nil {
			return fmt.Errorf("erase: -phone-file: %w", err)
		}
	}
	var count service.Erased
	if err := newControl(local.ControlPath()).ask(ctx, "POST", "/erasures", erasure, &count); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "erased: %d callbacks, %d calls\n", count.Callbacks, count.Calls)
	if err == nil && count.Later > 0 {
		_, err = fmt.Fprintf(stdout, "to be erased with their end, because Dynamics has them or a person must decide: %d callbacks\n", count.Later)
	}
	return err
}

func parseErase(args []string) (e serve.Erasure, file string, err error) {
	var contact string
	flags := flag.NewFlagSet("erase", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	flags.StringVar(&file, "phone-file", "", "")
	flags.StringVar(&contact, "contact", "", "")
	flags.StringVar(&e.By, "by", "", "")
	flags.StringVar(&e.Reason, "reason", "", "")
	if err := flags.Parse(args); err != nil {
		return e, "", err
	}
	switch {
	case flags.NArg() > 0:
		return e, "", errors.New("it takes flags only; a number is read from -phone-file")
	case (file == "") == (contact == ""):
		return e, "", errors.New("want either -phone-file or -contact")
	case strings.TrimSpace(e.Reason) == "":
		return e, "", errors.New("-reason is missing: it is kept with the erasure")
	}
	e.Contact = adapter.ContactID(contact)
	e.By, err = decider(e.By)
	return e, file, err
}

// readNumber reads a file of one number.
func readNumber(file string) (string, error) {
	source := io.Reader(os.Stdin)
	if file != "-" {
		opened, err := os.Open(file) //nolint:gosec // the operator's own path
		if err != nil {
			return "", err
		}
		defer func() { _ = opened.Close() }()
		source = opened
	}
	const enough = 100 // bytes
	body, err := io.ReadAll(io.LimitReader(source, enough))
	number := strings.TrimSpace(string(body))
	if err == nil && number == "" {
		err = errors.New("it has no number")
	}
	return number, err
}
