package serve_test

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"directcallback/cmd/adapter/serve"
)

func TestADatabaseDoesNotPrintItsPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://adapter:hunter2@db.example.com:5432/state?sslmode=verify-full",
		"postgresql://db.example.com/state?user=adapter&password=hunter2",
		"postgres://adapter:hunter2@db.example.com:port/state",
	} {
		body, err := json.Marshal(map[string]any{"database": serve.Database(url)})
		if err != nil {
			t.Fatal(err)
		}
		shown := []string{string(body), serve.Database(url).LogValue().String()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			shown = append(shown, fmt.Sprintf(verb, struct{ D serve.Database }{serve.Database(url)}))
		}
		printed := strings.Join(shown, "\n")
		if strings.Contains(printed, "hunter2") || strings.Contains(printed, "68756e74657232") {
			t.Errorf("%s", printed)
		}
	}
	if got := fmt.Sprint(serve.Database("/var/lib/state.db")); got != "/var/lib/state.db" {
		t.Errorf("a path is shown as %s", got)
	}
}

func TestTheControlSocketOfALivingAdapterIsLeftToIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c")
	config := serve.Config{Local: serve.Local{Database: "postgres://db/state", Control: path}}
	living, err := config.ListenControl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if other, err := config.ListenControl(t.Context()); err == nil || !strings.Contains(err.Error(), "DIRECTCALLBACK_CONTROL") {
		t.Errorf("listener %v, error %v", other, err)
	}
	living.(*net.UnixListener).SetUnlinkOnClose(false) // as a killed process leaves it
	if err := living.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := config.ListenControl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
