package entra

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// DefaultAuthority is where the public cloud signs in.
const DefaultAuthority = "https://login.microsoftonline.com"

// maxToken bounds what is looked at, in bytes. Entra's own bound on groups keeps real
// tokens well below.
const maxToken = 16 << 10

// Options say whose tokens are good. Every field without a stated default is needed.
type Options struct {
	Tenant    string   // directory id, a GUID; default: the one in Issuer
	Authority string   // default DefaultAuthority
	Issuer    string   // the only one there is, in place of both of the tenant's at Authority
	Audiences []string // what a token may call this API: its identifier, its client id

	Client *http.Client // to the issuers; needs a timeout of its own or gets ours
	Now    func() time.Time
	Logger *slog.Logger
}

// Access is what a good token gives.
type Access struct {
	Client string   // application id of who sends it
	Roles  []string // app roles, as this API's registration has them
}

// RefusedError is why a token is not good, in words for a log.
type RefusedError string

// Error names the reason, and nothing of the token.
func (r RefusedError) Error() string { return "access token refused: " + string(r) }

// The refusals there are.
const (
	ErrMalformed   RefusedError = "malformed"
	ErrAlgorithm   RefusedError = "wrong algorithm"
	ErrIssuer      RefusedError = "wrong issuer"
	ErrUnknownKey  RefusedError = "unknown key"
	ErrSignature   RefusedError = "wrong signature"
	ErrExpired     RefusedError = "expired"
	ErrNotYetValid RefusedError = "not yet valid"
	ErrAudience    RefusedError = "wrong audience"
	ErrTenant      RefusedError = "wrong tenant"
	ErrClient      RefusedError = "no client"
)

// ErrAway says that a token cannot be judged, because its issuer's keys cannot be read.
var ErrAway = errors.New("the keys of the token's issuer cannot be read")

// Verifier checks tokens. It may be shared.
type Verifier struct {
	o    Options
	keys map[string]*keys // by issuer
}

// New makes a Verifier; it asks nobody for anything yet.
func New(o Options) (*Verifier, error) {
	if len(o.Audiences) == 0 || slices.Contains(o.Audiences, "") {
		return nil, errors.New("no audience: a token for anybody else would be good")
	}
	if o.Now == nil || o.Logger == nil || o.Client == nil {
		return nil, errors.New("the fields Client, Now and Logger are needed")
	}
	issuers, err := o.issuers()
	if err != nil {
		return nil, err
	}
	if o.Tenant == "" {
		o.Tenant = TenantOf(o.Issuer)
	}
	if TenantOf("/"+o.Tenant+"/") == "" {
		return nil, errors.New("the tenant must be a directory id: tokens name it as a GUID, never by domain")
	}
	v := &Verifier{o: o, keys: map[string]*keys{}}
	for issuer, discovery := range issuers {
		v.keys[issuer] = newKeys(issuer, discovery, o)
	}
	return v, nil
}

// issuers maps each issuer to where its discovery document is.
func (o Options) issuers() (map[string]string, error) {
	if o.Issuer != "" {
		return map[string]string{o.Issuer: o.Issuer}, secure(o.Issuer)
	}
	authority := DefaultAuthority
	if o.Authority != "" {
		authority = strings.TrimSuffix(o.Authority, "/")
	}
	root := authority + "/" + o.Tenant
	return map[string]string{
		root + "/v2.0": root + "/v2.0",
		"https://" + tokenService(authority) + "/" + o.Tenant + "/": root,
	}, secure(authority)
}

// tokenService is the host that issues version 1.0 tokens for those who sign in at an
// authority: one for every cloud but China's.
func tokenService(authority string) string {
	if strings.HasSuffix(authority, ".chinacloudapi.cn") || strings.HasSuffix(authority, ".partner.microsoftonline.cn") {
		return "sts.chinacloudapi.cn"
	}
	return "sts.windows.net"
}

func secure(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("an issuer is an address that starts with https://")
	}
	return nil
}

// Check judges a token. Its errors are a RefusedError, ErrAway, or the context's.
func (v *Verifier) Check(ctx context.Context, token string) (Access, error) {
	issuer, id, err := outline(token)
	if err != nil {
		return Access{}, err
	}
	keys, known := v.keys[issuer]
	if !known {
		return Access{}, ErrIssuer
	}
	key, err := keys.find(ctx, id)
	if err != nil {
		return Access{}, err
	}
	return v.judge(ctx, issuer, key, token)
}

// outline reads what a token says of itself, before anything of it is believed.
func outline(token string) (issuer, keyID string, err error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return "", "", ErrMalformed
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if unexpected, is := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); is && unexpected != nil {
		return "", "", ErrAlgorithm
	}
	if err != nil {
		return "", "", ErrMalformed
	}
	var says claims
	if err := says.read(signed.UnsafePayloadWithoutVerification()); err != nil {
		return "", "", err
	}
	return says.Issuer, signed.Signatures[0].Header.KeyID, nil
}

// judge checks everything, the signature first.
func (v *Verifier) judge(ctx context.Context, issuer string, key *publicKey, token string) (Access, error) {
	good, err := oidc.NewVerifier(issuer, key, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: []string{oidc.RS256}, Now: v.o.Now, // the audience may be one of several
	}).Verify(ctx, token)
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired {
		return Access{}, ErrExpired
	}
	switch {
	case err != nil && !key.fits:
		return Access{}, ErrSignature
	case err != nil:
		return Access{}, ErrNotYetValid // nothing else is left that go-oidc checks
	}
	var says claims
	if err := good.Claims(&says); err != nil {
		return Access{}, ErrMalformed
	}
	switch client := says.client(); {
	case len(good.Audience) != 1 || !slices.Contains(v.o.Audiences, good.Audience[0]):
		return Access{}, ErrAudience
	case !strings.EqualFold(says.Tenant, v.o.Tenant):
		return Access{}, ErrTenant
	case client == "":
		return Access{}, ErrClient
	default:
		return Access{Client: client, Roles: says.Roles}, nil
	}
}
