package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// TestSettingsOfADay asks what the portal said on a day: the first of the day, though
// it is read again and the adapter is started again; of a day on which it did not run
// that of the day before; and no more after 30 days.
func TestSettingsOfADay(t *testing.T) {
	virtual(t, func(w *world) {
		const day = 24 * time.Hour
		first := w.begin.UTC().Truncate(day)
		name := func(text string) {
			w.settings.set(func(r *reader) {
				r.settings.Queues = append([]adapter.Queue(nil), r.settings.Queues...)
				r.settings.Queues[0].Name = text
			})
		}
		want := func(days int, text string) {
			w.Helper()
			s, err := w.service.SettingsOf(w.Context(), first.Add(time.Duration(days)*day))
			if err != nil || s.Queues[0].Name != text {
				w.Errorf("day %d: %v, %v", days, s.Queues, err)
			}
		}
		w.halt()
		w.options.RefreshEvery = time.Hour
		name("Evening of day 0")
		w.pass(20 * time.Hour)
		w.start() // of day 0 the first is that of this test's own start
		name("Day 1")
		w.pass(10 * time.Hour)
		name("Evening of day 1")
		w.halt()
		w.start()
		w.pass(5 * time.Hour)
		w.halt()
		w.pass(2 * day)
		name("Day 3")
		w.start()
		for days, text := range []string{"Billing", "Day 1", "Day 1", "Day 3", "Day 3"} {
			want(days, text)
		}
		if _, err := w.service.SettingsOf(w.Context(), first.Add(-day)); !errors.Is(err, adapter.ErrNotFound) || !strings.Contains(err.Error(), "the first are of "+first.Format(time.DateOnly)) {
			w.Errorf("before the first day: %v", err)
		}
		w.pass(30 * day)
		if _, err := w.service.SettingsOf(w.Context(), first.Add(day)); !errors.Is(err, adapter.ErrNotFound) {
			w.Errorf("after a month: %v", err)
		}
		want(3, "Day 3")
	})
}

// TestADaysSettingsThatCannotBeKept do not keep the settings from being in force, and
// are tried again.
func TestADaysSettingsThatCannotBeKept(t *testing.T) {
	virtual(t, func(w *world) {
		today := w.begin.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		w.settings.set(func(r *reader) { r.settings.Queues = r.settings.Queues[1:] })
		var asked atomic.Int32
		w.pass(24*time.Hour - time.Second)
		fails := func() error {
			if asked.Add(1) > 1 { // the first is the settings' own
				return errDown
			}
			return nil
		}
		w.outage.Store(&fails)
		w.pass(time.Second)
		w.outage.Store(nil)
		if _, known := w.service.Plans().Plan(billing); known {
			w.Error("the queue is still there")
		}
		w.pass(10 * time.Minute)
		if days := see(w, func(tx service.Tx) ([]time.Time, error) { return tx.Snapshots() }); len(days) != 2 || !days[1].Equal(today) {
			w.Errorf("kept: %v", days)
		}
	})
}

// TestSnapshotsOfALargeOrganizationAreSmall measures 1,000 queues with three rules each:
// 5,000 take some 270 kB.
func TestSnapshotsOfALargeOrganizationAreSmall(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.disk.another(w.T)
		w.settings.set(func(r *reader) {
			for i := range 1000 {
				id := adapter.QueueID(fmt.Sprintf("%08x-6c47-4a90-9b1d-7e5a0c2f4d61", i*2654435761%(1<<32)))
				rules := adapter.RulesetID(fmt.Sprintf("%08x-9a3e-4b68-a1f4-c2e8069b7d35", i*2654435761%(1<<32)))
				r.settings.Queues = append(r.settings.Queues, adapter.Queue{ID: id, Name: fmt.Sprintf("Queue %d", i), Type: adapter.QueueVoice, Active: true, PreQueue: rules})
				r.settings.Rulesets[rules] = ruleset(rules, rule(1, callBack, queueSize, "10"), rule(2, voicemail, queueSize, strconv.Itoa(i)), rule(3, callBack, elapsedWait, "60"))
			}
		})
		w.start()
		days := see(w, func(tx service.Tx) ([]time.Time, error) { return tx.Snapshots() })
		body := see(w, func(tx service.Tx) ([]byte, error) { return tx.Snapshot(days[0]) })
		if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) || len(body) > 100_000 {
			w.Errorf("%d bytes", len(body))
		}
	})
}
