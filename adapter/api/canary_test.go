package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/api"
)

// One number and the tokens go through every call, in every place where a client
// may put them; the log must hold none of them.
func TestLogsHoldNoNumberAndNoToken(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d := enter(t, tenant, 1)
	key, page := keyFor(7, []adapter.QueueID{queue}, bank)
	h := build(t, d.trusted, func(o *api.Options) {
		o.Logger, o.Keys = logTo(&log), keyring{keys: []adapter.PublishableKey{key}}
	})
	access := d.token(t, desk, identifier)
	made := keyed("key-"+number, nil).to(t, h).wants(t, http.StatusCreated)
	manage := made.text("manageToken")

	calls := []call{
		keyed("key-"+number, nil),
		keyed("key-2", nil),
		keyed("key-3", map[string]any{"queueId": unconfigured}),
		post(`{"` + number + `": "` + manage + `"}`),
		post(`{"phone": "` + number + `", "phone": "` + number + `"}`),
		{method: "PUT", path: "/v1/callbacks?phone=" + number},
		{method: number[1:], path: "/v1/callbacks"},
	}
	for _, token := range []string{secret, manage, "x" + manage, manage + "A", access, access + "A", page, page + "A"} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "PATCH"} {
			for _, path := range []string{made.Header().Get("Location") + "?phone=" + number, "/v1/callbacks/" + number, "/" + number + "?token=" + manage} {
				calls = append(calls, call{method: method, path: path, token: token, header: map[string]string{
					"X-Request-Id": number, "User-Agent": number, "Referer": "https://" + manage, "Origin": "https://" + number[1:] + ".example", "X-Forwarded-For": "192.0.2.99",
				}})
			}
		}
	}
	for _, c := range calls {
		c.to(t, h)
	}
	if lines := strings.Count(log.String(), `"msg":"request"`); lines != 1+len(calls) {
		t.Errorf("%d access log lines for %d requests", lines, 1+len(calls))
	}
	for name, canary := range map[string]string{
		"number": number[1:], "static token": secret, "manage token": strings.TrimPrefix(manage, "dcm_"), "query": "?",
		"key": strings.TrimPrefix(page, "dck_"), "key's hash": key.Hash, "access token": strings.Split(access, ".")[1], "its signature": strings.Split(access, ".")[2],
		"address": "192.0.2.",
	} {
		if strings.Contains(log.String(), canary) {
			t.Errorf("the %s is in the log", name)
		}
	}
	if strings.Contains(made.Body.String()+fmt.Sprint(made.Header()), secret) {
		t.Error("the static token is in an answer")
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	o := options(&backend{})
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	h := handler(t, o)
	call{method: "GET", path: "/v1/callbacks/abc", token: secret}.to(t, h)
	call{method: "GET", path: "/elsewhere?x=y"}.to(t, h)
	call{method: "GET", path: "/healthz"}.to(t, h)
	const want = `level=INFO msg=request request_id=c-1 method=GET route=/v1/callbacks/{id} status=200 duration=0s caller=backend
level=INFO msg=request request_id=c-2 method=GET route=none status=404 duration=0s
`
	if log.String() != want {
		t.Errorf("got\n%swant\n%s", log.String(), want)
	}
}

func TestSecretsPrintAsSecret(t *testing.T) {
	t.Parallel()
	o := options(&backend{})
	var log bytes.Buffer
	logTo(&log).Info("options", "token", o.Token)
	for _, printed := range []string{fmt.Sprint(o.Token), fmt.Sprintf("%s %q %x %#v %d", o.Token, o.Token, o.Token, o.Token, o.Token), fmt.Sprintf("%+v", o), log.String()} {
		if strings.Contains(printed, secret) || !strings.Contains(printed, "[secret]") {
			t.Errorf("printed as %s", printed)
		}
	}
}
