package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"

	"directcallback/cmd/adapter/serve"
)

const backupUsage = `usage: adapter backup FILE

Copies the database of the adapter that runs on this machine to FILE, which must not be
there yet, while it goes on working. The copy is a database as it is: to go back to it,
stop the adapter and put it in the database's place.
`

// runBackup is the command "backup".
func runBackup(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		if len(args) == 1 {
			_, err := io.WriteString(stdout, backupUsage)
			return err
		}
		return &usageError{"backup", errors.New("it takes one FILE")}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	file, err := filepath.Abs(args[0]) // the adapter may be in another folder
	if err != nil {
		return err
	}
	var made serve.Backup
	if err := newControl(local.ControlPath()).ask(ctx, http.MethodPost, "/backup", map[string]string{"file": file}, &made); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d bytes in %v\n", made.File, made.Bytes, made.Took.Round(1e6))
	return err
}

// control speaks to the adapter that runs on this machine.
type control struct {
	path   string
	client *http.Client
}

func newControl(path string) *control {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	return &control{path, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// ask sends one command; answer takes what came back.
func (c *control) ask(ctx context.Context, method, path string, command, answer any) error {
	body, err := json.Marshal(command)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://adapter"+path, bytes.NewReader(body)) //nolint:gosec // it dials the operator's own socket, whatever the path
	if err != nil {
		return err
	}
	response, err := c.client.Do(request) //nolint:gosec // it dials the operator's own socket, whatever the path
	if err != nil {
		if failed, is := errors.AsType[*net.OpError](err); is && failed.Op == "dial" {
			return fmt.Errorf("no adapter answers at %s; is it running, with the same DIRECTCALLBACK_DATABASE or DIRECTCALLBACK_CONTROL? (%w)", c.path, failed.Err)
		}
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		var refused struct{ Error string }
		if err := json.NewDecoder(response.Body).Decode(&refused); err != nil || refused.Error == "" {
			return fmt.Errorf("the adapter answers %s", response.Status)
		}
		return errors.New(refused.Error)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// escape makes an id a part of a path.
func escape(id string) string { return url.PathEscape(id) }
