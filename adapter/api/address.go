package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is where a request comes from: the other end of the connection or, if that
// is a proxy of ours, the last one that none of our proxies is. What stands before it
// in X-Forwarded-For, anybody may have written there.
//
// An IPv6 address stands for its /64, which is what one household or machine has.
func (a *api) address(r *http.Request) netip.Prefix {
	from := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !a.isProxy(from) {
			break
		}
		before := parseAddress(strings.TrimSpace(hop))
		if !before.IsValid() {
			break // the proxy did not say; the request is its own
		}
		from = before
	}
	bits := from.BitLen()
	if from.Is6() {
		bits = 64
	}
	household, _ := from.Prefix(bits) // of an invalid address: the zero Prefix, which all such share
	return household
}

func (a *api) isProxy(from netip.Addr) bool {
	return slices.ContainsFunc(a.o.Proxies, func(network netip.Prefix) bool { return network.Contains(from) })
}

// parseAddress reads an address, with a port or without.
func parseAddress(text string) netip.Addr {
	at, err := netip.ParseAddrPort(text)
	if err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	from, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return from.Unmap().WithZone("")
}
