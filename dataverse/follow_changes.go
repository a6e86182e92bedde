package dataverse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// change is what is new about one table.
type change struct {
	rows    ids // written or deleted
	token   DeltaToken
	expired bool // any row may have changed
}

// tables are all that the settings are read from, each once.
func tablesOfSettings() []table {
	all := []table{rulesetTable()}
	for _, p := range pieces() {
		all = append(append(all, p.table), p.also...)
	}
	return slices.DeleteFunc(all, func(t table) bool { return t.set == "" })
}

// begin starts to follow the tables that can be followed.
func (f *Follower) begin(ctx context.Context) (map[string]DeltaToken, error) {
	tracking := map[string]DeltaToken{}
	for _, t := range tablesOfSettings() {
		tracking[t.name] = ""
	}
	changes, err := f.ask(ctx, tracking)
	clear(tracking)
	for name, c := range changes {
		tracking[name] = c.token
	}
	return tracking, err
}

// changes asks what changed in the tables that are followed.
func (f *Follower) changes(ctx context.Context) (map[string]change, error) {
	changes, err := f.ask(ctx, f.tracking)
	if err != nil {
		return nil, err
	}
	anew := map[string]DeltaToken{}
	for name := range f.tracking {
		if changes[name].expired {
			anew[name] = ""
		}
	}
	again, err := f.ask(ctx, anew)
	for name, c := range again {
		c.expired = true
		changes[name] = c
	}
	return changes, err
}

// ask reads the changes of tables. Those that cannot be followed are left out.
func (f *Follower) ask(ctx context.Context, since map[string]DeltaToken) (map[string]change, error) {
	var mu sync.Mutex
	changes := map[string]change{} // guarded by mu
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(settingsReaders)
	for _, t := range tablesOfSettings() {
		token, wanted := since[t.name]
		if !wanted {
			continue
		}
		group.Go(func() error {
			c, err := f.askTable(ctx, t, token)
			switch {
			case err != nil && untracked(err):
				return nil
			case err != nil:
				return fmt.Errorf("load settings: %w", err)
			}
			mu.Lock()
			defer mu.Unlock()
			changes[t.name] = c
			return nil
		})
	}
	err := group.Wait()
	return changes, err
}

func (f *Follower) askTable(ctx context.Context, t table, since DeltaToken) (change, error) {
	c := change{rows: ids{}}
	delta := f.client.Delta(Tracked{Set: t.set, Select: []string{t.key}, PageSize: maxPage}, since)
	for one, err := range delta.Changes(ctx) {
		if errors.Is(err, ErrDeltaExpired) {
			return change{expired: true}, nil
		}
		if err != nil {
			return change{}, err
		}
		if since == "" {
			continue // the rows themselves are read in another way
		}
		switch one := one.(type) {
		case Upserted:
			id, err := one.Row.ID(t.key)
			if err != nil {
				return change{}, fmt.Errorf("changes of %s: %w", t.set, err)
			}
			c.rows[id] = true
		case Deleted:
			c.rows[one.ID] = true
		}
	}
	c.token = delta.Token()
	return c, nil
}

// untracked tells that a table cannot be followed: it has no change tracking, the
// application may not read all of it, or it is not there.
func untracked(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	return errors.Is(err, ErrNotTracked) || hidden(err) || (ok && refused.Status == 400)
}

// fewRows is up to how many rows are read one by one.
const fewRows = 10 * keyChunk

// plan says which parts to read: rows of those that changed, and wholly those
// that cannot be followed row by row.
func (f *Follower) plan(state *followed, changes map[string]change, written []string) []*pending {
	var work []*pending
	for i, p := range pieces() {
		own := changes[p.table.name]
		rows, whole := own.rows, own.expired || len(own.rows) > fewRows
		for _, t := range append([]table{p.table}, p.also...) {
			c := changes[t.name]
			beside := t.name != p.table.name && (c.expired || len(c.rows) > 0)
			_, followed := changes[t.name]
			whole = whole || beside || (!followed && slices.Contains(written, t.name))
		}
		if !whole && len(rows) == 0 {
			continue
		}
		one := &pending{index: i, piece: p, table: &state.tables[i]}
		if !whole && p.single {
			one.rows, one.only = rows, slices.Sorted(maps.Keys(rows))
		}
		work = append(work, one)
	}
	return work
}
