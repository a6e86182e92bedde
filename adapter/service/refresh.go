package service

import (
	"context"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// Refresh reads the settings, compiles them and swaps the plans. A queue whose
// ruleset is broken keeps its last good plan.
func (s *Service) Refresh(ctx context.Context) error {
	settings, err := s.o.Settings.LoadSettings(ctx, s.o.Clock.Now().UTC())
	if err != nil {
		return err
	}
	s.install(settings)
	return s.do(ctx, func(r *run) error {
		if err := r.tx.SaveSettings(settings); err != nil {
			return err
		}
		for _, queue := range r.set.Queues() {
			if err := r.unpark("queue/" + string(queue)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) install(settings adapter.Settings) {
	set := overflow.Compile(settings, s.set.Load())
	for _, err := range set.Errors() {
		s.o.Logger.Error("ruleset cannot be used; the queue keeps its last plan", "error", err)
	}
	s.set.Store(set)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = slices.Concat(settings.Findings, set.Findings())
}

// Findings is what an admin should know of the settings and of configurations
// that cannot be used now.
func (s *Service) Findings() []adapter.Finding {
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clip(s.problems)
	for _, b := range s.blocked {
		if b.until.After(now) {
			all = append(all, b.finding)
		}
	}
	return all
}

// Plans are the compiled settings in force.
func (s *Service) Plans() *overflow.Set { return s.set.Load() }

func (s *Service) runRefresh(ctx context.Context) error {
	every := s.o.RefreshEvery
	for {
		if err := s.wait(ctx, s.refresh, every); err != nil {
			return err
		}
		every = s.o.RefreshEvery
		if err := s.Refresh(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.o.Logger.WarnContext(ctx, "settings cannot be read; the last good ones stay in force", "error", err)
			every = min(every, time.Minute)
		}
	}
}
