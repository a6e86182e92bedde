package dataverse

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

func loadQueues(ctx context.Context, l *loader) error {
	return l.each(ctx, Eq("msdyn_isomnichannelqueue", true), func(r *Reader) {
		l.settings.Queues = append(l.settings.Queues, adapter.Queue{
			ID:             adapter.QueueID(r.ID("queueid")),
			Name:           r.String("name"),
			Type:           adapter.QueueType(r.Int("msdyn_queuetype")),
			Active:         r.Int("statecode") == 0,
			Priority:       r.Int("msdyn_priority"),
			Assignment:     r.Int("msdyn_assignmentstrategy"),
			Default:        r.Bool("msdyn_isdefaultqueue"),
			MaxSize:        r.Int("msdyn_maxqueuesize"),
			OperatingHours: r.Lookup("msdyn_operatinghourid"),
			PreQueue:       adapter.RulesetID(r.Lookup("msdyn_prequeueoverflowrulesetid")),
			InQueue:        adapter.RulesetID(r.Lookup("msdyn_inqueueoverflowrulesetid")),
		})
	})
}

// rulesetsNamed are the rulesets that queues and routing steps point to, sorted.
func rulesetsNamed(s *adapter.Settings) []adapter.RulesetID {
	var all []adapter.RulesetID
	for _, queue := range s.Queues {
		all = append(all, queue.PreQueue, queue.InQueue)
	}
	for _, w := range s.Workstreams {
		for _, step := range w.Steps {
			all = append(all, step.Ruleset)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(id adapter.RulesetID) bool { return id == "" })
}

// textOfElement is a GUID that is all the text of an XML element.
var textOfElement = regexp.MustCompile(`>\s*\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?\s*<`)

// rulesetsInside are what the route-to-queue rulesets may name inside of their
// rules: how a rule keeps overflow handling of its own is not documented, so
// every GUID that is no queue and no action is looked up.
func rulesetsInside(s *adapter.Settings, rulesets map[adapter.RulesetID]adapter.Ruleset) []adapter.RulesetID {
	queues, found := map[string]bool{}, map[adapter.RulesetID]bool{}
	for _, q := range s.Queues {
		queues[string(q.ID)] = true
	}
	for _, w := range s.Workstreams {
		for _, step := range w.Steps {
			if step.Type != adapter.StepRouteToQueue {
				continue
			}
			for _, match := range textOfElement.FindAllStringSubmatch(rulesets[step.Ruleset].Definition, -1) {
				id := adapter.NormalizeID(match[1])
				if _, action := s.Actions[adapter.ActionID(id)]; !action && !queues[id] {
					found[adapter.RulesetID(id)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// rulesetReading is what reading rulesets gave.
type rulesetReading struct {
	rulesets map[adapter.RulesetID]adapter.Ruleset
	findings []adapter.Finding
}

// loadRulesets reads rulesets by id, because organizations have many more than
// those of the queues. One that is missing is simply not there: who compiles the
// queue sees the reference that leads nowhere.
func loadRulesets(ctx context.Context, c *Client, t *table, wanted []adapter.RulesetID) (rulesetReading, error) {
	chunks := slices.Collect(slices.Chunk(wanted, keyChunk))
	found := make([][]adapter.Finding, len(chunks))
	read := make([][]adapter.Ruleset, len(chunks))
	load := func(ctx context.Context, t *table, i int) (err error) {
		found[i], err = t.each(ctx, c, keys(t.key, chunks[i]), func(r *Reader) {
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
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(settingsReaders)
	for i := range chunks {
		if i == 0 { // alone: it learns which columns there are
			if err := load(ctx, t, 0); err != nil {
				return rulesetReading{}, err
			}
			continue
		}
		group.Go(func() error {
			t := *t
			return load(ctx, &t, i)
		})
	}
	if err := group.Wait(); err != nil {
		return rulesetReading{}, err
	}
	rulesets := map[adapter.RulesetID]adapter.Ruleset{}
	for _, ruleset := range slices.Concat(read...) {
		rulesets[ruleset.ID] = ruleset
	}
	return rulesetReading{rulesets, slices.Concat(found...)}, nil
}
