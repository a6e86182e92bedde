package api

import (
	"errors"
	"net/http"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/api/entra"
	"directcallback/adapter/service"
)

// may tells who sent a request, and refuses a caller who may not do what is asked
// for. An owner's token is only known to have the form of one; see [api.open].
func (a *api) may(r *http.Request, p permission) (caller, error) {
	c, err := a.who(r)
	if err != nil {
		return c, err
	}
	visitOf(r).caller = c
	if !c.allows(p) {
		return c, &problem{kind: forbidden, detail: "The token is valid, but not for this call."}
	}
	return c, nil
}

// who reads the Authorization header.
func (a *api) who(r *http.Request) (caller, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return caller{}, unauthorized("This call needs a bearer token.", `Bearer realm="directcallback"`)
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	switch {
	case len(values) > 1 || !strings.EqualFold(scheme, "Bearer"):
	case a.tokens.isStatic(token):
		return caller{role: roleBackend, client: string(roleBackend)}, nil
	case looksManage(token):
		return caller{role: roleOwner, manage: token}, nil
	case a.o.Entra != nil && strings.Count(token, ".") == 2:
		return a.application(r, token)
	}
	return caller{}, badToken("The bearer token is not valid for this call.")
}

// application is the caller with an access token of Entra.
func (a *api) application(r *http.Request, token string) (caller, error) {
	access, err := a.o.Entra.Check(r.Context(), token)
	if refusal, is := errors.AsType[entra.RefusedError](err); is {
		visitOf(r).refusal = string(refusal)
		return caller{}, badToken("The access token is refused: " + string(refusal) + ".")
	}
	if errors.Is(err, entra.ErrAway) {
		return caller{}, &problem{kind: unavailable, detail: "The access token cannot be checked: Microsoft Entra ID does not answer."}
	}
	if err != nil {
		return caller{}, err
	}
	return caller{role: roleOf(access.Roles), client: "entra:" + strings.ToLower(access.Client)}, nil
}

// open reads the callback that the path names for a caller who may do this with it.
// A callback that is not its owner's is like one that does not exist.
func (a *api) open(r *http.Request, p permission) (caller, service.View, error) {
	c, err := a.may(r, p)
	if err != nil {
		return c, service.View{}, err
	}
	id := adapter.CallbackID(r.PathValue("id"))
	if len(id) > maxID || !visible(string(id)) {
		return c, service.View{}, adapter.ErrNotFound
	}
	view, err := a.o.Service.Get(r.Context(), id)
	if err == nil && c.role == roleOwner && !opens(c.manage, view.Callback.ManageHash) {
		err = adapter.ErrNotFound
	}
	return c, view, err
}

// maxID is longer than any id we make, and all of ours are visible ASCII. Not every
// store can be asked for others.
const maxID = 64

func badToken(detail string) error {
	return unauthorized(detail, `Bearer realm="directcallback", error="invalid_token"`)
}

func unauthorized(detail, challenge string) error {
	return &problem{kind: noAccess, detail: detail, header: map[string]string{"WWW-Authenticate": challenge}}
}
