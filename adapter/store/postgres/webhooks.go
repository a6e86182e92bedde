package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Webhooks lists all, in the order in which they were added. It waits for nobody:
// another replica may be at one of them.
func (tx *Tx) Webhooks() ([]adapter.Webhook, error) {
	all, err := list(tx, record.ScanWebhook, `SELECT `+record.WebhookColumns+` FROM webhooks ORDER BY added_at, id`)
	return all, wrap("list webhooks", err)
}

// Webhook reads one; adapter.ErrNotFound if there is none.
func (tx *Tx) Webhook(id adapter.WebhookID) (adapter.Webhook, error) {
	tx.lock(webhookLock(id))
	w, err := first(tx, record.ScanWebhook, `SELECT `+record.WebhookColumns+` FROM webhooks WHERE id = $1`, string(id))
	if errors.Is(err, pgx.ErrNoRows) {
		return adapter.Webhook{}, fmt.Errorf("webhook: %w", adapter.ErrNotFound)
	}
	return w, wrap("read webhook", err)
}

// SaveWebhook keeps a webhook in place of an earlier one of its id.
func (tx *Tx) SaveWebhook(w adapter.Webhook) error {
	values, err := record.WebhookValues(w)
	if err != nil {
		return fmt.Errorf("save webhook: %w", err)
	}
	tx.lock(webhookLock(w.ID))
	return wrap("save webhook", tx.change(`INSERT INTO webhooks (`+record.WebhookColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)
		ON CONFLICT (id) DO UPDATE SET url=excluded.url, types=excluded.types, queues=excluded.queues, keys=excluded.keys, added_at=excluded.added_at,
		added_by=excluded.added_by, reason=excluded.reason, disabled_at=excluded.disabled_at, disabled_why=excluded.disabled_why, missed_from=excluded.missed_from`,
		values...))
}

// RemoveWebhook removes one; adapter.ErrNotFound if there is none.
func (tx *Tx) RemoveWebhook(id adapter.WebhookID) error {
	tx.lock(webhookLock(id))
	n, err := tx.affect(`DELETE FROM webhooks WHERE id = $1`, string(id))
	if err == nil && n == 0 {
		err = adapter.ErrNotFound
	}
	return wrap("remove webhook", err)
}

// Changes lists steps to another state behind a position and up to a time, the oldest
// first.
func (tx *Tx) Changes(after adapter.ChangePosition, until time.Time, limit int) ([]adapter.StateChange, error) {
	all, err := list(tx, record.ScanChange, `SELECT `+record.ChangeColumns+` FROM history AS h JOIN callbacks AS c ON c.id = h.callback_id
		WHERE h.from_state <> h.to_state AND (h.at, h.callback_id, h.version) > ($1, $2, $3) AND h.at <= $4 ORDER BY h.at, h.callback_id, h.version LIMIT $5`,
		record.Micros(after.At), string(after.Callback), after.Version, record.Micros(until), limit)
	return all, wrap("list state changes", err)
}
