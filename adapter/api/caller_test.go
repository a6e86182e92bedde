package api_test

import (
	"net/http"
	"strings"
	"testing"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"directcallback/adapter"
)

// admits tells whether the contract lets a kind of token into an operation.
func (c *contract) admits(o *v3.Operation, scheme string) bool {
	required := o.Security
	if required == nil {
		required = c.model.Security
	}
	for _, r := range required {
		if _, is := r.Requirements.Get(scheme); is {
			return true
		}
	}
	return false
}

// The contract says for each operation which tokens open it, and so does the table of
// rights: they say the same.
func TestTheContractSaysWhoMayCall(t *testing.T) {
	t.Parallel()
	manage := "dcm_" + strings.Repeat("A", 43)
	d := enter(t, tenant, 2)
	key, text := keyFor(0, []adapter.QueueID{queue}, bank)
	b := exemplary()
	b.view.Callback.ManageHash = hashOf(manage)
	o := options(b)
	d.trusted(&o)
	o.Keys = keyring{keys: []adapter.PublishableKey{key}}
	h := handler(t, o)
	tokens := map[string]string{"backend": secret, "entra": d.token(t, office, identifier), "publishableKey": text, "manageToken": manage}
	for name, s := range samples(t) {
		if len(s.operation.Security) == 1 && s.operation.Security[0].ContainsEmptyRequirement || strings.HasPrefix(s.call.path, "/healthz") || strings.HasPrefix(s.call.path, "/readyz") {
			continue // for everybody
		}
		for scheme, token := range tokens {
			got := s.call.from(bank, token).to(t, h)
			refused := got.Code == http.StatusUnauthorized || got.Code == http.StatusForbidden
			if refused == theContract().admits(s.operation, scheme) {
				t.Errorf("%s with %s is answered %d, and the contract says otherwise", name, scheme, got.Code)
			}
		}
		if got := s.call.from(bank, d.token(t, visitor, identifier)).to(t, h); got.Code != http.StatusForbidden {
			t.Errorf("%s without a role is answered %d", name, got.Code)
		}
	}
}
