package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Webhooks lists all, in the order in which they were added.
func (tx *Tx) Webhooks() ([]adapter.Webhook, error) {
	all, err := list(tx, record.ScanWebhook, `SELECT `+record.WebhookColumns+` FROM webhooks ORDER BY added_at, id`)
	return all, wrap("list webhooks", err)
}

// Webhook reads one; adapter.ErrNotFound if there is none.
func (tx *Tx) Webhook(id adapter.WebhookID) (adapter.Webhook, error) {
	w, err := first(tx, record.ScanWebhook, `SELECT `+record.WebhookColumns+` FROM webhooks WHERE id = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return adapter.Webhook{}, fmt.Errorf("webhook: %w", adapter.ErrNotFound)
	}
	return w, wrap("read webhook", err)
}

// SaveWebhook keeps a webhook in place of an earlier one of its id. Secrets that it has
// no more are overwritten.
func (tx *Tx) SaveWebhook(w adapter.Webhook) error {
	values, err := record.WebhookValues(w)
	if err != nil {
		return fmt.Errorf("save webhook: %w", err)
	}
	tx.erased = true
	return wrap("save webhook", tx.exec(`INSERT OR REPLACE INTO webhooks (`+record.WebhookColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?)`, values...))
}

// RemoveWebhook removes one; adapter.ErrNotFound if there is none.
func (tx *Tx) RemoveWebhook(id adapter.WebhookID) error {
	tx.erased = true
	return wrap("remove webhook", tx.compareAndSet(adapter.ErrNotFound, `DELETE FROM webhooks WHERE id = ?`, string(id)))
}

// Changes lists steps to another state behind a position and up to a time, the oldest
// first.
func (tx *Tx) Changes(after adapter.ChangePosition, until time.Time, limit int) ([]adapter.StateChange, error) {
	all, err := list(tx, record.ScanChange, `SELECT `+record.ChangeColumns+` FROM history AS h INDEXED BY history_of_states JOIN callbacks AS c ON c.id = h.callback_id
		WHERE h.from_state <> h.to_state AND (h.at, h.callback_id, h.version) > (?, ?, ?) AND h.at <= ? ORDER BY h.at, h.callback_id, h.version LIMIT ?`,
		record.Micros(after.At), string(after.Callback), after.Version, record.Micros(until), limit)
	return all, wrap("list state changes", err)
}
