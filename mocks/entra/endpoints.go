package entra

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const maxForm = 64 << 10

func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	if tenant != s.opts.Tenant {
		s.refuse(w, unknownTenant, tenant)
		return
	}
	root := s.root(r.Host)
	reply(w, http.StatusOK, described(s.issuer2(r.Host), root+"/oauth2/v2.0", root+"/discovery/v2.0/keys"))
}

// discovery1 is for those who check version 1.0 tokens: their issuer is not where the document is.
func (s *Server) discovery1(w http.ResponseWriter, r *http.Request) {
	if tenant := r.PathValue("tenant"); tenant != s.opts.Tenant {
		s.refuse(w, unknownTenant, tenant)
		return
	}
	root := s.root(r.Host)
	reply(w, http.StatusOK, described(s.issuer(), root+"/oauth2", root+"/discovery/keys"))
}

func described(issuer, endpoints, keys string) map[string]any {
	return map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                endpoints + "/authorize",
		"token_endpoint":                        endpoints + "/token",
		"jwks_uri":                              keys,
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
}

func (s *Server) root(host string) string { return "https://" + host + "/" + s.opts.Tenant }

func (s *Server) keys(w http.ResponseWriter, r *http.Request) {
	if tenant := r.PathValue("tenant"); tenant != s.opts.Tenant {
		s.refuse(w, unknownTenant, tenant)
		return
	}
	var keys []map[string]string
	for _, key := range s.ring.published() {
		keys = append(keys, key.webKey())
	}
	reply(w, http.StatusOK, map[string]any{"keys": keys})
}

// token is the client credentials grant. The order of the checks is Entra's: the request, the tenant, the
// application, its secret, what it asks for.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, missingField, "grant_type")
		return
	}
	form := r.PostForm
	for _, field := range []string{"grant_type", "client_id", "scope"} {
		if form.Get(field) == "" {
			s.refuse(w, missingField, field)
			return
		}
	}
	tenant := r.PathValue("tenant")
	app, known := s.apps[form.Get("client_id")]
	switch {
	case tenant != s.opts.Tenant:
		s.refuse(w, unknownTenant, tenant)
		return
	case form.Get("grant_type") != "client_credentials":
		s.refuse(w, wrongGrant, form.Get("grant_type"))
		return
	case !known:
		s.refuse(w, unknownApp, form.Get("client_id"))
		return
	}
	root := s.root(r.Host)
	if p, subject := s.checkCredential(app, form, root+"/oauth2/v2.0/token", root+"/v2.0"); p != granted {
		s.refuse(w, p, subject)
		return
	}
	audience, scoped := resourceOf(form.Get("scope"))
	api, own := s.apis[audience]
	switch {
	case !scoped:
		s.refuse(w, wrongScope, form.Get("scope"))
	case own:
		s.grant(w, s.apiClaims(app, api, audience, r.Host))
	case len(s.opts.Resources) > 0 && !slices.Contains(s.opts.Resources, audience):
		s.refuse(w, unknownResource, audience)
	default:
		s.grant(w, s.claims(app, audience, s.opts.Now()))
	}
}

// checkCredential is the application proving who it is: with a secret or an assertion.
func (s *Server) checkCredential(app Application, form url.Values, endpoints ...string) (p problem, subject string) {
	secret, text := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case secret == "" && text == "":
		return noCredential, ""
	case secret != "" && text != "":
		return twoCredentials, ""
	case text != "" && form.Get("client_assertion_type") == "":
		return missingField, "client_assertion_type"
	case text != "" && form.Get("client_assertion_type") != assertionType:
		return wrongAssertionType, ""
	case text != "":
		return s.checkAssertion(app, text, endpoints...)
	case app.Secret != "" && sameSecret(secret, app.Secret):
		return granted, ""
	case app.ExpiredSecret != "" && sameSecret(secret, app.ExpiredSecret):
		return expiredSecret, app.ClientID
	default:
		return wrongSecret, app.ClientID
	}
}

