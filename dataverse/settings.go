package dataverse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

// LoadSettings reads in one pass what an admin set in the portal: the advanced
// queues, the rulesets that they point to, overflow actions, callback profiles, the
// texts of the callback messages, the proactive engagement configurations, and
// operating hours with their calendars.
//
// Without queues or rulesets there is nothing to decide with, so their failure
// is an error. Another table that the application may not read, or that the
// organization does not have, is empty with a finding; so is a column that it
// does not have. Other failures are errors: what cannot be read just now must
// not look like something that nobody configured.
func (c *Client) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	s := adapter.Settings{
		ReadAt:       now,
		Rulesets:     map[adapter.RulesetID]adapter.Ruleset{},
		Actions:      map[adapter.ActionID]adapter.OverflowAction{},
		ActionLabels: map[adapter.OverflowActionType]string{},
		Profiles:     map[adapter.ProfileID]adapter.CallbackProfile{},
		Hours:        map[string]adapter.OperatingHours{},
		Calendars:    map[string]adapter.Calendar{},
		TimeZones:    map[int]string{},
	}
	parts := []struct {
		load     func(context.Context, *Client, *adapter.Settings) ([]adapter.Finding, error)
		optional table // the zero table: needed
	}{
		{load: loadQueues},
		{load: loadActions, optional: actionTable()},
		{load: loadProfiles, optional: profileTable()},
		{load: loadMessages, optional: messageTable()},
		{load: loadConfigurations, optional: configurationTable()},
		{load: loadHours, optional: hoursTable()},
		{load: loadTimeZones, optional: timeZoneTable()},
	}
	// Each part fills its own fields of s and its own place here: nothing is shared.
	found := make([][]adapter.Finding, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	for i, part := range parts {
		group.Go(func() (err error) {
			found[i], err = part.load(ctx, c, &s)
			if part.optional.name != "" && (errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound)) {
				found[i], err = []adapter.Finding{part.optional.unreadable(err)}, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return adapter.Settings{}, fmt.Errorf("load settings: %w", err)
	}
	s.Findings = slices.Concat(found...)
	return s, nil
}

func loadQueues(ctx context.Context, c *Client, s *adapter.Settings) ([]adapter.Finding, error) {
	var refs []adapter.RulesetID
	queues := queueTable()
	findings, err := queues.each(ctx, c, Eq("msdyn_isomnichannelqueue", true), func(r *Reader) {
		queue := adapter.Queue{
			ID:             adapter.QueueID(r.ID("queueid")),
			Name:           r.String("name"),
			Type:           adapter.QueueType(r.Int("msdyn_queuetype")),
			Active:         r.Int("statecode") == 0,
			Priority:       r.Int("msdyn_priority"),
			OperatingHours: r.Lookup("msdyn_operatinghourid"),
			PreQueue:       adapter.RulesetID(r.Lookup("msdyn_prequeueoverflowrulesetid")),
			InQueue:        adapter.RulesetID(r.Lookup("msdyn_inqueueoverflowrulesetid")),
		}
		s.Queues = append(s.Queues, queue)
		refs = append(refs, queue.PreQueue, queue.InQueue)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(s.Queues, func(a, b adapter.Queue) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(refs)
	refs = slices.DeleteFunc(slices.Compact(refs), func(id adapter.RulesetID) bool { return id == "" })
	more, err := loadRulesets(ctx, c, s, refs)
	return append(findings, more...), err
}

const (
	// rulesetChunk keeps an answer below the client's limit even if every
	// definition has the megabyte that it may have, and the URL short.
	rulesetChunk = 50
	// rulesetReaders is small: the settings are read while callbacks go out.
	rulesetReaders = 4
)

// loadRulesets reads rulesets by id, because organizations have many more than
// those of the queues. One that is missing is simply not there: who compiles the
// queue sees the reference that leads nowhere.
func loadRulesets(ctx context.Context, c *Client, s *adapter.Settings, ids []adapter.RulesetID) ([]adapter.Finding, error) {
	chunks := slices.Collect(slices.Chunk(ids, rulesetChunk))
	found := make([][]adapter.Finding, len(chunks))
	read := make([][]adapter.Ruleset, len(chunks))
	load := func(ctx context.Context, t *table, i int) (err error) {
		found[i], err = t.each(ctx, c, keys("msdyn_decisionrulesetid", chunks[i]), func(r *Reader) {
			read[i] = append(read[i], adapter.Ruleset{
				ID:            adapter.RulesetID(r.ID("msdyn_decisionrulesetid")),
				Name:          r.String("msdyn_name"),
				Type:          r.Int("msdyn_rulesettype"),
				Definition:    r.String("msdyn_rulesetdefinition"),
				DisabledRules: r.String("msdyn_disabledrules"),
			})
		})
		return err
	}
	rulesets := rulesetTable()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(rulesetReaders)
	for i := range chunks {
		if i == 0 { // alone: it learns which columns there are
			if err := load(ctx, &rulesets, 0); err != nil {
				return nil, err
			}
			continue
		}
		group.Go(func() error {
			t := rulesets
			return load(ctx, &t, i)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, ruleset := range slices.Concat(read...) {
		s.Rulesets[ruleset.ID] = ruleset
	}
	return slices.Concat(found...), nil
}

// keys is the filter for rows by their key.
func keys[T ~string](column string, ids []T) Filter {
	guids := make([]GUID, len(ids))
	for i, id := range ids {
		guids[i] = GUID(id)
	}
	return In(column, guids...)
}
