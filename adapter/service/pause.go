package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"directcallback/adapter"
)

// Pause keeps the callbacks of a queue, or those that go out through an engagement
// configuration, from going out and from being offered, until [Service.Resume]. They
// keep their places. It holds for every replica and survives a restart. A queue or
// configuration that the portal does not have is adapter.ErrNotFound.
func (s *Service) Pause(ctx context.Context, what adapter.Paused, by Signature) (adapter.Pause, error) {
	var pause adapter.Pause
	err := s.signed(ctx, what, by, func(r *run) error {
		if !r.portal.has(what) {
			return adapter.ErrNotFound
		}
		pause = adapter.Pause{Paused: what, Since: r.now, By: by.By, Reason: by.Reason}
		return r.savePause(pause)
	})
	return pause, err
}

// Resume ends a pause; adapter.ErrNotFound if there is none. What waited for it goes
// on: callbacks in a queue's line at once, those that are due within a minute.
func (s *Service) Resume(ctx context.Context, what adapter.Paused, by Signature) error {
	return s.signed(ctx, what, by, func(r *run) error {
		if what.Queue != "" {
			r.touch(what.Queue)
		}
		return r.endPause(what)
	})
}

// signed does what a person decides of a pause.
func (s *Service) signed(ctx context.Context, what adapter.Paused, by Signature, do func(*run) error) error {
	if by.By == "" || by.Reason == "" {
		return fmt.Errorf("pause of %s: a decision needs a name and a reason", nameOf(what))
	}
	if err := s.do(ctx, do); err != nil {
		return fmt.Errorf("pause of %s: %w", nameOf(what), err)
	}
	s.o.Logger.InfoContext(ctx, "pause changed", "what", nameOf(what), "by", by.By, "reason", by.Reason)
	return nil
}

func nameOf(p adapter.Paused) string {
	if p.Queue != "" {
		return "queue " + string(p.Queue)
	}
	return "configuration " + string(p.Configuration)
}

// has tells whether the settings know what is to be paused.
func (p *portal) has(what adapter.Paused) bool {
	if what.Queue != "" {
		_, ok := p.plans.Plan(what.Queue)
		return ok && what.Configuration == ""
	}
	return slices.ContainsFunc(p.plans.Queues(), func(id adapter.QueueID) bool {
		plan, _ := p.plans.Plan(id)
		c, ok := plan.Configuration()
		return ok && c.ID == what.Configuration
	})
}

// Pauses lists what is paused now.
func (s *Service) Pauses(ctx context.Context) ([]adapter.Pause, error) {
	if err := s.readPauses(ctx); err != nil {
		return nil, err
	}
	return s.inForce(), nil
}

// readPauses takes notice of what this and other processes paused.
func (s *Service) readPauses(ctx context.Context) error {
	var all []adapter.Pause
	if err := s.o.Update(ctx, func(tx Tx) (err error) { all, err = tx.Pauses(); return err }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses = all
	return nil
}

func (s *Service) inForce() []adapter.Pause {
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.pauses), func(p adapter.Pause) bool { return !p.InForce(now) })
}

// pausesEvery is how soon a process shows what another paused. What it does about it
// is decided on the store, and never late.
const pausesEvery = 15 * time.Second

func (s *Service) runPauses(ctx context.Context) error {
	for {
		if err := s.readPauses(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.WarnContext(ctx, "pauses cannot be read", "error", err)
		}
		if err := s.wait(ctx, nil, pausesEvery); err != nil {
			return err
		}
	}
}

// paused finds a pause that is in force. What is paused is read once a transaction.
func (r *run) paused(what adapter.Paused) (adapter.Pause, bool, error) {
	if err := r.knowPauses(); err != nil {
		return adapter.Pause{}, false, err
	}
	for _, p := range r.pauses {
		if p.Paused == what && p.InForce(r.now) {
			return p, true, nil
		}
	}
	return adapter.Pause{}, false, nil
}

