package wait_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter/wait"
)

func TestTheRangeIsOfTheLastHundred(t *testing.T) {
	t.Parallel()
	a := wait.Documented()
	w := learned(50, time.Hour)
	for i := range 100 {
		w = a.Learn(w, time.Duration(i+1)*time.Second, at(60))
	}
	if got := predict(w, at(75)).Range; got != (wait.Range{P50: 50, P90: 90, Of: 100}) {
		t.Errorf("%+v", got)
	}
}

func TestTheRangeWaitsForTheSameAsTheAverage(t *testing.T) {
	t.Parallel()
	a := wait.Documented()
	for n, want := range map[int]wait.Range{19: {}, 20: {P50: 180, P90: 180, Of: 20}} {
		if got := predict(learned(n, 3*time.Minute), at(40)).Range; got != want {
			t.Errorf("%d conversations: %+v", n, got)
		}
	}
	w := learned(20, time.Minute) // up to 9:19
	for range 50 {
		w = a.Learn(w, time.Hour, at(22))
	}
	if got := predict(w, at(29.9)).Range; got != (wait.Range{P50: 60, P90: 60, Of: 20}) {
		t.Errorf("%+v before it is worked out", got)
	}
	if got := predict(w, at(30)).Range; got != (wait.Range{P50: 3600, P90: 3600, Of: 70}) {
		t.Errorf("%+v when it is", got)
	}
	if got := predict(w, at(22).Add(a.ForgetIn)).Range; got.Known() {
		t.Errorf("%+v after a week", got)
	}
	if got := predict(a.Learn(w, time.Second, at(22).Add(a.ForgetIn)), at(22).Add(a.ForgetIn+time.Hour)).Range; got.Known() {
		t.Errorf("%+v when it began anew", got)
	}
}

// What was written down before there was a sample has an average alone, until it was
// sampled for long enough.
func TestASnapshotWithoutASample(t *testing.T) {
	t.Parallel()
	w, err := wait.Restore([]byte(`{"running":{"count":25,"seconds":90},"worked":{"count":20,"seconds":90},"lastAt":"2026-03-04T09:24:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if got := predict(w, at(60)); !got.Known() || got.Range.Known() {
			t.Errorf("after %d more: %+v", n, got)
		}
		w = wait.Documented().Learn(w, time.Minute, at(45))
	}
	if got := predict(w, at(60)); got.Range != (wait.Range{P50: 60, P90: 60, Of: 20}) {
		t.Errorf("after 20 more: %+v", got)
	}
}

// A quantile is the smallest of the waits that as many callers as it says did not exceed.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.IntRange(0, 500), 20, 150).Draw(t, "waits")
		var w wait.Waits
		for _, seconds := range all {
			w = wait.Documented().Learn(w, time.Duration(seconds)*time.Second, begin)
			text, err := w.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if w, err = wait.Restore(text); err != nil {
				t.Fatal(err)
			}
		}
		last := all[max(len(all)-100, 0):]
		quantile := func(percent int) int {
			for _, seconds := range slices.Sorted(slices.Values(last)) {
				atMost := 0
				for _, other := range last {
					if other <= seconds {
						atMost++
					}
				}
				if atMost*100 >= percent*len(last) {
					return seconds
				}
			}
			return -1
		}
		want := wait.Range{P50: quantile(50), P90: quantile(90), Of: len(last)}
		if got := predict(w, at(10)).Range; got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestASnapshotStaysSmall(t *testing.T) {
	t.Parallel()
	text, err := learned(1000, 15*time.Minute).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 700 {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

// What is done for each call that is connected.
func BenchmarkLearn(b *testing.B) {
	text, err := learned(200, 15*time.Minute).Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w, err := wait.Restore(text)
		if err != nil {
			b.Fatal(err)
		}
		if text, err = wait.Documented().Learn(w, 10*time.Minute, at(200)).Snapshot(); err != nil {
			b.Fatal(err)
		}
	}
}
