package api

import (
	"crypto/subtle"
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
	a.admit(r, c)
	if !c.allows(p) {
		return c, &problem{kind: forbidden, detail: "The token is valid, but not for this call."}
	}
	return c, a.notTooOften(r, c)
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
	case a.o.Keys != nil && strings.HasPrefix(token, adapter.KeyPrefix):
		return a.page(r, token)
	case a.o.Entra != nil && strings.Count(token, ".") == 2:
		return a.application(r, token)
	}
	return caller{}, badToken("The bearer token is not valid for this call.")
}

// page is the caller with a publishable key: a page in a browser.
func (a *api) page(r *http.Request, token string) (caller, error) {
	all, err := a.o.Keys.KeysInForce(r.Context())
	if err != nil {
		return caller{}, err
	}
	key, found := keyOf(all, token)
	switch {
	case !found:
		return caller{}, a.refuse(r, "unknown or revoked key", "The key is not known here, or was revoked.")
	case !fromPageOf(r, key):
		visitOf(r).refusal = "wrong origin"
		return caller{}, &problem{kind: forbidden, detail: "The key is not for pages of this origin."}
	}
	return caller{role: rolePage, client: "key:" + string(key.ID), key: key}, nil
}

// keyOf finds the key with a text. All of them are compared, each in constant time.
func keyOf(all []adapter.PublishableKey, text string) (key adapter.PublishableKey, found bool) {
	hash, is := adapter.HashKey(text)
	for _, k := range all {
		if subtle.ConstantTimeCompare([]byte(hash), []byte(k.Hash)) == 1 && is {
			key, found = k, true
		}
	}
	return key, found
}

// refuse notes why a token is not good, and answers it.
func (a *api) refuse(r *http.Request, why, detail string) error {
	visitOf(r).refusal = why
	return badToken(detail)
}

// application is the caller with an access token of Entra.
func (a *api) application(r *http.Request, token string) (caller, error) {
	access, err := a.o.Entra.Check(r.Context(), token)
	if refusal, is := errors.AsType[entra.RefusedError](err); is {
		return caller{}, a.refuse(r, string(refusal), "The access token is refused: "+string(refusal)+".")
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
	if err == nil && !c.owns(view.Callback) {
		err = adapter.ErrNotFound
	}
	return c, view, err
}

// owns tells whether a callback is one that the caller's token opens.
func (c caller) owns(of adapter.Callback) bool {
	return c.role != roleOwner || opens(c.manage, of.ManageHash)
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
