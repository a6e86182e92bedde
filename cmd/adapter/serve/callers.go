package serve

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"directcallback/adapter/api/entra"
)

// Callers is the part of Config that says who may call the API, beside the backend
// that has the static token.
type Callers struct {
	Audience []string `env:"API_AUDIENCE"` // what access tokens of Entra call this API; empty = none is good
	Issuer   string   `env:"API_ISSUER"`   // the only one whose tokens are good; empty = those of AZURE_TENANT_ID
	Proxies  Networks `env:"PROXIES"`      // who pass requests on, and say for whom
}

// Networks are addresses and networks, with commas between: 10.0.0.0/8,192.0.2.7.
type Networks []netip.Prefix

// UnmarshalText reads them. A network is written with its own first address: another
// would be a mistake in one of the two parts.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if one, isOne := netip.ParseAddr(part); isOne == nil {
			network, err = one.Prefix(one.BitLen())
		}
		if err != nil || network != network.Masked() {
			return fmt.Errorf("%q is no network such as 10.0.0.0/8, and no address", part)
		}
		*n = append(*n, network)
	}
	return nil
}

// check names the variable that is wrong.
func (c Callers) check(azure Azure) error {
	switch {
	case len(c.Audience) == 0 && c.Issuer == "":
		return nil
	case len(c.Audience) == 0:
		return fmt.Errorf("%[1]sAPI_ISSUER is set and %[1]sAPI_AUDIENCE is not: without it no token could be good", prefix)
	case c.Issuer != "" && (!strings.HasPrefix(c.Issuer, "https://") || entra.TenantOf(c.Issuer) == ""):
		return fmt.Errorf("%sAPI_ISSUER: must be an issuer as tokens name it, https:// and with the directory id in its path", prefix)
	case c.Issuer == "" && entra.TenantOf("/"+azure.TenantID) == "":
		return fmt.Errorf("%[1]sAPI_AUDIENCE needs the tenant whose tokens are good: set AZURE_TENANT_ID to its directory id, or %[1]sAPI_ISSUER", prefix)
	}
	for _, audience := range c.Audience {
		if strings.TrimSpace(audience) != audience || audience == "" {
			return fmt.Errorf("%sAPI_AUDIENCE: must be an application ID URI or client id, or several with commas and no spaces between", prefix)
		}
	}
	return nil
}

// verifier checks the access tokens of Entra; nil if none is good.
func (c Callers) verifier(azure Azure, client *http.Client, now func() time.Time, logger *slog.Logger) (*entra.Verifier, error) {
	if len(c.Audience) == 0 {
		return nil, nil
	}
	o := entra.Options{Audiences: c.Audience, Issuer: c.Issuer, Client: client, Now: now, Logger: logger}
	if c.Issuer == "" {
		o.Tenant, o.Authority = azure.TenantID, azure.AuthorityHost
	}
	v, err := entra.New(o)
	if err != nil {
		return nil, fmt.Errorf("access tokens, by %[1]sAPI_AUDIENCE, %[1]sAPI_ISSUER and AZURE_AUTHORITY_HOST: %[2]w", prefix, err)
	}
	return v, nil
}
