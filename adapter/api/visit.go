package api

import (
	"context"
	"net/http"
)

// visit is what becomes known of a request while it is answered. It belongs to the
// goroutine that serves the request.
type visit struct {
	header  http.Header // of the answer
	caller  caller      // the zero caller until one is known
	refusal string      // why its token is not good, in our own words
}

type visitKey struct{}

// visiting begins a visit.
func visiting(w http.ResponseWriter, r *http.Request) (*http.Request, *visit) {
	v := &visit{header: w.Header()}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v)), v
}

// visitOf is the request's visit; [api.watch] began one.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }
