package serve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter/channels"
)

func TestTheChannelsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "channels.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	without, err := FromEnvironment(needed())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := without.Channels.Read(); err != nil || cmp.Diff(channels.Default(), c) != "" {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	config, err := FromEnvironment(needed("DIRECTCALLBACK_CHANNELS_FILE=" + path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Channels.Read(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "DIRECTCALLBACK_CHANNELS_FILE") {
		t.Errorf("a file that is not there: %v", err)
	}
	write("slots: {capacity: 3}")
	if c, err := config.Channels.Read(); err != nil || c.Slots.Capacity != 3 {
		t.Errorf("%+v, %v", c, err)
	}
	write("slots:\n  capacity: many\ntopic: {}")
	_, err = config.Channels.Read()
	if mistakes, is := errors.AsType[channels.Mistakes](err); !is || len(mistakes) != 2 || !strings.Contains(err.Error(), path+":\n2:13: slots.capacity") {
		t.Errorf("%v", err)
	}
}
