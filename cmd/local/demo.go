package main

import (
	"context"
	"net"

	"directcallback/adapter"
	"directcallback/adapter/api/demo"
	"directcallback/adapter/service"
)

// demo makes the key of the demonstration page, for the queue that the callers call
// and the address where the page is served, and revokes those of earlier runs on the
// same database.
func (h *house) demo(ctx context.Context, s *service.Service) (demo.Options, error) {
	const name = "the page at /demo"
	by := service.Signature{By: "cmd/local", Reason: "shows the widget"}
	earlier, err := s.Keys(ctx)
	if err != nil {
		return demo.Options{}, err
	}
	for _, k := range earlier {
		if k.Name == name && k.InForce() {
			if err := s.RevokeKey(ctx, k.ID, by); err != nil {
				return demo.Options{}, err
			}
		}
	}
	queue := adapter.QueueID(h.world.Demo.RetailQueue)
	_, key, err := s.CreateKey(ctx, adapter.PublishableKey{Name: name, Origins: h.origins(), Queues: []adapter.QueueID{queue}}, by)
	return demo.Options{Queue: queue, Key: key}, err
}

// origins are those of pages that this machine's browser gets from the adapter.
func (h *house) origins() []adapter.Origin {
	_, port, _ := net.SplitHostPort(h.listener.Addr().String())
	origins := make([]adapter.Origin, 0, 2)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		origin, err := adapter.ParseOrigin("http://" + net.JoinHostPort(host, port))
		if err == nil {
			origins = append(origins, origin)
		}
	}
	return origins
}
