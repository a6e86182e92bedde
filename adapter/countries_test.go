package adapter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func TestCountriesThatThePortalLetsPhone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		channels []adapter.VoiceChannel
		want     []string
	}{
		"no channel":                    {nil, nil},
		"no channel says":               {[]adapter.VoiceChannel{{Active: true}}, nil},
		"two channels":                  {[]adapter.VoiceChannel{{Active: true, Regions: "FR,DE"}, {Active: true}, {Active: true, Regions: "de; gb"}}, []string{"DE", "FR", "GB"}},
		"one that is not in use":        {[]adapter.VoiceChannel{{Regions: "US"}, {Active: true, Regions: "FR"}}, []string{"FR"}},
		"what is no country is nothing": {[]adapter.VoiceChannel{{Active: true, Regions: "Europe, XX, FR"}}, []string{"FR"}},
	} {
		if diff := cmp.Diff(test.want, (adapter.Settings{Channels: test.channels}).Countries()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
