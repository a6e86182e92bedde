package wait_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter/wait"
)

var begin = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return begin.Add(time.Duration(minutes * float64(time.Minute))) }

// learned is a queue whose conversations of one wait were connected one a minute.
func learned(n int, waited time.Duration) wait.Waits {
	var w wait.Waits
	for i := range n {
		w = wait.Documented().Learn(w, waited, at(float64(i)))
	}
	return w
}

func predict(w wait.Waits, now time.Time) wait.Estimate {
	return wait.Platform{Else: wait.Documented()}.Predict(wait.Line{Told: -1, Waits: w}, now)
}

func TestPlatformGoesFirst(t *testing.T) {
	t.Parallel()
	p := wait.Platform{Else: wait.Documented()}
	for name, test := range map[string]struct {
		line wait.Line
		want wait.Estimate
	}{
		"told":                    {wait.Line{Told: 90 * time.Second}, wait.Estimate{Wait: 90 * time.Second, Source: wait.FromPlatform}},
		"told to be none":         {wait.Line{Told: 0, Waits: learned(30, time.Minute)}, wait.Estimate{Source: wait.FromPlatform}},
		"told, and known as well": {wait.Line{Told: time.Second, Waits: learned(30, time.Minute)}, wait.Estimate{Wait: time.Second, Source: wait.FromPlatform}},
		"not told":                {wait.Line{Told: -1, Waits: learned(30, time.Minute)}, wait.Estimate{Wait: time.Minute, Source: wait.FromAverage, At: at(40), Range: wait.Range{P50: 60, P90: 60, Of: 30}}},
		"nothing known":           {wait.Line{Told: -1}, wait.Estimate{}},
	} {
		if got := p.Predict(test.line, at(45)); got != test.want || got.Known() != (test.want.Source != "") {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestTwentyConversationsMakeAnEstimate(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]wait.Source{0: wait.NotEnoughData, 19: wait.NotEnoughData, 20: wait.FromAverage, 21: wait.FromAverage} {
		if got := predict(learned(n, 3*time.Minute), at(40)); got.Source != want || got.Known() && got.Wait != 3*time.Minute {
			t.Errorf("%d conversations: %+v", n, got)
		}
	}
}

func TestWorkedOutEveryTenMinutes(t *testing.T) {
	t.Parallel()
	a := wait.Documented()
	w := learned(20, time.Minute) // up to 9:19
	for minutes, want := range map[float64]wait.Source{19.9: wait.NotEnoughData, 20: wait.FromAverage} {
		if got := predict(w, at(minutes)); got.Source != want {
			t.Errorf("after %v minutes: %+v", minutes, got)
		}
	}
	for range 50 {
		w = a.Learn(w, time.Hour, at(22))
	}
	if got := predict(w, at(29.9)); got.Wait != time.Minute || !got.At.Equal(at(20)) {
		t.Errorf("%+v in between", got)
	}
	if got := predict(w, at(30)); got.Wait < 30*time.Minute || !got.At.Equal(at(30)) {
		t.Errorf("%+v afterwards", got)
	}
}

func TestWhatWasBeforeCountsMore(t *testing.T) {
	t.Parallel()
	w := wait.Documented().Learn(learned(100, time.Minute), 21*time.Minute, at(101))
	if got := predict(w, at(110)); got.Wait.Round(time.Second) != 2*time.Minute {
		t.Errorf("%+v", got)
	}
}

func TestAWeekWithoutConversationsBeginsAnew(t *testing.T) {
	t.Parallel()
	a := wait.Documented()
	w := learned(30, time.Minute)
	last := at(29)
	if got := predict(w, last.Add(a.ForgetIn-time.Second)); !got.Known() {
		t.Error("forgotten too soon")
	}
	if got := predict(w, last.Add(a.ForgetIn)); got.Known() {
		t.Errorf("%+v after a week", got)
	}
	for i := range 19 {
		w = a.Learn(w, time.Hour, last.Add(a.ForgetIn+time.Duration(i)*time.Minute))
	}
	if got := predict(w, last.Add(a.ForgetIn+time.Hour)); got.Known() {
		t.Errorf("%+v after 19 new ones", got)
	}
	w = a.Learn(w, time.Hour, last.Add(a.ForgetIn+time.Hour))
	if got := predict(w, last.Add(a.ForgetIn+2*time.Hour)); got.Wait.Round(time.Second) != time.Hour {
		t.Errorf("%+v after 20 new ones", got)
	}
}

func TestClocksThatDisagree(t *testing.T) {
	t.Parallel()
	w := wait.Documented().Learn(learned(20, time.Minute), -time.Hour, at(5)) // connected before it was queued, and told late
	if !w.LastAt.Equal(at(19)) {
		t.Errorf("last at %v", w.LastAt)
	}
	if got := predict(w, at(30)); got.Wait < 50*time.Second || got.Wait > time.Minute {
		t.Errorf("%+v", got)
	}
}

// A job that runs every ten minutes over all conversations there ever were.
func TestAverageAgreesWithTheJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type conversation struct {
			at     time.Time
			waited float64
		}
		var all []conversation
		var w wait.Waits
		now := begin
		for range rapid.IntRange(1, 80).Draw(t, "conversations") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 30, 200, 600, 86400 * 6, 86400 * 7, 86400 * 8}).Draw(t, "seconds")) * time.Second)
			waited := rapid.IntRange(0, 4000).Draw(t, "waited")
			all = append(all, conversation{now, float64(waited)})
			w = wait.Documented().Learn(w, time.Duration(waited)*time.Second, now)
			text, err := w.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if w, err = wait.Restore(text); err != nil {
				t.Fatal(err)
			}
		}
		asked := now.Add(time.Duration(rapid.IntRange(0, 86400*8).Draw(t, "later")) * time.Second)
		job := asked.Truncate(10 * time.Minute)
		count, average, previous := 0, 0.0, time.Time{}
		for _, c := range all {
			if c.at.Sub(previous) >= 7*24*time.Hour {
				count, average = 0, 0
			}
			previous = c.at
			if !c.at.Before(job) {
				continue
			}
			count++
			if count <= 20 {
				average += (c.waited - average) / float64(count)
			} else {
				average = 0.95*average + 0.05*c.waited
			}
		}
		known := count >= 20 && asked.Sub(previous) < 7*24*time.Hour
		got := predict(w, asked)
		if got.Known() != known || known && (math.Abs(got.Wait.Seconds()-average) > 0.001 || !got.At.Equal(job)) {
			t.Fatalf("%+v, the job says %d, %g", got, count, average)
		}
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	w := learned(25, 90*time.Second)
	text, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wait.Restore(text); err != nil || got != w {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := wait.Restore(nil); err != nil || got != (wait.Waits{}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{
		`{`, `{"running":{"count":-1}}`, `{"worked":{"seconds":1e12}}`, `{"running":{"seconds":-1}}`,
		`{"recent":[-1]}`, `{"recent":[1.5]}`, `{"recent":[99999999]}`, `{"recent":{}}`, `{"recent":[` + strings.Repeat("1,", 100) + `1]}`,
		`{"range":{"p50":2,"p90":1,"of":20}}`, `{"range":{"p50":-1}}`, `{"range":{"p90":99999999,"of":20}}`, `{"range":{"of":101}}`,
	} {
		if _, err := wait.Restore([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"running":{"count":25,"seconds":90},"worked":{"count":20,"seconds":90},"lastAt":"2026-03-04T09:24:00Z"}`))
	f.Add([]byte(`{"running":{"count":2,"seconds":90},"lastAt":"2026-03-04T09:24:00Z","recent":[60,120],"range":{"p50":60,"p90":120,"of":20}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := wait.Restore(text)
		if err != nil {
			return
		}
		if got := predict(w, begin); got.Wait < 0 || got.Range.P50 < 0 || got.Range.P90 < got.Range.P50 {
			t.Errorf("%+v", got)
		}
		if _, err := wait.Documented().Learn(w, time.Minute, begin).Snapshot(); err != nil {
			t.Error(err)
		}
	})
}

// Twenty calls that waited two minutes each.
func Example() {
	rule := wait.Documented()
	var waits wait.Waits
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for range 20 {
		now = now.Add(time.Minute)
		waits = rule.Learn(waits, 2*time.Minute, now)
	}
	predictor := wait.Platform{Else: rule}
	fmt.Println(predictor.Predict(wait.Line{Told: -1, Waits: waits}, now).Known())
	estimate := predictor.Predict(wait.Line{Told: -1, Waits: waits}, now.Add(10*time.Minute))
	fmt.Println(estimate.Wait, estimate.Source)
	// Output:
	// false
	// 2m0s average
}
