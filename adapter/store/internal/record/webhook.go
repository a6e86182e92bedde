package record

import (
	"errors"

	"directcallback/adapter"
)

// WebhookColumns are those of table webhooks.
const WebhookColumns = `id, url, types, queues, keys, added_at, added_by, reason, disabled_at, disabled_why, missed_from`

// storedKey keeps a secret, which its own type would mask.
type storedKey struct {
	Secret string `json:"secret"`
	Until  int64  `json:"until"`
}

// ScanWebhook reads a row of WebhookColumns.
func ScanWebhook(row Scanner) (adapter.Webhook, error) {
	var (
		w                       adapter.Webhook
		types, queues, keys     string
		added, disabled, missed int64
		stored                  []storedKey
	)
	err := row.Scan(&w.ID, &w.URL, &types, &queues, &keys, &added, &w.AddedBy, &w.Reason, &disabled, &w.DisabledWhy, &missed)
	if err != nil {
		return w, err
	}
	w.AddedAt, w.DisabledAt, w.MissedFrom = Instant(added), Instant(disabled), Instant(missed)
	err = errors.Join(Read(types, &w.Types), Read(queues, &w.Queues), Read(keys, &stored))
	for _, k := range stored {
		w.Keys = append(w.Keys, adapter.WebhookKey{Secret: adapter.WebhookSecret(k.Secret), Until: Instant(k.Until)})
	}
	return w, err
}

// WebhookValues are those of WebhookColumns.
func WebhookValues(w adapter.Webhook) ([]any, error) {
	stored := make([]storedKey, 0, len(w.Keys))
	for _, k := range w.Keys {
		stored = append(stored, storedKey{string(k.Secret), Micros(k.Until)})
	}
	types, badTypes := Text(w.Types)
	queues, badQueues := Text(w.Queues)
	keys, badKeys := Text(stored)
	return []any{
		string(w.ID), w.URL, types, queues, keys, Micros(w.AddedAt), w.AddedBy, w.Reason, Micros(w.DisabledAt), w.DisabledWhy, Micros(w.MissedFrom),
	}, errors.Join(badTypes, badQueues, badKeys)
}

// ChangeColumns are those of tables history, as h, and callbacks, as c, that
// [ScanChange] reads.
const ChangeColumns = `h.at, h.callback_id, h.version, h.from_state, h.to_state, c.queue_id, c.channel, h.trace`

// ScanChange reads a row of ChangeColumns.
func ScanChange(row Scanner) (adapter.StateChange, error) {
	var c adapter.StateChange
	var at int64
	err := row.Scan(&at, &c.Callback, &c.Version, &c.From, &c.To, &c.Queue, &c.Channel, &c.Trace)
	c.At = Instant(at)
	return c, err
}
