package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/service"
)

// A running adapter listens on a Unix socket beside its database, or where
// DIRECTCALLBACK_CONTROL says, for the commands of whoever may open it: its own
// user, and nobody else. That is all the authentication there is.

// CallbackSummary is one line of the list of callbacks.
type CallbackSummary struct {
	ID        adapter.CallbackID `json:"id"`
	State     adapter.State      `json:"state"`
	Since     time.Time          `json:"since"`
	Queue     adapter.QueueID    `json:"queueId"`
	QueueName string             `json:"queueName"`
	Phone     string             `json:"phone"` // masked
	Channel   adapter.Channel    `json:"channel"`
	CreatedAt time.Time          `json:"createdAt"`
	Reason    string             `json:"reason,omitempty"`
}

// CallbackStory is all that is known of a callback.
type CallbackStory struct {
	CallbackSummary
	Call      adapter.CallID    `json:"callId,omitempty"`
	Place     int               `json:"place,omitempty"` // 1 = next
	QueuedAt  time.Time         `json:"queuedAt"`
	ExpiresAt time.Time         `json:"expiresAt"`
	HeldBy    adapter.CallID    `json:"heldBy,omitempty"`
	Attempts  []CallbackAttempt `json:"attempts"`
	History   []adapter.History `json:"history"`
}

// CallbackAttempt is one request to Dynamics.
type CallbackAttempt struct {
	Number        int                     `json:"number"`
	SentAt        time.Time               `json:"sentAt"`
	Until         time.Time               `json:"until"` // after that it cannot ring any more
	Configuration adapter.ConfigurationID `json:"configurationId"`
	Delivery      adapter.DeliveryID      `json:"deliveryId,omitempty"`
	Status        string                  `json:"status,omitempty"`
	Result        string                  `json:"result,omitempty"`
	Task          adapter.DeliveryTaskID  `json:"taskId,omitempty"`  // of the task generation
	Network       string                  `json:"network,omitempty"` // what the telephone network answered
}

// CallbackSearch says which callbacks to list; the zero value of a field asks for
// all. It is a body, because a number has no place in an address.
type CallbackSearch struct {
	States []adapter.State           `json:"states,omitempty"`
	Queue  adapter.QueueID           `json:"queueId,omitempty"`
	Phone  string                    `json:"phone,omitempty"` // E.164
	After  *adapter.CallbackPosition `json:"after,omitempty"`
	Limit  int                       `json:"limit,omitempty"`
}

// CallbackDecision is what a person decides, and who and why.
type CallbackDecision struct {
	Verdict service.Verdict `json:"verdict,omitempty"` // to resolve a review
	By      string          `json:"by"`
	Reason  string          `json:"reason"`
}

// CallbackChange moves a callback, corrects its number, or both. The number is in a
// body, because it has no place in an address.
type CallbackChange struct {
	When   *adapter.Window `json:"when,omitempty"`  // the zero window is as soon as possible
	Phone  string          `json:"phone,omitempty"` // E.164
	By     string          `json:"by"`
	Reason string          `json:"reason"`
}

// maxListed bounds one list.
const maxListed = 1000

// control answers the commands.
func (a *Adapter) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /callbacks", answered(a.listCallbacks))
	mux.Handle("GET /callbacks/{id}", answered(func(r *http.Request) (any, error) {
		return a.story(r.Context(), adapter.CallbackID(r.PathValue("id")))
	}))
	mux.Handle("POST /settings", answered(a.settings))
	for name, decide := range map[string]func(context.Context, adapter.CallbackID, CallbackDecision) (service.View, error){
		"resolve": func(ctx context.Context, id adapter.CallbackID, d CallbackDecision) (service.View, error) {
			return a.service.Resolve(ctx, id, d.Verdict, service.Signature{By: d.By, Reason: d.Reason})
		},
		"retry": func(ctx context.Context, id adapter.CallbackID, d CallbackDecision) (service.View, error) {
			return a.service.Retry(ctx, id, service.Signature{By: d.By, Reason: d.Reason})
		},
		"cancel": func(ctx context.Context, id adapter.CallbackID, d CallbackDecision) (service.View, error) {
			return a.service.CancelBy(ctx, id, service.Signature{By: d.By, Reason: d.Reason})
		},
	} {
		mux.Handle("POST /callbacks/{id}/"+name, answered(func(r *http.Request) (any, error) {
			var d CallbackDecision
			if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
				return nil, err
			}
			view, err := decide(r.Context(), adapter.CallbackID(r.PathValue("id")), d)
			if err != nil {
				return nil, err
			}
			return a.story(r.Context(), view.Callback.ID)
		}))
	}
	mux.Handle("POST /callbacks/{id}/change", answered(a.change))
	a.controlOutbox(mux)
	mux.Handle("POST /erasures", answered(a.erase))
	a.controlPauses(mux)
	a.controlWebhooks(mux)
	a.controlKeys(mux)
	mux.Handle("POST /backup", answered(a.backup))
	return mux
}

