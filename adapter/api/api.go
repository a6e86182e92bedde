package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api/docs"
	"directcallback/adapter/api/entra"
	"directcallback/adapter/api/mcp"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// Backend is what the API serves; *service.Service is one. Errors are matched
// with errors.Is against adapter.ErrNotFound, ErrNotOffered, ErrTooLate,
// ErrConflict, ErrDuplicate, service.ErrKeyReused and service.ErrWindowOver, and with
// errors.AsType against *service.DuplicateError, *service.SlotFullError,
// *service.NoSlotError and *service.QuietError.
type Backend interface {
	Request(context.Context, service.Request) (service.Receipt, error)
	Get(context.Context, adapter.CallbackID) (service.View, error)
	Cancel(ctx context.Context, id adapter.CallbackID, reason string) (service.View, error)
	Change(context.Context, adapter.CallbackID, service.Change) (service.View, error)
	List(context.Context, adapter.CallbackQuery) ([]service.Listed, error)
	Follow(adapter.CallbackID) (woken <-chan struct{}, stop func())
	Erase(context.Context, adapter.Person, service.Signature) (service.Erased, error)

	Queues() []service.QueueView
	Queue(context.Context, adapter.QueueID) (service.QueueView, error)
	Line(context.Context, adapter.QueueID) (service.LineView, error)

	Slots(context.Context, service.SlotQuery) (service.FreeSlots, error)
	Hold(context.Context, adapter.Hold) (adapter.Hold, error)
	Release(context.Context, adapter.Hold) error
}

// Keys are the publishable keys that were not revoked; *service.Service has them.
type Keys interface {
	KeysInForce(context.Context) ([]adapter.PublishableKey, error)
}

// Options are all that the API is made of. Every field without a stated default
// is needed.
type Options struct {
	Service Backend

	// Token is the bearer token of the trusted backend: at least 32 visible
	// ASCII characters. It must be random, because manage tokens are derived from
	// it: who holds one of those could otherwise guess this one at leisure.
	Token Secret

	Entra    *entra.Verifier   // of access tokens; nil = none is good
	Keys     Keys              // of pages in browsers; nil = none is good
	Proxies  []netip.Prefix    // who say truthfully, in X-Forwarded-For, for whom they pass a request on
	Channels channels.Channels // what the portal cannot say; its topics count here

	// Countries are those whose numbers are phoned for whoever asks through an open door;
	// empty, and nil, = every country's.
	Countries func() []channels.Country

	Now    func() time.Time
	NewID  func() string // unique for ever and growing: a UUID version 7
	Logger *slog.Logger

	Stopping     <-chan struct{}             // closed when the process stops: streams end; nil = never
	DefaultQueue adapter.QueueID             // for requests that name none; empty = queueId is required
	Ready        func(context.Context) error // nil error = send work; nil = always ready
	Unavailable  func(error) bool            // tells that the store is closed or gone for now; nil = never
	Version      string                      // of the program, told to agents; may be empty
	Demo         map[string]http.Handler     // further pages by their paths, see package demo; nil = none
}

// api is the handler's state. But for who follows callbacks it does not change after New.
type api struct {
	o       Options
	tokens  tokens
	guards  guards
	streams streams
	agents  http.Handler               // of /mcp, which asks this same API
	docs    func() (docs.Pages, error) // made when they are first asked for
}

// New makes the handler, which may be shared.
func New(o Options) (http.Handler, error) {
	if o.Service == nil || o.Now == nil || o.NewID == nil || o.Logger == nil {
		return nil, errors.New("api: Service, Now, NewID and Logger are needed")
	}
	o.DefaultQueue = adapter.QueueID(adapter.NormalizeID(string(o.DefaultQueue)))
	if o.DefaultQueue != "" && !adapter.IsGUID(string(o.DefaultQueue)) {
		return nil, errors.New("api: DefaultQueue is not a GUID")
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Countries == nil {
		o.Countries = func() []channels.Country { return nil }
	}
	if o.Unavailable == nil {
		o.Unavailable = func(error) bool { return false }
	}
	tokens, err := newTokens(o.Token)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	o.Token = "" // from here on only its hash and the derived key are kept
	a := &api{o: o, tokens: tokens, guards: newGuards(o.Channels.Limits), docs: sync.OnceValues(func() (docs.Pages, error) { return docs.New(openAPI) })}
	handler := a.watch(a.routes())
	a.agents = mcp.New(handler, o.NewID, o.Version)
	return handler, nil
}
