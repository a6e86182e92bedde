package dataverse

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"directcallback/adapter"
)

// loadWorkstreams reads the voice work streams, each with the steps of its active
// routing configuration and the notifications that it shows.
func loadWorkstreams(ctx context.Context, l *loader) error {
	steps, err := l.steps(ctx)
	if err != nil {
		return err
	}
	templates := map[string]adapter.Template{}
	err = l.others(ctx, templateTable(), Filter{}, func(r *Reader) {
		templates[r.String("msdyn_uniquename")] = adapter.Template{Name: r.String("msdyn_name"), Title: r.String("msdyn_title")}
	})
	if err != nil {
		return err
	}
	q := Query{
		Filter: Eq("msdyn_streamsource", adapter.StreamVoice), PageSize: maxPage,
		// A plain select of the fallback queue's column has been seen to come back empty.
		Expand: []Expand{{Navigation: fallbackQueue, Select: []string{"queueid"}}},
	}
	findings, err := l.table.eachOf(ctx, l.client, q, func(r *Reader) {
		w := adapter.Workstream{
			ID:        r.ID("msdyn_liveworkstreamid"),
			Name:      r.String("msdyn_name"),
			Active:    r.Int("statecode") == 0,
			Stream:    r.Int("msdyn_streamsource"),
			Direction: r.Int("msdyn_direction"),
			Fallback:  adapter.QueueID(cmp.Or(expandedKey(r.Row, fallbackQueue, "queueid"), r.Lookup(fallbackQueue))),
			Bot:       r.Lookup("msdyn_bot_user"),
			BotQueue:  adapter.QueueID(r.Lookup("msdyn_bot_queue")),
			BotFails:  adapter.ActionID(r.Lookup("msdyn_botfailureactionconfig")),
			Outbound:  adapter.QueueID(r.Lookup("msdyn_outboundqueueid")),
			Picks:     r.Int("msdyn_workdistributionmode") == adapter.DistributionPick,
			Silent:    r.Row["msdyn_enableautomatedmessages"] != nil && !r.Bool("msdyn_enableautomatedmessages"),
		}
		for _, column := range templateColumns() {
			if name := r.String(column); name != "" {
				t := templates[name]
				t.ID, t.Purpose = name, strings.TrimPrefix(column, templatePrefix)
				w.Templates = append(w.Templates, t)
			}
		}
		w.Steps = steps[w.ID]
		l.settings.Workstreams = append(l.settings.Workstreams, w)
	})
	l.findings = append(l.findings, findings...)
	return err
}

const (
	fallbackQueue  = "msdyn_defaultqueue"
	templatePrefix = "msdyn_notificationtemplate_"
)

// expandedKey is the key of a row that a lookup was expanded to.
func expandedKey(row Row, navigation, key string) string {
	expanded, _ := row[navigation].(map[string]any)
	id, _ := Row(expanded).ID(key)
	return id
}

// steps are the routing steps by work stream, in their order.
func (l *loader) steps(ctx context.Context) (map[string][]adapter.RoutingStep, error) {
	owners := map[string]string{} // work streams, by active configuration
	err := l.others(ctx, routingTable(), Eq("msdyn_isactiveconfiguration", true), func(r *Reader) {
		if r.Int("statecode") == 0 {
			owners[r.ID("msdyn_routingconfigurationid")] = r.Lookup("msdyn_liveworkstreamid")
		}
	})
	if err != nil {
		return nil, err
	}
	steps := map[string][]adapter.RoutingStep{}
	err = l.others(ctx, stepTable(), Filter{}, func(r *Reader) {
		owner := owners[r.Lookup("msdyn_routingconfigurationid")]
		if owner == "" || r.Int("statecode") != 0 {
			return
		}
		steps[owner] = append(steps[owner], adapter.RoutingStep{
			ID:      r.ID("msdyn_routingconfigurationstepid"),
			Name:    r.String("msdyn_name"),
			Order:   r.Int("msdyn_steporder"),
			Type:    adapter.RoutingStepType(r.Int("msdyn_type")),
			Ruleset: adapter.RulesetID(r.Lookup("msdyn_rulesetid")),
		})
	})
	for _, list := range steps {
		slices.SortFunc(list, func(a, b adapter.RoutingStep) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
		})
	}
	return steps, err
}

func loadChannels(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		l.settings.Channels = append(l.settings.Channels, adapter.VoiceChannel{
			ID:                    r.ID("msdyn_ocvoicechannelsettingid"),
			Name:                  r.String("msdyn_name"),
			Active:                r.Int("statecode") == 0,
			Workstream:            r.Lookup("msdyn_liveworkstreamid"),
			Number:                r.Lookup("msdyn_phonenumberid"),
			CallerID:              r.Lookup("msdyn_calleridphonenumberid"),
			OperatingHours:        r.Lookup("msdyn_operatinghoursid"),
			AnnouncesWait:         r.Bool("msdyn_announceaveragewaittime"),
			AnnouncesPosition:     r.Bool("msdyn_announcepositioninqueue"),
			AnonymousCallerID:     r.Bool("msdyn_isanonymouscallerid"),
			Regions:               r.String("msdyn_outboundcallregionallowlist"),
			Records:               r.Bool("msdyn_recordingenabled"),
			Transcribes:           r.Bool("msdyn_transcriptionenabled"),
			StopsAfterTransfer:    r.Bool("msdyn_stoptranscriptionandrecordingafterpstntransfer"),
			BridgesTransfer:       r.Bool("msdyn_usebridgetransferforpstntransfer"),
			SkipsMusicForVoicebot: r.Bool("msdyn_skipwaitmusicforivr"),
		})
	})
}

func loadPresences(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		l.settings.Presences = append(l.settings.Presences, adapter.Presence{
			ID: r.ID("msdyn_presenceid"), Name: r.String("msdyn_name"),
			Base: r.Int("msdyn_basepresencestatus"), Active: r.Int("statecode") == 0,
		})
	})
}

// loadMembers counts who works in each queue. A queue without anybody is not in
// the map, which is nil only if the table cannot be read.
func loadMembers(ctx context.Context, l *loader) error {
	members := map[adapter.QueueID]int{}
	err := l.each(ctx, Filter{}, func(r *Reader) { members[adapter.QueueID(r.ID("queueid"))]++ })
	if err == nil {
		l.settings.Members = members
	}
	return err
}
