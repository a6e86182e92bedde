package dataverse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Mirror is a copy of a table's rows that is kept up by its changes. It is for
// one goroutine.
type Mirror struct {
	client  *Client
	tracked Tracked
	key     string
	rows    map[string]Row
	token   DeltaToken
}

// Refreshed is what a [Mirror.Refresh] changed, by the ids of rows.
type Refreshed struct {
	Upserted, Deleted []string
	Whole             bool // all rows were read anew
}

// Mirror starts an empty copy; key is the table's primary key column.
func (c *Client) Mirror(tracked Tracked, key string) *Mirror {
	return &Mirror{client: c, tracked: tracked, key: key, rows: map[string]Row{}}
}

// Rows is the copy, by id. It is replaced, never changed, by Refresh.
func (m *Mirror) Rows() map[string]Row { return m.rows }

// Token is where the next Refresh begins.
func (m *Mirror) Token() DeltaToken { return m.token }

// Refresh takes over what changed, all of it or, after an error, nothing. The
// first one reads all rows, and so does one whose token has expired.
func (m *Mirror) Refresh(ctx context.Context) (Refreshed, error) {
	refreshed, err := m.refresh(ctx)
	if errors.Is(err, ErrDeltaExpired) {
		m.token = ""
		return m.refresh(ctx)
	}
	return refreshed, err
}

func (m *Mirror) refresh(ctx context.Context) (Refreshed, error) {
	done := Refreshed{Whole: m.token == ""}
	rows := map[string]Row{}
	if !done.Whole {
		rows = maps.Clone(m.rows)
	}
	upserted, deleted := map[string]bool{}, map[string]bool{}
	delta := m.client.Delta(m.tracked, m.token)
	for change, err := range delta.Changes(ctx) {
		if err != nil {
			return Refreshed{}, err
		}
		switch change := change.(type) {
		case Upserted:
			id, err := change.Row.ID(m.key)
			if err != nil || id == "" {
				return Refreshed{}, delta.wrap(fmt.Errorf("a row without its key: %w", &ColumnError{m.key, "a GUID"}))
			}
			rows[id], upserted[id] = change.Row, true
			delete(deleted, id)
		case Deleted:
			if _, known := rows[change.ID]; known {
				deleted[change.ID] = true
			}
			delete(rows, change.ID)
			delete(upserted, change.ID)
		}
	}
	if done.Whole {
		for id := range m.rows {
			if rows[id] == nil {
				deleted[id] = true
			}
		}
	}
	done.Upserted, done.Deleted = sortedKeys(upserted), sortedKeys(deleted)
	m.rows, m.token = rows, delta.Token()
	return done, nil
}

func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
