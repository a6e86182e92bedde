package entra

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// How long keys are good, and how often an issuer is asked.
const (
	fresh    = time.Hour        // then they are read again when one is used
	usable   = 24 * time.Hour   // then none is trusted that was not read again
	pause    = time.Minute      // between two readings that a token can cause
	retry    = 5 * time.Second  // after one that failed
	patience = 10 * time.Second // for one reading, in the time of this machine
	maxKeys  = 1 << 20          // bytes of a document
)

// keys are an issuer's public keys.
type keys struct {
	issuer, discovery string
	client            *http.Client
	now               func() time.Time
	logger            *slog.Logger

	turn chan struct{} // held by whoever asks the issuer

	mu    sync.Mutex
	byID  map[string]*rsa.PublicKey // guarded by mu
	read  time.Time                 // guarded by mu: when they were read; zero = never
	again time.Time                 // guarded by mu: the issuer is not asked before
	away  bool                      // guarded by mu: it did not answer when it was asked last
}

func newKeys(issuer, discovery string, o Options) *keys {
	return &keys{issuer: issuer, discovery: discovery, client: o.Client, now: o.Now, logger: o.Logger, turn: make(chan struct{}, 1)}
}

// find looks for a key. Whoever needs one that is not there waits for the issuer's
// answer; whoever finds one in keys that are getting old goes on with it, but for the
// one who reads them again.
func (k *keys) find(ctx context.Context, id string) (*publicKey, error) {
	key, old := k.look(id)
	if key == nil {
		select {
		case k.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		defer func() { <-k.turn }()
		if key, _ = k.look(id); key == nil {
			k.ask(ctx)
			key, _ = k.look(id)
		}
	} else if old {
		select {
		case k.turn <- struct{}{}:
			defer func() { <-k.turn }()
			k.ask(ctx)
			key, _ = k.look(id)
		default:
		}
	}
	if key != nil {
		return key, nil
	}
	return nil, k.why()
}

// look finds a key in what was read, and tells whether that is getting old.
func (k *keys) look(id string) (key *publicKey, old bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := k.now().Sub(k.read)
	found := k.byID[id]
	if found == nil || age > usable {
		return nil, true
	}
	return &publicKey{StaticKeySet: oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{found}}}, age > fresh
}

// why there is no such key.
func (k *keys) why() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return ErrAway
	}
	return ErrUnknownKey
}

// ask reads the keys, unless it is too soon for that. It is called in turn.
func (k *keys) ask(ctx context.Context) {
	k.mu.Lock()
	soon := k.now().Before(k.again)
	k.mu.Unlock()
	if soon {
		return
	}
	// Whoever asks does so for all who wait, and may go away meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	byID, err := k.fetch(ctx)
	if err != nil {
		k.logger.WarnContext(ctx, "keys of the token issuer cannot be read", "issuer", k.issuer, "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.away = err != nil; k.away {
		k.again = now.Add(retry)
		return
	}
	k.byID, k.read, k.again = byID, now, now.Add(pause)
}

// fetch reads the discovery document, and the keys that it points to.
func (k *keys) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	// go-oidc would compare the issuer with where the document is; that of version 1.0
	// is elsewhere. It is compared here.
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(oidc.ClientContext(ctx, k.client), k.issuer), k.discovery)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	if document.Issuer != k.issuer {
		return nil, fmt.Errorf("discovery: the issuer there is %q", document.Issuer)
	}
	if err := secure(document.Keys); err != nil {
		return nil, fmt.Errorf("discovery: jwks_uri: %w", err)
	}
	body, err := k.get(ctx, document.Keys)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return readKeys(body)
}

func (k *keys) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxKeys))
}

// readKeys takes the RSA keys for signatures that have an id. What else may be there
// is for others.
func readKeys(body []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	byID := map[string]*rsa.PublicKey{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil {
			continue
		}
		if public, is := key.Key.(*rsa.PublicKey); is && key.KeyID != "" && key.Use != "enc" {
			byID[key.KeyID] = public
		}
	}
	if len(byID) == 0 {
		return nil, errors.New("keys: none that could have signed a token")
	}
	return byID, nil
}

// publicKey is one key, and remembers whether a signature fitted it.
type publicKey struct {
	oidc.StaticKeySet
	fits bool
}

// VerifySignature checks a token's signature.
func (p *publicKey) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := p.StaticKeySet.VerifySignature(ctx, token)
	p.fits = err == nil
	return payload, err
}
