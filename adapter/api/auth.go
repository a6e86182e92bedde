package api

import (
	"net/http"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// backendClient is the scope of the trusted backend's idempotency keys.
const backendClient = "backend"

// caller is who sent a request: the trusted backend, or somebody with a token
// that may be the manage token of one callback.
type caller struct {
	backend bool
	manage  string // of a caller who is not the backend
}

// who reads the Authorization header. A token in the form of a manage token can
// only be checked against its callback; see [api.open].
func (a *api) who(r *http.Request) (caller, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return caller{}, unauthorized("This call needs a bearer token.", `Bearer realm="directcallback"`)
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	switch {
	case len(values) > 1 || !strings.EqualFold(scheme, "Bearer"):
	case a.tokens.isStatic(token):
		return caller{backend: true}, nil
	case looksManage(token):
		return caller{manage: token}, nil
	}
	return caller{}, badToken()
}

// backendOnly is who for calls that no manage token opens.
func (a *api) backendOnly(r *http.Request) error {
	c, err := a.who(r)
	if err == nil && !c.backend {
		err = badToken()
	}
	return err
}

// open reads the callback that the path names, if the caller may see it. A
// callback that is not the caller's is like one that does not exist.
func (a *api) open(r *http.Request) (caller, service.View, error) {
	c, err := a.who(r)
	if err != nil {
		return c, service.View{}, err
	}
	id := adapter.CallbackID(r.PathValue("id"))
	if len(id) > maxID {
		return c, service.View{}, adapter.ErrNotFound
	}
	view, err := a.o.Service.Get(r.Context(), id)
	if err == nil && !c.backend && !opens(c.manage, view.Callback.ManageHash) {
		err = adapter.ErrNotFound
	}
	return c, view, err
}

// maxID is longer than any id we make.
const maxID = 64

func badToken() error {
	return unauthorized("The bearer token is not valid for this call.", `Bearer realm="directcallback", error="invalid_token"`)
}

func unauthorized(detail, challenge string) error {
	return &problem{kind: noAccess, detail: detail, header: map[string]string{"WWW-Authenticate": challenge}}
}
