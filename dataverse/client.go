package dataverse

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Client is one principal in one organization. It is safe for concurrent use;
// make one, because what makes it patient (see the package) is shared by its
// requests only.
type Client struct {
	origin string // scheme and host, lower case, without a slash
	base   string // origin + "/api/data/v9.2/"
	http   *http.Client
	tokens *tokens
	pause  *pause
	slots  chan struct{} // one for each request under way
	log    *slog.Logger
	limits limits

	caller  GUID // whom the requests are made for; "" = the principal itself
	private bool // what is asked for goes in bodies, not in URLs
}

// limits is what one request may cost.
type limits struct {
	retries   int           // repeats after each kind of failure
	throttles int           // repeats after 429
	wait      time.Duration // all waiting together; 0 = as long as the context lasts
	body      int64         // bytes of an answer
}

// Options has what most callers leave alone. The zero value, and nil, are good.
type Options struct {
	HTTPClient *http.Client // its transport is used, its timeout, cookies and redirects are not
	Logger     *slog.Logger // nil is silent
	APIVersion string       // "v9.2" unless said otherwise

	// NewCredential builds the credential anew after a 401 that names no claims:
	// azidentity keeps a token that was revoked and cannot be told to drop it.
	NewCredential func() (azcore.TokenCredential, error)

	MaxRetries     int           // repeats after a failure that is not 429; 4 unless said otherwise, negative for none
	MaxThrottles   int           // repeats after 429; 10 unless said otherwise, negative for none
	MaxWait        time.Duration // of one request, all its waiting together; 0: as long as its context lasts
	AttemptTimeout time.Duration // of one attempt; 120 s unless said otherwise
	MaxConcurrent  int           // requests under way at once; 16 unless said otherwise, 52 at most
	MaxBody        int64         // bytes of one answer; 64 MiB unless said otherwise
}

// New makes a client for an organization, for example
// "https://contoso.api.crm4.dynamics.com". It sends nothing yet.
func New(orgURL string, credential azcore.TokenCredential, options *Options) (*Client, error) {
	origin, err := parseOrigin(orgURL)
	if err != nil {
		return nil, fmt.Errorf("organization URL: %w", err)
	}
	if credential == nil {
		return nil, errors.New("no credential")
	}
	if options == nil {
		options = new(Options)
	}
	version := options.APIVersion
	if version == "" {
		version = "v9.2"
	}
	if !versionPattern.MatchString(version) {
		return nil, errVersion
	}
	log := options.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		origin: origin,
		base:   origin + "/api/data/" + version + "/",
		http:   newHTTPClient(options.HTTPClient, origin, positive(options.AttemptTimeout, 120*time.Second)),
		tokens: newTokens(credential, origin+"/.default", options.NewCredential),
		pause:  new(pause),
		slots:  make(chan struct{}, min(positive(options.MaxConcurrent, 16), maxConcurrent)),
		log:    log,
		limits: limits{
			retries:   countOr(options.MaxRetries, 4),
			throttles: countOr(options.MaxThrottles, 10),
			wait:      options.MaxWait,
			body:      positive(options.MaxBody, 64<<20),
		},
	}, nil
}

// WithMaxWait is the same client (same principal, token, pause and slots) whose
// requests give up rather than wait longer than total between their attempts.
func (c *Client) WithMaxWait(total time.Duration) *Client {
	impatient := *c
	impatient.limits.wait = total
	return &impatient
}

// WithVersion is the same client that asks another version of the Web API: the page
// of a function may name one of its own.
func (c *Client) WithVersion(version string) (*Client, error) {
	if !versionPattern.MatchString(version) {
		return nil, errVersion
	}
	other := *c
	other.base = c.origin + "/api/data/" + version + "/"
	return &other, nil
}

// As is the same client whose requests are made for another user, by the object
// id of Entra: with the rights that both have. The principal needs the privilege
// prvActOnBehalfOfAnotherUser.
func (c *Client) As(objectID GUID) (*Client, error) {
	text, err := literal(objectID)
	if err != nil {
		return nil, fmt.Errorf("act for another user: %w: needs the object id of Entra, a GUID", ErrInvalid)
	}
	other := *c
	other.caller = GUID(text)
	return &other, nil
}

// Privately is the same client whose requests travel inside a $batch: proxies and
// gateways write URLs into their logs, and what a filter or a key says of a
// person stays out of them.
func (c *Client) Privately() *Client {
	private := *c
	private.private = true
	return &private
}

// Organization is the address of the organization, without a trailing slash.
func (c *Client) Organization() string { return c.origin }

// maxConcurrent is what service protection lets one principal have under way.
const maxConcurrent = 52

var errVersion = errors.New("API version: not of the form v9.2")

var versionPattern = regexp.MustCompile(`^v9\.[0-9]+$`)

// parseOrigin reads the root of an organization. A token is a password for an
// hour, so it may leave the machine over https only.
func parseOrigin(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Hostname() == "":
		return "", errors.New("not a URL such as https://contoso.api.crm4.dynamics.com")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "", errors.New("must be https (plain http is for loopback)")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New("must be the root: no path, query, fragment or user")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// isLoopback knows addresses and the one name that RFC 6761 keeps on the machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func positive[T ~int | ~int64](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// countOr gives the default for 0 and none for a negative count.
func countOr(count, otherwise int) int {
	if count == 0 {
		return otherwise
	}
	return max(count, 0)
}
