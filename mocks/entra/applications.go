package entra

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Application is one registration of the tenant: who it is, and the credentials it may show. It needs one at least.
type Application struct {
	ClientID string // application (client) id: the claim appid
	ObjectID string // service principal's object id, the claim oid; default: the client id

	Secret        string              // a client secret
	ExpiredSecret string              // one that was good once: answered as expired, not as wrong
	Certificates  []*x509.Certificate // RSA keys that may sign a client assertion of the application's own
	Federations   []Federation        // other issuers' tokens that stand for the application

	Roles map[string][]string // app roles that were assigned to it, by the API's Identifier: the claim roles
}

// Federation is a federated identity credential: a token of that issuer for that subject, shown as client assertion,
// is as good as a secret. Issuer and subject are compared to the letter.
type Federation struct {
	Issuer, Subject string
	Audience        string         // default DefaultFederationAudience
	Key             *rsa.PublicKey // of the issuer, in place of its published keys
}

// DefaultFederationAudience is what workload identity federation asks its issuers for.
const DefaultFederationAudience = "api://AzureADTokenExchange"

// register collects the tenant's applications: the one of the short form first.
func register(opts Options, apis map[string]API) (map[string]Application, error) {
	all := opts.Applications
	if opts.ClientID != "" || len(all) == 0 {
		all = append([]Application{{ClientID: opts.ClientID, ObjectID: opts.ObjectID, Secret: opts.Secret}}, all...)
	}
	byID := map[string]Application{}
	for _, a := range all {
		switch {
		case a.ClientID == "":
			return nil, errors.New("entra: an application without ClientID")
		case a.Secret == "" && len(a.Certificates) == 0 && len(a.Federations) == 0:
			return nil, fmt.Errorf("entra: application %s has no credential: Secret, Certificates or Federations", a.ClientID)
		case byID[a.ClientID].ClientID != "":
			return nil, fmt.Errorf("entra: application %s is there twice", a.ClientID)
		}
		for _, f := range a.Federations {
			if f.Key == nil {
				return nil, fmt.Errorf("entra: application %s: the federation with %s has no Key", a.ClientID, f.Issuer)
			}
		}
		if a.ObjectID == "" {
			a.ObjectID = a.ClientID
		}
		if err := checkRoles(a, apis); err != nil {
			return nil, err
		}
		for _, c := range a.Certificates {
			if _, ok := c.PublicKey.(*rsa.PublicKey); !ok {
				return nil, fmt.Errorf("entra: application %s: a certificate's key is %T, not RSA", a.ClientID, c.PublicKey)
			}
		}
		byID[a.ClientID] = a
	}
	return byID, nil
}

// checkRoles refuses an assignment of what no API defines: it would be a spelling mistake that nobody notices.
func checkRoles(a Application, apis map[string]API) error {
	for api, roles := range a.Roles {
		for _, role := range roles {
			if !slices.Contains(apis[api].Roles, role) {
				return fmt.Errorf("entra: application %s: API %s defines no role %s", a.ClientID, api, role)
			}
		}
	}
	return nil
}
