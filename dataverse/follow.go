package dataverse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

// Follower reads the settings and keeps them up to date: where a table allows it,
// it asks what changed since the last time and reads these rows alone. Its
// methods take turns.
//
// Change tracking is asked for ids only, and rows are then read as always. So
// there is one way to read a row, and rows nobody needs are never fetched.
type Follower struct {
	client *Client
	follow bool

	mu       sync.Mutex
	state    *followed             // guarded by mu: what was read last; nil = nothing yet
	tracking map[string]DeltaToken // guarded by mu: by the table's name, of those that can be followed
}

// followed is one state of the settings. It never changes.
type followed struct {
	settings adapter.Settings
	tables   []table             // one a part, without the columns that turned out to be missing
	found    [][]adapter.Finding // one list a part
	rulesets table
	strange  []adapter.Finding // of rulesets
}

// Follow starts to follow the settings.
func (c *Client) Follow() *Follower { return &Follower{client: c, follow: true} }

// LoadSettings reads everything; see [Client.LoadSettings].
func (f *Follower) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load(ctx, now)
}

func (f *Follower) load(ctx context.Context, now time.Time) (adapter.Settings, error) {
	var tracking map[string]DeltaToken
	if f.follow {
		// Before the rows are read: what changes meanwhile is then read twice, never missed.
		var err error
		if tracking, err = f.begin(ctx); err != nil {
			return adapter.Settings{}, err
		}
	}
	all := pieces()
	state := &followed{rulesets: rulesetTable(), tables: make([]table, len(all)), found: make([][]adapter.Finding, len(all))}
	work := make([]*pending, len(all))
	for i, p := range all {
		state.tables[i] = p.table
		work[i] = &pending{index: i, piece: p, table: &state.tables[i]}
	}
	if err := f.readInto(ctx, state, work, nil); err != nil {
		return adapter.Settings{}, err
	}
	f.state, f.tracking = state, tracking
	return f.answer(now), nil
}

// FollowSettings brings the settings up to date and tells whether anything
// changed. Tables that cannot be followed are read whole if they are among those
// that somebody says were written, by their logical names. The first time it
// reads everything.
//
// After an error nothing is lost: the next call begins where this one did.
func (f *Follower) FollowSettings(ctx context.Context, now time.Time, written []string) (s adapter.Settings, changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == nil {
		s, err = f.load(ctx, now)
		return s, err == nil, err
	}
	changes, err := f.changes(ctx)
	if err != nil {
		return adapter.Settings{}, false, err
	}
	state := f.state.clone()
	work := f.plan(state, changes, written)
	rulesets := changes[rulesetTable().name]
	if rulesets.expired { // which ones changed is not known any more
		s, err = f.load(ctx, now)
		return s, err == nil, err
	}
	if changed = len(work) > 0 || f.namesAny(rulesets.rows); changed {
		if err := f.readInto(ctx, state, work, rulesets.rows); err != nil {
			return adapter.Settings{}, false, err
		}
	}
	tracking := maps.Clone(f.tracking)
	for name, c := range changes {
		tracking[name] = c.token
	}
	f.state, f.tracking = state, tracking
	return f.answer(now), changed, nil
}

// namesAny tells whether one of the rulesets is of any concern: one that was read,
// or that somebody points to.
func (f *Follower) namesAny(rulesets ids) bool {
	s := &f.state.settings
	named := slices.Concat(rulesetsNamed(s), rulesetsInside(s, s.Rulesets))
	return slices.ContainsFunc(named, func(id adapter.RulesetID) bool { return rulesets[string(id)] })
}

func (s *followed) clone() *followed {
	c := *s
	c.tables, c.found = slices.Clone(s.tables), slices.Clone(s.found)
	return &c
}

// answer is the state as settings.
func (f *Follower) answer(now time.Time) adapter.Settings {
	s := f.state.settings
	s.ReadAt = now
	s.Findings = slices.Concat(slices.Concat(f.state.found...), f.state.strange)
	slices.SortStableFunc(s.Findings, func(a, b adapter.Finding) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Part, b.Part))
	})
	return s
}

// readInto reads parts, puts them into the state, and then the rulesets that are
// named now: those that are new and those that changed.
func (f *Follower) readInto(ctx context.Context, state *followed, work []*pending, changed ids) error {
	if err := readAll(ctx, f.client, work); err != nil {
		return err
	}
	for _, p := range work {
		p.piece.take(&state.settings, &p.loaded.settings, p.rows)
		state.found[p.index] = replace(state.found[p.index], p.loaded.findings, p.rows)
	}
	return f.readRulesets(ctx, state, changed)
}

func (f *Follower) readRulesets(ctx context.Context, state *followed, changed ids) error {
	known := state.settings.Rulesets
	kept := map[adapter.RulesetID]adapter.Ruleset{}
	var findings []adapter.Finding
	fetched := ids{}
	read := func(wanted []adapter.RulesetID) error {
		var missing []adapter.RulesetID
		for _, id := range wanted {
			if _, done := kept[id]; done {
				continue
			}
			if ruleset, ok := known[id]; ok && !changed[string(id)] {
				kept[id] = ruleset
				continue
			}
			missing = append(missing, id)
			fetched[string(id)] = true
		}
		got, err := loadRulesets(ctx, f.client, &state.rulesets, missing)
		maps.Copy(kept, got.rulesets)
		findings = append(findings, got.findings...)
		return err
	}
	if err := read(rulesetsNamed(&state.settings)); err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	if err := read(rulesetsInside(&state.settings, kept)); err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	state.strange = slices.DeleteFunc(replace(state.strange, findings, fetched), func(f adapter.Finding) bool {
		_, there := kept[adapter.RulesetID(f.Row)]
		return f.Row != "" && !there
	})
	state.settings.Rulesets = kept
	return nil
}

// replace puts the findings of rows that were read again in the place of the old
// ones. What was found of the table as a whole stays.
func replace(old, found []adapter.Finding, rows ids) []adapter.Finding {
	if rows == nil {
		return found
	}
	var kept []adapter.Finding
	there := map[string]bool{}
	for _, f := range old {
		if !rows[f.Row] {
			kept = append(kept, f)
			there[f.ID()] = true
		}
	}
	for _, f := range found {
		if !there[f.ID()] {
			kept = append(kept, f)
		}
	}
	return kept
}
