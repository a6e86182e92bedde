package api

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	a := &api{o: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}}}
	for name, test := range map[string]struct {
		remote string
		hops   []string // each a header
		want   string
	}{
		"a customer":                        {"192.0.2.7:1234", nil, "192.0.2.7/32"},
		"one who names another":             {"192.0.2.7:1234", []string{"198.51.100.1"}, "192.0.2.7/32"},
		"through a proxy":                   {"10.0.0.1:80", []string{"192.0.2.7"}, "192.0.2.7/32"},
		"through a proxy, naming another":   {"10.0.0.1:80", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7/32"},
		"in two headers":                    {"10.0.0.1:80", []string{"198.51.100.1", "192.0.2.7"}, "192.0.2.7/32"},
		"through two proxies":               {"10.0.0.1:80", []string{"192.0.2.7, 10.0.0.2"}, "192.0.2.7/32"},
		"from one of the proxies":           {"10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3/32"},
		"with ports, as Azure writes it":    {"10.0.0.1:80", []string{"192.0.2.7:50123"}, "192.0.2.7/32"},
		"the proxy does not say":            {"10.0.0.1:80", nil, "10.0.0.1/32"},
		"the proxy says nonsense":           {"10.0.0.1:80", []string{"192.0.2.7, unknown"}, "10.0.0.1/32"},
		"a household":                       {"[2001:db8:2:3:4:5:6:7]:1234", nil, "2001:db8:2:3::/64"},
		"its neighbour in the house":        {"[2001:db8:2:3:ffff::1]:1234", nil, "2001:db8:2:3::/64"},
		"a household, through a proxy":      {"[2001:db8:1::1]:80", []string{"[2001:db8:2:3::9]:1234"}, "2001:db8:2:3::/64"},
		"brackets and no port":              {"10.0.0.1:80", []string{"[2001:db8:2:3::9]"}, "2001:db8:2:3::/64"},
		"an old address in new dress":       {"[::ffff:192.0.2.7]:1234", nil, "192.0.2.7/32"},
		"a zone":                            {"[fe80::1%eth0]:1234", nil, "fe80::/64"},
		"no address, as of a socket's file": {"@", nil, "invalid Prefix"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		for _, hop := range test.hops {
			r.Header.Add("X-Forwarded-For", hop)
		}
		if got := a.address(r); got.String() != test.want {
			t.Errorf("%s: %v, want %s", name, got, test.want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("10.0.0.1:80", "192.0.2.7, 10.0.0.2")
	f.Add("[::1]:80", "[::1%x]:1,,,")
	f.Add("", ", ,")
	a := &api{o: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}}
	f.Fuzz(func(t *testing.T, remote, hops string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header["X-Forwarded-For"] = []string{hops}
		if got := a.address(r); got.IsValid() && got != got.Masked() {
			t.Errorf("%q, %q: %v", remote, hops, got)
		}
	})
}
