package dataverse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

// LoadSettings reads in one pass what an admin set in the portal: the advanced
// queues with their rulesets, overflow actions, callback profiles and operating
// hours, the texts that callers hear, the proactive engagement configurations, and the work streams that
// lead to the queues. [Client.Follow] keeps them up to date.
//
// Without queues or rulesets there is nothing to decide with, so their failure
// is an error. Another table that the application may not read, or that the
// organization does not have, is empty with a finding; so is a column that it
// does not have. Other failures are errors: what cannot be read just now must
// not look like something that nobody configured.
func (c *Client) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	f := Follower{client: c}
	return f.LoadSettings(ctx, now)
}

// piece is one part of the settings: a table with what belongs to it.
type piece struct {
	table table
	// load reads the rows into fields of its own of l.settings.
	load func(ctx context.Context, l *loader) error
	// take puts these fields into the settings: all of them, or those of some rows.
	take func(into, from *adapter.Settings, only ids)

	needed bool    // without it there is nothing to decide with
	single bool    // rows can be read one by one; otherwise a change means to read all
	also   []table // other tables that load reads
}

// ids are keys of rows; nil means all rows.
type ids map[string]bool

// pieces are what the settings consist of, in the order of their findings.
func pieces() []piece {
	return []piece{
		{table: queueTable(), load: loadQueues, take: takeQueues, needed: true, single: true},
		{table: actionTable(), load: loadActions, take: takeActions, single: true},
		{table: profileTable(), load: loadProfiles, take: takeProfiles, single: true},
		{table: messageTable(), load: loadMessages, take: takeMessages, also: []table{languageTable(), localizationTable()}},
		{table: configurationTable(), load: loadConfigurations, take: takeConfigurations, single: true, also: []table{suspensionTable()}},
		{table: hoursTable(), load: loadHours, take: takeHours, also: []table{calendarTable(), calendarRuleTable()}},
		{table: timeZoneTable(), load: loadTimeZones, take: takeTimeZones},
		{
			table: workstreamTable(), load: loadWorkstreams, take: takeWorkstreams,
			also: []table{routingTable(), stepTable(), templateTable()},
		},
		{table: channelTable(), load: loadChannels, take: takeChannels, single: true},
		{table: presenceTable(), load: loadPresences, take: takePresences, single: true},
		{table: membershipTable(), load: loadMembers, take: takeMembers},
		{table: table{name: "choices"}, load: loadChoices, take: takeChoices}, // metadata, which no table has
	}
}

// loader reads one part.
type loader struct {
	client   *Client
	table    *table // without the columns that turned out to be missing
	only     []string
	settings adapter.Settings
	findings []adapter.Finding
}

// each hands over the rows of the part's table that pass the filter.
func (l *loader) each(ctx context.Context, filter Filter, take func(*Reader)) error {
	if l.only == nil {
		return l.some(ctx, l.table, filter, take)
	}
	for chunk := range slices.Chunk(l.only, keyChunk) {
		if err := l.some(ctx, l.table, And(filter, keys(l.table.key, chunk)), take); err != nil {
			return err
		}
	}
	return nil
}

// some hands over rows of any table.
func (l *loader) some(ctx context.Context, t *table, filter Filter, take func(*Reader)) error {
	findings, err := t.each(ctx, l.client, filter, take)
	l.findings = append(l.findings, findings...)
	return err
}

// others hands over all rows of a table beside the part's own. One that cannot be
// read leaves a finding.
func (l *loader) others(ctx context.Context, t table, filter Filter, take func(*Reader)) error {
	err := l.some(ctx, &t, filter, take)
	if hidden(err) {
		l.findings = append(l.findings, t.unreadable(err))
		return nil
	}
	return err
}

// hidden tells that a table is not for this application, now and later.
func hidden(err error) bool { return errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound) }

// keyChunk keeps an answer below the client's limit even if every row has the
// megabyte that a ruleset may have, and the URL short.
const keyChunk = 50

// settingsReaders is small: the settings are read while callbacks go out.
const settingsReaders = 4

// read loads a part: all rows, or those named.
func (p *piece) read(ctx context.Context, c *Client, t *table, only []string) (*loader, error) {
	l := &loader{client: c, table: t, only: only}
	if err := p.load(ctx, l); err != nil {
		if p.needed || !hidden(err) {
			return nil, err
		}
		l.settings, l.findings = adapter.Settings{}, append(l.findings, t.unreadable(err))
	}
	return l, nil
}

// readAll loads several parts at once.
func readAll(ctx context.Context, c *Client, all []*pending) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(settingsReaders)
	for _, p := range all {
		group.Go(func() (err error) {
			p.loaded, err = p.piece.read(ctx, c, p.table, p.only)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	return nil
}

// pending is a part that is to be read.
type pending struct {
	index  int
	piece  piece
	table  *table
	only   []string
	rows   ids // only, as a set
	loaded *loader
}

// keys is the filter for rows by their key.
func keys[T ~string](column string, all []T) Filter {
	guids := make([]GUID, len(all))
	for i, id := range all {
		guids[i] = GUID(id)
	}
	return In(column, guids...)
}
