package entra

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// API is a web API that is registered in the tenant: a resource that applications ask tokens for, and may be assigned
// roles of. Dataverse and other resources of Microsoft's own are not; see Options.Resources.
type API struct {
	Identifier string   // application ID URI, such as api://callbacks
	ClientID   string   // application (client) id of its registration
	Version    int      // the manifest's accessTokenAcceptedVersion: 1, which is the default as in Entra, or 2
	Roles      []string // app roles that it defines

	// Now is the clock by which the API judges its tokens, default Options.Now. It differs in a simulation that runs
	// faster than the credentials of its clients.
	Now func() time.Time
}

// registerAPIs finds each API under both names that a scope may have for it.
func registerAPIs(opts Options) (map[string]API, error) {
	byName := map[string]API{}
	for _, api := range opts.APIs {
		api.Version = cmp.Or(api.Version, 1)
		if api.Now == nil {
			api.Now = opts.Now
		}
		switch {
		case api.Identifier == "" || api.ClientID == "":
			return nil, errors.New("entra: an API without Identifier or ClientID")
		case api.Version != 1 && api.Version != 2:
			return nil, fmt.Errorf("entra: API %s: access tokens have version 1 or 2, not %d", api.Identifier, api.Version)
		}
		for _, name := range []string{api.Identifier, api.ClientID} {
			if _, taken := byName[name]; taken {
				return nil, fmt.Errorf("entra: API %s is there twice", name)
			}
			byName[name] = api
		}
	}
	return byName, nil
}
