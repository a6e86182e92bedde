package service

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
)

// snapshotsFor is how long the settings of a day are kept.
const snapshotsFor = 30 * 24 * time.Hour

// remember keeps what the portal said, once a day, so that a person can ask later what
// has changed since. Nothing else depends on it, so what fails is only told.
func (s *Service) remember(ctx context.Context, settings adapter.Settings) {
	day := dayOf(s.o.Clock.Now())
	s.mu.Lock()
	kept := s.today.Equal(day)
	s.mu.Unlock()
	if kept {
		return
	}
	body, err := pack(settings)
	if err == nil {
		err = s.o.Update(ctx, func(tx Tx) error {
			return errors.Join(tx.SaveSnapshot(day, body), tx.ForgetSnapshots(day.Add(-snapshotsFor)))
		})
	}
	if err != nil {
		s.o.Logger.WarnContext(ctx, "the day's settings are not kept; it is tried again", "error", err)
		return
	}
	s.mu.Lock()
	s.today = day
	s.mu.Unlock()
}

// LastSettings are those that were read last and could be used; adapter.ErrNotFound if
// none ever were.
func (s *Service) LastSettings(ctx context.Context) (last adapter.Settings, err error) {
	var body []byte
	var readAt time.Time
	err = s.o.Update(ctx, func(tx Tx) (err error) { body, readAt, err = tx.Settings(); return err })
	if err == nil {
		err = json.Unmarshal(body, &last)
	}
	last.ReadAt = readAt
	return last, err
}

// SettingsOf are the settings that were read first on a day in UTC. The adapter may
// not have run on it: then they are those of the last day before. What was never
// kept, or is no longer, is adapter.ErrNotFound.
func (s *Service) SettingsOf(ctx context.Context, day time.Time) (adapter.Settings, error) {
	var body []byte
	err := s.o.Update(ctx, func(tx Tx) error {
		days, err := tx.Snapshots()
		if err != nil {
			return err
		}
		last := -1
		for i, kept := range days {
			if !kept.After(day) {
				last = i
			}
		}
		switch {
		case len(days) == 0:
			return fmt.Errorf("no day's settings are kept yet: %w", adapter.ErrNotFound)
		case last < 0:
			return fmt.Errorf("settings of %s are not kept; the first are of %s: %w", day.Format(time.DateOnly), days[0].Format(time.DateOnly), adapter.ErrNotFound)
		}
		body, err = tx.Snapshot(days[last])
		return err
	})
	if err != nil {
		return adapter.Settings{}, err
	}
	return unpack(body)
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// pack writes settings small: those of a large organization are many times the same.
func pack(settings adapter.Settings) ([]byte, error) {
	var body bytes.Buffer
	packer := gzip.NewWriter(&body)
	err := errors.Join(json.NewEncoder(packer).Encode(settings), packer.Close())
	return body.Bytes(), err
}

func unpack(body []byte) (settings adapter.Settings, err error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err == nil {
		err = json.NewDecoder(reader).Decode(&settings)
	}
	if err != nil {
		return settings, fmt.Errorf("settings that were kept: %w", err)
	}
	return settings, nil
}