func (a *Adapter) change(r *http.Request) (any, error) {
	var asked CallbackChange
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	if asked.By == "" || asked.Reason == "" {
		return nil, errors.New("a decision needs a name and a reason")
	}
	change := service.Change{When: asked.When, By: asked.By, Reason: asked.Reason}
	if asked.When != nil && !asked.When.IsZero() {
		if err := asked.When.Validate(a.clock.Now()); err != nil {
			return nil, fmt.Errorf("window: %w", err)
		}
	}
	if asked.Phone != "" {
		var err error
		if change.Phone, err = adapter.ParsePhone(asked.Phone); err != nil {
			return nil, err
		}
	}
	view, err := a.service.Change(r.Context(), adapter.CallbackID(r.PathValue("id")), change)
	if err != nil {
		return nil, err
	}
	return a.story(r.Context(), view.Callback.ID)
}

func (a *Adapter) listCallbacks(r *http.Request) (any, error) {
	var search CallbackSearch
	if err := json.NewDecoder(r.Body).Decode(&search); err != nil {
		return nil, err
	}
	q := adapter.CallbackQuery{States: search.States, Queue: search.Queue, Limit: min(max(search.Limit, 1), maxListed)}
	if search.After != nil {
		q.After = *search.After
	}
	if search.Phone != "" {
		var err error
		if q.Phone, err = adapter.ParsePhone(search.Phone); err != nil {
			return nil, err
		}
	}
	found, err := a.service.List(r.Context(), q)
	if err != nil {
		return nil, err
	}
	all := make([]CallbackSummary, 0, len(found))
	for _, c := range found {
		all = append(all, summary(c.Callback, c.QueueName))
	}
	return all, nil
}

func summary(c adapter.Callback, queueName string) CallbackSummary {
	return CallbackSummary{
		ID: c.ID, State: c.State, Since: c.Since, Queue: c.Queue, QueueName: queueName, Phone: c.Phone.String(), Channel: c.Channel,
		CreatedAt: c.CreatedAt, Reason: c.Reason,
	}
}

func (a *Adapter) story(ctx context.Context, id adapter.CallbackID) (CallbackStory, error) {
	known, err := a.service.Story(ctx, id)
	if err != nil {
		return CallbackStory{}, err
	}
	c := known.Callback
	story := CallbackStory{
		CallbackSummary: summary(c, known.QueueName), Call: c.Call, Place: known.Place, QueuedAt: c.QueuedAt, ExpiresAt: c.ExpiresAt, HeldBy: c.HeldBy,
		Attempts: []CallbackAttempt{}, History: known.History,
	}
	for _, at := range known.Attempts {
		story.Attempts = append(story.Attempts, CallbackAttempt{
			Number: at.Number, SentAt: at.SentAt, Until: at.Window.End, Configuration: at.Configuration,
			Delivery: at.Delivery, Status: at.Status, Result: at.Result, Task: at.Task, Network: callback.NetworkAnswer(at.SIP),
		})
	}
	return story, nil
}

func (a *Adapter) backup(r *http.Request) (any, error) {
	var to struct{ File string }
	if err := json.NewDecoder(r.Body).Decode(&to); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(to.File) {
		return nil, errors.New("the file of a backup must be an absolute path")
	}
	began := a.clock.Now()
	store, can := a.store.(backupStore)
	if !can {
		return nil, errors.New("a PostgreSQL database is copied by its own tools: pg_dump, or a base backup")
	}
	if err := store.Backup(r.Context(), to.File); err != nil {
		return nil, err
	}
	info, err := os.Stat(to.File)
	if err != nil {
		return nil, err
	}
	return Backup{File: to.File, Bytes: info.Size(), Took: a.clock.Now().Sub(began)}, nil
}

// Backup is a copy that was made.
type Backup struct {
	File  string        `json:"file"`
	Bytes int64         `json:"bytes"`
	Took  time.Duration `json:"took"` // nanoseconds
}

// refusal is the body of an answer that is not 200.
type refusal struct {
	Error string `json:"error"`
}

// answered turns what a command returns into its answer.
func answered(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := do(r)
		status := http.StatusOK
		if err != nil {
			body, status = refusal{err.Error()}, http.StatusUnprocessableEntity
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // whoever asked is gone
	})
}

// ControlPath is the socket of the adapter with this configuration.
func (c Local) ControlPath() string {
	if c.Control != "" {
		return c.Control
	}
	if c.Database.IsURL() {
		return "directcallback.sock"
	}
	return string(c.Database) + ".sock"
}

// ListenControl opens the socket. One that a killed process left behind is
// replaced, that of a living one is not: two with one database may run here.
func (c Config) ListenControl(ctx context.Context) (net.Listener, error) {
	path := c.ControlPath()
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		if living, err := (&net.Dialer{}).DialContext(ctx, "unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("control socket: another adapter listens on %s; %sCONTROL names one for each", path, prefix), living.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("control socket: %w", err)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket (%sCONTROL may name a shorter path): %w", prefix, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), listener.Close())
	}
	return listener, nil
}

// SettingsSearch says which settings to show: those read first on a day, or without
// one those that were read last and could be used.
type SettingsSearch struct {
	Of time.Time `json:"of,omitzero"` // the day's beginning in UTC
}

func (a *Adapter) settings(r *http.Request) (any, error) {
	var search SettingsSearch
	if err := json.NewDecoder(r.Body).Decode(&search); err != nil {
		return nil, err
	}
	if !search.Of.IsZero() {
		return a.service.SettingsOf(r.Context(), search.Of)
	}
	return a.service.LastSettings(r.Context())
}