func (r *run) knowPauses() (err error) {
	if !r.pausesKnown {
		r.pauses, err = r.tx.Pauses()
		r.pausesKnown = err == nil
	}
	return err
}

func (r *run) pauseReasons() []string {
	var all []string
	for _, p := range r.pauses {
		if p.InForce(r.now) {
			all = append(all, nameOf(p.Paused)+": "+p.Reason)
		}
	}
	return all
}

func (r *run) savePause(p adapter.Pause) error {
	r.pausesKnown, r.pausesChanged = false, true
	return r.tx.SavePause(p)
}

func (r *run) endPause(what adapter.Paused) error {
	r.pausesKnown, r.pausesChanged = false, true
	return r.tx.Resume(what)
}

// untilAllowed is how long a configuration that Dynamics refused is left alone.
const untilAllowed = time.Minute

// block pauses a configuration that Dynamics does not let us use, and tries again
// later. A pause that a person decided stays.
func (r *run) block(id adapter.ConfigurationID, cause error) error {
	if err := r.knowPauses(); err != nil {
		return err
	}
	pause := adapter.Pause{Paused: adapter.Paused{Configuration: id}, Since: r.now, Until: r.now.Add(untilAllowed), Reason: cause.Error()}
	for _, p := range r.pauses {
		if p.Paused == pause.Paused {
			if p.By != "" {
				return nil
			}
			pause.Since = p.Since
		}
	}
	return r.savePause(pause)
}

// allow ends the pause of a configuration that Dynamics let us use again.
func (r *run) allow(id adapter.ConfigurationID) error {
	if err := r.knowPauses(); err != nil {
		return err
	}
	for _, p := range r.pauses {
		if p.Configuration == id && p.By == "" {
			if _, err := found(r.endPause(p.Paused)); err != nil { // another process may have been faster
				return err
			}
		}
	}
	return nil
}

// finding tells an admin of a pause.
func (p *portal) finding(pause adapter.Pause) adapter.Finding {
	f := adapter.Finding{Severity: adapter.SeverityWarning, Reason: pause.Reason}
	if pause.By != "" {
		f.Reason = "paused by " + pause.By + ": " + pause.Reason
	}
	switch {
	case pause.Queue != "":
		f.Code, f.Table, f.Row, f.Queue = "paused.queue", "queue", string(pause.Queue), pause.Queue
		if plan, ok := p.plans.Plan(pause.Queue); ok {
			f.Name = plan.Queue().Name
		}
		f.Consequence = "its callbacks keep their place and do not go out; nobody is offered one"
		f.Remedy = "End the pause with: adapter queues resume."
	case pause.By != "":
		f.Code, f.Consequence = "paused.configuration", "its callbacks stay due; nobody is offered one"
		f.Remedy = "End the pause with: adapter queues resume -configuration."
	default:
		f.Code, f.Severity, f.Consequence = "blocked.configuration", adapter.SeverityError, "its callbacks stay due; Dynamics is asked again every minute"
		f.Remedy = "Do what the reason asks for in the portal: most often a role of the application user, or the configuration's own settings."
	}
	if pause.Configuration != "" {
		f.Table, f.Row = "msdyn_proactive_engagement_config", string(pause.Configuration)
		f.Name, f.Queue = p.configured(pause.Configuration)
	}
	return f
}

// NameOf is what the portal calls a queue or configuration; empty if it has none such.
func (s *Service) NameOf(what adapter.Paused) string {
	return s.portal.Load().finding(adapter.Pause{Paused: what}).Name
}

// configured names a configuration and the queue whose callbacks go out through it.
func (p *portal) configured(id adapter.ConfigurationID) (string, adapter.QueueID) {
	for _, queue := range p.plans.Queues() {
		plan, _ := p.plans.Plan(queue)
		if c, ok := plan.Configuration(); ok && c.ID == id {
			return c.Name, queue
		}
	}
	return "", ""
}
