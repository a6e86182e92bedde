package dataverse

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// organisation is what exists before any row is added.
type organisation struct {
	id, businessUnit string
	administrator    string // systemuserid of the user behind the static token and the process itself
}

// found creates the business unit, the roles, the administrator and the application users.
func (s *Server) found() (err error) {
	if err := s.foundOrganisation(); err != nil {
		return err
	}
	if s.organisation.businessUnit, err = s.Insert("businessunit", map[string]any{
		"name": organisationName, "organizationid": s.organisation.id,
	}); err != nil {
		return err
	}
	if err := s.insertPrivileges(); err != nil {
		return err
	}
	for _, r := range bornRoles() {
		if err := s.defineRole(r); err != nil {
			return fmt.Errorf("role %s: %w", r.Name, err)
		}
	}
	if s.organisation.administrator, err = s.applicationUser("Administrator", s.newID(), RoleAdministrator); err != nil {
		return err
	}
	for _, application := range s.opts.Applications {
		if _, err := s.applicationUser("Callback adapter", application, RoleAdapter, RoleAgent); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) applicationUser(name, application string, roles ...string) (id string, err error) {
	id, err = s.insertSeed("systemuser", map[string]any{
		"firstname": "#", "lastname": name, "domainname": "app-" + application + "@contoso.example",
		"applicationid": application, "accessmode": 4, "businessunitid": s.organisation.businessUnit,
		"organizationid": s.organisation.id,
	})
	if err == nil {
		err = s.setRoles(id, roles...)
	}
	if err != nil {
		return "", fmt.Errorf("application user %s: %w", application, err)
	}
	return id, nil
}

// challenge is the 401 answer; tools read tenant and resource from it, and what else it says.
func (s *Server) challenge(r *http.Request, more ...string) *response {
	says := append([]string{"Bearer authorization_uri=" + s.opts.Challenge, "resource_id=" + s.base(r) + "/"}, more...)
	return newResponse(http.StatusUnauthorized, nil).set("WWW-Authenticate", strings.Join(says, ", "))
}

// checkToken verifies the bearer token and says which application it belongs to; the static token has none.
func (s *Server) checkToken(rq *request) (application string, err error) {
	scheme, token, _ := strings.Cut(rq.Header.Get("Authorization"), " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", fail(http.StatusUnauthorized, "", "no bearer token")
	case token == s.opts.StaticToken:
		return "", nil
	case s.opts.Tokens == nil:
		return "", fail(http.StatusUnauthorized, "", "not the static token")
	}
	if v, can := s.opts.Tokens.(aheadVerifier); can {
		application, err = v.VerifyAhead(token, rq.base, rq.skew)
	} else {
		application, err = s.opts.Tokens.Verify(token, rq.base)
	}
	if err != nil {
		return "", fail(http.StatusUnauthorized, "", "%v", err)
	}
	return application, nil
}

// userOf is the application's user, the administrator for the static token. An application without one is the usual
// first mistake of an installation.
func (s *Server) userOf(rq *request) (*row, error) {
	users := s.schema.byName["systemuser"]
	if rq.application == "" {
		if admin := s.db.get(users, s.organisation.administrator, "", rq.now); admin != nil {
			return admin, users.enabled(admin)
		}
		return nil, notMember()
	}
	for r := range s.db.matching(users, users.at("applicationid"), strings.ToLower(rq.application), rq.now) {
		return r, users.enabled(r)
	}
	return nil, notMember()
}

// newID gives out identifiers that look random and depend on the seed and the order of the calls alone.
func (s *Server) newID() string {
	var b [16]byte
	n := s.sequence.Add(1)
	binary.BigEndian.PutUint64(b[:8], mix(s.opts.Seed^mix(n)))
	binary.BigEndian.PutUint64(b[8:], mix(mix(s.opts.Seed)+n))
	return guid(b)
}

// randomID is for what no seed may repeat.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return guid(b)
}

// guid writes 16 bytes as a version 4 UUID.
func guid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// mix is the finaliser of splitmix64: neighbouring numbers come out unlike each other.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// between draws a duration from [low, high]. The draw depends on the seed and the occurrence, never on what other
// requests did meanwhile.
func between(low, high time.Duration, seed, occurrence uint64) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(mix(seed^mix(occurrence))%uint64(cmp.Or(high-low, 1)))
}
