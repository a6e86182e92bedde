package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// network is a part of the address space where no webhook can be.
type network struct {
	prefix string
	what   string
}

// networks are IANA's registries of special-purpose addresses, without what is public
// all the same, and what clouds put at public addresses for their machines alone. An
// IPv6 address must be of 2000::/3 besides, the part that is given out.
func networks() []network {
	return []network{
		{"0.0.0.0/8", "this host"},
		{"10.0.0.0/8", "private"},
		{"100.64.0.0/10", "a carrier's own"}, // some clouds' metadata too
		{"127.0.0.0/8", "this host"},
		{"168.63.129.16/32", "Azure's own"}, // the host of each virtual machine
		{"169.254.0.0/16", "link-local"},    // metadata of most clouds
		{"172.16.0.0/12", "private"},
		{"192.0.0.0/24", "for protocols"},
		{"192.0.2.0/24", "for documentation"},
		{"192.88.99.0/24", "a relay's"},
		{"192.168.0.0/16", "private"},
		{"198.18.0.0/15", "for benchmarks"},
		{"198.51.100.0/24", "for documentation"},
		{"203.0.113.0/24", "for documentation"},
		{"224.0.0.0/4", "multicast"},
		{"240.0.0.0/4", "reserved"}, // broadcast too

		{"::/128", "this host"},
		{"::1/128", "this host"},
		{"::/96", "an obsolete form of IPv4"},
		{"::ffff:0:0:0/96", "an obsolete form of IPv4"},
		{"64:ff9b:1::/48", "a network's own NAT64"},
		{"100::/64", "for discarding"},
		{"2001::/23", "for protocols"}, // Teredo, ORCHID and others
		{"2001:db8::/32", "for documentation"},
		{"2002::/16", "an obsolete form of IPv4"}, // 6to4
		{"3fff::/20", "for documentation"},
		{"fc00::/7", "private"},
		{"fe80::/10", "link-local"},
		{"fec0::/10", "private"},
		{"ff00::/8", "multicast"},
	}
}

// AddressError says that a webhook leads to where no webhook may be.
type AddressError struct {
	Address netip.Addr
	What    string
}

// Error names the address: it is one of this network or of nobody.
func (e *AddressError) Error() string {
	return fmt.Sprintf("%s is %s: webhooks go to public addresses only", e.Address, e.What)
}

// guard lets connections through to public addresses alone.
type guard struct {
	refused []refusal
	public6 netip.Prefix
	nat64   netip.Prefix // whose last 32 bits are an IPv4 address
}

type refusal struct {
	netip.Prefix
	what string
}

func newGuard() *guard {
	g := &guard{public6: netip.MustParsePrefix("2000::/3"), nat64: netip.MustParsePrefix("64:ff9b::/96")}
	for _, n := range networks() {
		g.refused = append(g.refused, refusal{netip.MustParsePrefix(n.prefix), n.what})
	}
	return g
}

// check returns an *AddressError for an address that is not public. Of one that carries
// an IPv4 address the way ends there, so that one counts.
func (g *guard) check(address netip.Addr) error {
	end := address.WithZone("").Unmap()
	if g.nat64.Contains(end) {
		bytes := end.As16()
		end = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	for _, r := range g.refused {
		if r.Contains(end) {
			return &AddressError{address, r.what}
		}
	}
	if end.Is6() && !g.public6.Contains(end) {
		return &AddressError{address, "of no public network"}
	}
	return nil
}

// control is net.Dialer's: it is called with each address that a name has led to, right
// before it is connected to, so that no name can be made to lead elsewhere afterwards.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.New("what a webhook leads to is no address")
	}
	return g.check(to.Addr())
}
