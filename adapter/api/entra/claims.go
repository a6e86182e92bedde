package entra

import (
	"encoding/json"
	"regexp"
)

// claims are what is read of a token beside what go-oidc checks.
type claims struct {
	Issuer          string   `json:"iss"`
	Tenant          string   `json:"tid"`
	Version         string   `json:"ver"`
	Application     string   `json:"appid"` // 1.0
	AuthorizedParty string   `json:"azp"`   // 2.0
	Roles           []string `json:"roles"`
}

func (c *claims) read(payload []byte) error {
	if json.Unmarshal(payload, c) != nil {
		return ErrMalformed
	}
	return nil
}

// client is the application that sends the token; empty if it does not say, in the
// way of its version.
func (c *claims) client() string {
	switch c.Version {
	case "1.0":
		return c.Application
	case "2.0":
		return c.AuthorizedParty
	default:
		return ""
	}
}

var guid = regexp.MustCompile(`/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})(?:/|$)`)

// TenantOf is the directory id in an issuer's address; empty if there is none.
func TenantOf(issuer string) string {
	found := guid.FindStringSubmatch(issuer)
	if found == nil {
		return ""
	}
	return found[1]
}
