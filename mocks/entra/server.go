package entra

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// DefaultLifetime is what Entra states for an application token: an hour less the second it took to issue it.
const DefaultLifetime = 3599 * time.Second

// Options say which tenant and applications the fake knows. Tenant and one application are required: ClientID and
// Secret, or Applications.
type Options struct {
	Tenant   string // directory id, as it stands in the URL and in the claim tid
	ClientID string // application (client) id: the claim appid
	Secret   string // its client secret
	ObjectID string // service principal's object id, the claim oid; default: the client id

	// Applications are further registrations, and those that have other credentials than a secret.
	Applications []Application

	// Resources lists the organisation roots tokens may be asked for, without a trailing slash. Empty: any.
	Resources []string

	// APIs are web APIs of the tenant's own, whose roles applications may have.
	APIs []API

	// Lifetime of a token, default DefaultLifetime. azidentity never caches a token of less than five minutes.
	Lifetime time.Duration

	// Hosts are the names and addresses of the TLS certificate, beside localhost and the loopback addresses.
	Hosts []string

	// Now is the clock of issue and expiry, default time.Now. Credentials count expires_in on the process's clock, so
	// hand in that clock even where the rest of a simulation runs faster.
	Now func() time.Time
}

// Server is the token service. It is safe for concurrent use and holds no state beyond its keys.
type Server struct {
	opts Options
	apps map[string]Application // by client id
	apis map[string]API         // by identifier and by client id
	ring keyRing
	ca   authority
	last atomic.Pointer[verified]
}

// New makes the signing key and the certificate authority.
func New(opts Options) (*Server, error) {
	if opts.Tenant == "" {
		return nil, errors.New("entra: Tenant is required")
	}
	opts.Lifetime = cmp.Or(opts.Lifetime, DefaultLifetime)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	apis, err := registerAPIs(opts)
	if err != nil {
		return nil, err
	}
	apps, err := register(opts, apis)
	if err != nil {
		return nil, err
	}
	ca, err := newAuthority(opts.Hosts)
	if err != nil {
		return nil, fmt.Errorf("entra: certificate: %w", err)
	}
	s := &Server{opts: opts, apps: apps, apis: apis, ca: ca}
	return s, s.Rotate()
}

// Handler serves discovery, keys and tokens. It never waits, so it may run inside a synctest bubble.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", s.discovery1)
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.keys)
	mux.HandleFunc("GET /{tenant}/discovery/keys", s.keys)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	return mux
}

// TLSConfig is for the listener: a server certificate issued by the authority made in New.
func (s *Server) TLSConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{s.ca.server}}
}

// CertPool is what a client in the same process trusts.
func (s *Server) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.ca.root)
	return pool
}

// CAPEM is the same for other processes: write it to a file and name that in SSL_CERT_FILE.
func (s *Server) CAPEM() []byte { return s.ca.pem() }