func (s *Server) grant(w http.ResponseWriter, c claims) {
	token, err := s.issue(c)
	if err != nil {
		http.Error(w, "signing", http.StatusInternalServerError)
		return
	}
	seconds := int(s.opts.Lifetime.Seconds())
	reply(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
	})
}

// resourceOf finds the resource among the scopes: clients append "openid offline_access profile" to what they were
// given, and only the item that ends in /.default counts.
func resourceOf(scope string) (resource string, ok bool) {
	for item := range strings.FieldsSeq(scope) {
		if resource, ok := strings.CutSuffix(item, "/.default"); ok && resource != "" {
			return trimSlash(resource), true
		}
	}
	return "", false
}

// sameSecret compares digests, so that neither length nor content shows in the time it takes.
func sameSecret(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// problem is what the fake can find wrong.
type problem uint8

const (
	granted problem = iota
	missingField
	unknownTenant
	wrongGrant
	unknownApp
	noCredential
	twoCredentials
	wrongSecret
	expiredSecret
	wrongAssertionType
	malformedAssertion
	unknownCertificate
	foreignAssertion
	misaddressedAssertion
	wrongSignature
	staleAssertion
	unknownIssuer
	unknownSubject
	unknownAudience
	wrongScope
	unknownResource
)

// refusal is one row of Entra's error table; text has one verb for what was wrong, or none.
type refusal struct {
	status int
	err    string
	code   int
	text   string
}

// refusals are worded as Entra words them.
func refusals() map[problem]refusal {
	return map[problem]refusal{
		missingField:          {400, "invalid_request", 900144, "The request body must contain the following parameter: '%s'."},
		unknownTenant:         {400, "invalid_tenant", 90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."},
		wrongGrant:            {400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'."},
		unknownApp:            {400, "unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory."},
		noCredential:          {401, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
		twoCredentials:        {501, "mock_unsupported", 0, "client_secret and client_assertion in one request."},
		expiredSecret:         {401, "invalid_client", 7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app."},
		wrongAssertionType:    {501, "mock_unsupported", 0, "client_assertion_type other than " + assertionType + "."},
		malformedAssertion:    {400, "invalid_request", 50027, "JWT token is invalid or malformed."},
		unknownCertificate:    {401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application '%s'. [Reason - The key was not found.]"},
		foreignAssertion:      {401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter."},
		misaddressedAssertion: {401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer."},
		wrongSignature:        {401, "invalid_client", 700027, "Client assertion contains an invalid signature. [Reason - The key used is invalid.]"},
		staleAssertion:        {401, "invalid_client", 700024, "Client assertion is not within its valid time range. Current time, expiry time of assertion and its start do not fit."},
		unknownIssuer:         {401, "invalid_client", 700211, "No matching federated identity record found for presented assertion issuer '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
		unknownSubject:        {401, "invalid_client", 700213, "No matching federated identity record found for presented assertion subject '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
		unknownAudience:       {401, "invalid_client", 700212, "No matching federated identity record found for presented assertion audience '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
		wrongSecret:           {401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'."},
		wrongScope:            {400, "invalid_scope", 1002012, "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."},
		unknownResource:       {400, "invalid_resource", 500011, "The resource principal named %s was not found in the tenant."},
	}
}

func (s *Server) refuse(w http.ResponseWriter, p problem, subject string) {
	e := refusals()[p]
	text, trace, correlation := e.text, guid(), guid()
	if subject != "" {
		text = fmt.Sprintf(e.text, subject)
	}
	stamp := s.opts.Now().UTC().Format("2006-01-02 15:04:05Z")
	reply(w, e.status, map[string]any{
		"error": e.err,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.code, text, trace, correlation, stamp),
		"error_codes": []int{e.code}, "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(status)
	// The client went away: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}

func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
