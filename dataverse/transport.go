package dataverse

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// newHTTPClient takes the transport of what it is given and nothing else: no
// cookies, because the affinity cookie would pin all requests to one of the
// organization's servers, whose limits are its own.
func newHTTPClient(given *http.Client, origin string, attempt time.Duration) *http.Client {
	var transport http.RoundTripper
	if given != nil {
		transport = given.Transport
	}
	if transport == nil {
		transport = newTransport()
	}
	return &http.Client{Transport: sharedTransport{transport}, CheckRedirect: stayAt(origin), Timeout: attempt}
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   64,
		ForceAttemptHTTP2:     true,
		// All requests share one connection in HTTP/2: a dead one must be noticed.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// sharedTransport hides CloseIdleConnections: go-retryablehttp calls it whenever
// a request fails, and one caller's cancelled context must not cost all others
// their connections.
type sharedTransport struct{ base http.RoundTripper }

func (t sharedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.base.RoundTrip(r)
}

// stayAt follows a redirect of a read within the origin and hands every other
// one back as an answer. Leaving the origin would carry token, query and body to
// a stranger; a redirected write would arrive as a GET and look like a success.
func stayAt(origin string) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if next.Method == http.MethodGet && via[0].Method == http.MethodGet && len(via) <= 3 && sameOrigin(next.URL.Scheme, next.URL.Host, origin) {
			return nil
		}
		return http.ErrUseLastResponse
	}
}

func sameOrigin(scheme, host, origin string) bool {
	return strings.EqualFold(scheme+"://"+host, origin)
}
