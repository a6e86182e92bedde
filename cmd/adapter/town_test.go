package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

// TestMain lets this binary be the adapter for those tests that run its commands
// as processes.
func TestMain(m *testing.M) {
	testscript.Main(postgrestest.Main(m), map[string]func(){"adapter": main})
}

// town is everything that the adapter talks to, for one test.
type town struct {
	*world.World
	environ []string // of an adapter in a folder of its own
}

// newTown starts one, which ends with the test.
func newTown(t *testing.T, prepare ...func(*world.Options)) *town {
	t.Helper()
	o := world.Options{Clock: phone.NewScaledClock(1, time.Now())}
	o.Entra.HostPort, o.Dataverse.HostPort, o.ServiceBus.HostPort = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	for _, p := range prepare {
		p(&o)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w, err := world.Start(ctx, o)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, w.Close(context.WithoutCancel(t.Context()))); err != nil {
			t.Error(err)
		}
	})
	folder := t.TempDir()
	authority := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(authority, w.Entra.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return &town{w, append(w.Environment(),
		"SSL_CERT_FILE="+authority, "DIRECTCALLBACK_API_TOKEN=local-token-for-this-machine-only",
		"DIRECTCALLBACK_DATABASE="+filepath.Join(folder, "adapter.db"))}
}

// adapter runs a command as a process of its own.
func (w *town) adapter(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return byProgram(t, "adapter", w.environ, args...)
}

// update changes a row as an admin would.
func (w *town) update(t *testing.T, table, id string, values map[string]any) {
	t.Helper()
	if err := w.Dataverse.Update(table, id, values); err != nil {
		t.Fatal(err)
	}
}

// database is the adapter's file.
func (w *town) database() string {
	for _, v := range w.environ {
		if path, is := strings.CutPrefix(v, "DIRECTCALLBACK_DATABASE="); is {
			return path
		}
	}
	return ""
}
