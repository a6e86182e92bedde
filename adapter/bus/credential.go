package bus

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenTimeout bounds a token request, because the SDK asks without any deadline.
const tokenTimeout = 30 * time.Second

// gate lets one token request through at a time and ends it after tokenTimeout.
// azidentity holds a mutex while it waits for the network; queueing before it, on
// a channel, keeps waiting goroutines visible to testing/synctest.
type gate struct {
	credential azcore.TokenCredential
	free       chan struct{}
}

func newGate(credential azcore.TokenCredential) *gate {
	return &gate{credential: credential, free: make(chan struct{}, 1)}
}

// GetToken implements [azcore.TokenCredential].
func (g *gate) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	select {
	case g.free <- struct{}{}:
		defer func() { <-g.free }()
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
	return g.credential.GetToken(ctx, options)
}
