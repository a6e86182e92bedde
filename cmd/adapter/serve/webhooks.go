package serve

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/webhook"
)

// WebhookLine is a webhook as it is listed. Its secrets are not.
type WebhookLine struct {
	ID      adapter.WebhookID `json:"id"`
	URL     string            `json:"url"`              // its query, which may hold a token, is left out
	Types   []string          `json:"types,omitempty"`  // empty = everything
	Queues  []adapter.QueueID `json:"queues,omitempty"` // empty = every queue
	AddedAt time.Time         `json:"addedAt"`
	AddedBy string            `json:"addedBy"`
	Reason  string            `json:"reason"`

	OldSecretUntil time.Time `json:"oldSecretUntil,omitzero"` // until then one that was replaced signs too
	WaitingSince   time.Time `json:"waitingSince,omitzero"`   // of what it is to be told next; zero = nothing waits
	Tries          int       `json:"tries,omitempty"`         // to tell it that
	DisabledAt     time.Time `json:"disabledAt,omitzero"`
	DisabledWhy    string    `json:"disabledWhy,omitempty"`
	MissedFrom     time.Time `json:"missedFrom,omitzero"` // when the first happened that it was not told of
}

// WebhookSecret is a webhook with the secret that it was just given. It is shown this
// once.
type WebhookSecret struct {
	WebhookLine
	Secret string `json:"secret"`
}

// NewWebhook is what a person adds.
type NewWebhook struct {
	URL    string            `json:"url"`
	Types  []string          `json:"types,omitempty"`
	Queues []adapter.QueueID `json:"queues,omitempty"`
	By     string            `json:"by"`
	Reason string            `json:"reason"`
}

// WebhookDecision is what a person decides about a webhook.
type WebhookDecision struct {
	Overlap time.Duration `json:"overlap,omitempty"` // of a rotation, in nanoseconds: how long old secrets go on to sign
	By      string        `json:"by"`
	Reason  string        `json:"reason"`
}

// WebhookAnswer is what a webhook answered to a test.
type WebhookAnswer struct {
	Status int           `json:"status,omitempty"` // 0 = it did not
	Took   time.Duration `json:"took"`             // nanoseconds
	Error  string        `json:"error,omitempty"`  // why it was not taken
}

// WebhookReplay asks for what happened to be told once more, or for the rest of that.
type WebhookReplay struct {
	After  adapter.ChangePosition `json:"after"` // its time alone: from then on
	Until  time.Time              `json:"until,omitzero"`
	By     string                 `json:"by"`
	Reason string                 `json:"reason"`
}

// WebhookReplayed is how far a replay came.
type WebhookReplayed struct {
	Count int                    `json:"count"`
	Done  bool                   `json:"done"`
	After adapter.ChangePosition `json:"after"` // the rest begins behind it
	Until time.Time              `json:"until"`
}

// WebhookRemoved says what went with a webhook.
type WebhookRemoved struct {
	Dropped int `json:"dropped"` // notifications that were not told
}

// controlWebhooks answers the commands about webhooks.
func (a *Adapter) controlWebhooks(mux *http.ServeMux) {
	mux.Handle("GET /webhooks", answered(a.listWebhooks))
	mux.Handle("POST /webhooks", answered(a.addWebhook))
	for name, do := range map[string]func(*http.Request, adapter.WebhookID) (any, error){
		"test": a.testWebhook, "rotate": a.rotateWebhook, "enable": a.enableWebhook, "remove": a.removeWebhook, "replay": a.replayWebhook,
	} {
		mux.Handle("POST /webhooks/{id}/"+name, answered(func(r *http.Request) (any, error) {
			return do(r, adapter.WebhookID(r.PathValue("id")))
		}))
	}
}

func (a *Adapter) listWebhooks(r *http.Request) (any, error) {
	found, err := a.service.Webhooks(r.Context())
	if err != nil {
		return nil, err
	}
	all := make([]WebhookLine, 0, len(found))
	for _, w := range found {
		line := a.webhookLine(w.Webhook)
		line.WaitingSince, line.Tries = w.WaitingSince, w.Tries
		all = append(all, line)
	}
	return all, nil
}

