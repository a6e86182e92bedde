package service

import (
	"context"

	"directcallback/adapter"
)

type traceKey struct{}

// WithTrace notes what a request comes from. What the service then does is kept with
// it in the history. Events carry theirs themselves.
func WithTrace(ctx context.Context, trace adapter.Trace) context.Context {
	if trace == "" {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, trace)
}

func traceOf(ctx context.Context) adapter.Trace {
	trace, _ := ctx.Value(traceKey{}).(adapter.Trace)
	return trace
}
