package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// Refresh reads all settings, compiles them and swaps the plans. A queue whose
// ruleset is broken keeps its last good plan.
func (s *Service) Refresh(ctx context.Context) error {
	written := s.takeWritten()
	settings, err := s.o.Settings.LoadSettings(ctx, s.o.Clock.Now().UTC())
	if err == nil {
		err = s.apply(ctx, settings)
	}
	if err != nil {
		s.putBack(written)
	}
	return err
}

// follow is Refresh by what changed since the last time. What was read and could
// not be put in force is lost, because it is not told again.
func (s *Service) follow(ctx context.Context, follower SettingsFollower) (lost bool, err error) {
	written := s.takeWritten()
	settings, changed, err := follower.FollowSettings(ctx, s.o.Clock.Now().UTC(), written)
	switch {
	case err != nil:
		s.putBack(written)
		return false, err
	case changed:
		err = s.apply(ctx, settings)
		return err != nil, err
	default:
		s.seen(settings.ReadAt)
		return false, nil
	}
}

// apply puts settings in force and keeps them for a restart.
func (s *Service) apply(ctx context.Context, settings adapter.Settings) error {
	if voiceQueues(settings) == 0 && len(s.Plans().Queues()) > 0 {
		return errors.New("load settings: Dataverse shows no voice queue any more; is the application user still allowed to read table queue?")
	}
	sum, err := sumOf(settings)
	if err != nil {
		return err
	}
	if s.isKept(sum) {
		return s.stand(ctx, settings)
	}
	broken := s.install(settings)
	body, err := bodyOf(settings)
	if err != nil {
		return err
	}
	err = s.do(ctx, func(r *run) error {
		// What is kept for a restart must not have fewer good rulesets than there were.
		if !broken {
			if err := r.tx.SaveSettings(settings.ReadAt, body); err != nil {
				return err
			}
		}
		// Lines that wait for their queue to open may wait for another time now.
		if err := r.lookAtLines(r.now.Add(farAway)); err != nil {
			return err
		}
		for _, queue := range r.portal.plans.Queues() {
			if err := r.unpark("queue/" + string(queue)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.mu.Lock()
		s.kept = sum
		s.mu.Unlock()
		s.remember(ctx, settings)
	}
	return err
}

// isKept tells whether the settings with this sum are in force and kept already. Most full
// readings find nothing new, and what a large organization says is many megabytes.
func (s *Service) isKept(sum [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept == sum
}

// stand notes that the settings in force are still those of the portal.
func (s *Service) stand(ctx context.Context, settings adapter.Settings) error {
	s.seen(settings.ReadAt)
	err := s.o.Update(ctx, func(tx Tx) error { return tx.SettingsStand(settings.ReadAt) })
	if err == nil {
		s.remember(ctx, settings)
	}
	return err
}

// bodyOf is what settings look like in the store, which keeps their time beside them.
// They are written before the transaction: those of a large organization take a while,
// and events wait for it.
func bodyOf(settings adapter.Settings) ([]byte, error) {
	var body bytes.Buffer
	err := write(&body, settings)
	return body.Bytes(), err
}

// sumOf is the sum of that body, which need not be in memory for it.
func sumOf(settings adapter.Settings) (sum [sha256.Size]byte, err error) {
	digest := sha256.New()
	err = write(digest, settings)
	digest.Sum(sum[:0])
	return sum, err
}

func write(to io.Writer, settings adapter.Settings) error {
	settings.ReadAt = time.Time{}
	writer := json.NewEncoder(to)
	writer.SetEscapeHTML(false) // rulesets are XML
	return writer.Encode(settings)
}

// takeWritten takes the tables that are said to have been written.
func (s *Service) takeWritten() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := slices.Sorted(maps.Keys(s.written))
	clear(s.written)
	return written
}

func (s *Service) putBack(written []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, table := range written {
		s.written[table] = true
	}
}

// seen notes when the settings in force were those of the portal.
func (s *Service) seen(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readAt = at
}

// SettingsAge is how long ago the settings in force were those of the portal.
func (s *Service) SettingsAge() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.o.Clock.Now().Sub(s.readAt)
}

// farAway is later than any queue opens.
const farAway = 100 * 365 * 24 * time.Hour

func voiceQueues(settings adapter.Settings) int {
	n := 0
	for _, q := range settings.Queues {
		if q.Type == adapter.QueueVoice && q.Active {
			n++
		}
	}
	return n
}

// install compiles settings and puts them in force. It tells whether a ruleset
// was broken.
func (s *Service) install(settings adapter.Settings) (broken bool) {
	before := s.Plans()
	compiled := s.compile(settings, before)
	set := compiled.plans
	for _, err := range set.Errors() {
		s.o.Logger.Error("ruleset cannot be used; the queue keeps its last plan", "error", err)
	}
	s.portal.Store(compiled)
	s.seen(settings.ReadAt)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range before.Queues() {
		if plan, ok := before.Plan(id); ok {
			s.known[id] = plan.Queue().Name
		}
	}
	s.problems = slices.Concat(settings.Findings, set.Findings(), s.gone(set), compiled.hours.Findings(), s.o.Channels.Findings(isVoice(set)))
	return len(set.Errors()) > 0
}

// isVoice tells which queues are voice queues of the portal.
func isVoice(set *overflow.Set) func(adapter.QueueID) bool {
	return func(id adapter.QueueID) bool {
		_, is := set.Plan(id)
		return is
	}
}

// gone finds the queues that were in the portal since this process started and
// are not any more: their callbacks wait for them.
func (s *Service) gone(set *overflow.Set) []adapter.Finding {
	var all []adapter.Finding
	for _, id := range slices.Sorted(maps.Keys(s.known)) {
		if _, ok := set.Plan(id); !ok {
			all = append(all, adapter.Finding{
				Code: "gone.queue", Severity: adapter.SeverityError, Table: "queue", Row: string(id), Name: s.known[id], Queue: id,
				Reason:      "the queue was a voice queue and cannot be read as one any more",
				Consequence: "its callbacks stay where they are until they expire; nobody is offered one",
				Remedy:      "Bring the queue back as an active voice queue that unified routing uses, or cancel its callbacks.",
			})
		}
	}
	return all
}

// Findings is what an admin should know of the settings and of configurations
// that cannot be used now.
func (s *Service) Findings() []adapter.Finding {
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.problems)
	for _, p := range s.pauses {
		if p.InForce(now) {
			all = append(all, s.portal.Load().finding(p))
		}
	}
	if s.o.Shadow {
		all = append(all, adapter.Finding{
			Code: "shadow", Severity: adapter.SeverityWarning, Reason: "the adapter was started in shadow",
			Consequence: "it decides and records, sends nothing to the telephony or to Dynamics, and takes no callbacks",
			Remedy:      "Start it without -shadow and with DIRECTCALLBACK_SHADOW=off once its decisions are right.",
		})
	}
	all = append(all, s.skews.findings(s.o.Policy.ToneSkew)...)
	for i, f := range all {
		all[i].Link = adapter.LinkTo(s.o.Organization, f.Table, f.Row)
	}
	return all
}

// runRefresh reads everything now and then, and what changed more often. Without
// a follower a hint makes it read everything.
func (s *Service) runRefresh(ctx context.Context) error {
	follower, follows := s.o.Settings.(SettingsFollower)
	whole := s.o.Clock.Now() // when everything was read last
	pause := s.o.RefreshEvery
	for {
		if follows {
			pause = min(pause, s.o.FollowEvery)
		}
		if err := s.wait(ctx, s.refresh, pause); err != nil {
			return err
		}
		now := s.o.Clock.Now()
		var err error
		if follows && now.Sub(whole) < s.o.RefreshEvery {
			var lost bool
			if lost, err = s.follow(ctx, follower); lost {
				whole = time.Time{}
			}
		} else if err = s.Refresh(ctx); err == nil {
			whole = now
		}
		pause = s.o.RefreshEvery - now.Sub(whole)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.o.Logger.WarnContext(ctx, "settings cannot be read; the last good ones stay in force", "error", err)
			pause = min(s.o.RefreshEvery, time.Minute)
		}
	}
}