func (a *Adapter) webhookLine(w adapter.Webhook) WebhookLine {
	line := WebhookLine{
		ID: w.ID, URL: withoutQuery(w.URL), Types: w.Types, Queues: w.Queues, AddedAt: w.AddedAt, AddedBy: w.AddedBy, Reason: w.Reason,
		DisabledAt: w.DisabledAt, DisabledWhy: w.DisabledWhy, MissedFrom: w.MissedFrom,
	}
	for _, k := range w.Keys {
		if k.Until.After(a.clock.Now()) && k.Until.After(line.OldSecretUntil) {
			line.OldSecretUntil = k.Until
		}
	}
	return line
}

// withoutQuery leaves out where many put a token.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "?"
	}
	query := ""
	if u.RawQuery != "" {
		query = "?…"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath() + query
}

func (a *Adapter) addWebhook(r *http.Request) (any, error) {
	var n NewWebhook
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		return nil, err
	}
	if err := a.webhooks.CheckURL(n.URL); err != nil {
		return nil, err
	}
	secret := webhook.NewSecret()
	added, err := a.service.AddWebhook(r.Context(), adapter.Webhook{
		ID: adapter.WebhookID(newID()), URL: n.URL, Types: n.Types, Queues: n.Queues, Keys: []adapter.WebhookKey{{Secret: secret}},
	}, service.Signature{By: n.By, Reason: n.Reason})
	if err != nil {
		return nil, err
	}
	return WebhookSecret{a.webhookLine(added), string(secret)}, nil
}

func (a *Adapter) rotateWebhook(r *http.Request, id adapter.WebhookID) (any, error) {
	var d WebhookDecision
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return nil, err
	}
	secret := webhook.NewSecret()
	rotated, err := a.service.RotateWebhook(r.Context(), id, secret, d.Overlap, d.signature())
	if err != nil {
		return nil, err
	}
	return WebhookSecret{a.webhookLine(rotated), string(secret)}, nil
}

func (d WebhookDecision) signature() service.Signature {
	return service.Signature{By: d.By, Reason: d.Reason}
}

func (a *Adapter) enableWebhook(r *http.Request, id adapter.WebhookID) (any, error) {
	var d WebhookDecision
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return nil, err
	}
	enabled, err := a.service.EnableWebhook(r.Context(), id, d.signature())
	if err != nil {
		return nil, err
	}
	return a.webhookLine(enabled), nil
}

func (a *Adapter) removeWebhook(r *http.Request, id adapter.WebhookID) (any, error) {
	var d WebhookDecision
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return nil, err
	}
	dropped, err := a.service.RemoveWebhook(r.Context(), id, d.signature())
	if err != nil {
		return nil, err
	}
	return WebhookRemoved{dropped}, nil
}

// testWebhook sends at once and not through the outbox: somebody waits for the answer.
func (a *Adapter) testWebhook(r *http.Request, id adapter.WebhookID) (any, error) {
	w, err := a.service.Webhook(r.Context(), id)
	if err != nil {
		return nil, err
	}
	got, err := a.webhooks.Test(r.Context(), w, newID())
	answer := WebhookAnswer{Status: got.Status, Took: got.Took}
	if err != nil {
		answer.Error = err.Error()
	}
	return answer, nil
}

func (a *Adapter) replayWebhook(r *http.Request, id adapter.WebhookID) (any, error) {
	var what WebhookReplay
	if err := json.NewDecoder(r.Body).Decode(&what); err != nil {
		return nil, err
	}
	done, err := a.service.ReplayWebhook(r.Context(), id, service.Replay{After: what.After, Until: what.Until}, service.Signature{By: what.By, Reason: what.Reason})
	if err != nil {
		return nil, err
	}
	return WebhookReplayed{done.Count, done.Done, done.Rest.After, done.Rest.Until}, nil
}
