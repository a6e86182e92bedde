package dataverse_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
	"directcallback/dataverse"
)

const manyQueues = 5000

// large is an organization of 5,000 voice queues with three rules each, in a
// ruleset of its own, and a configuration each.
func large(tb testing.TB) (o *org, rulesets []string) {
	tb.Helper()
	o = newOrg(tb, nil)
	action := o.demo.DirectCallback
	for i := range manyQueues {
		ruleset, err := o.mock.Insert("msdyn_decisionruleset", map[string]any{
			"msdyn_name": fmt.Sprint("queue_prequeue_", i), "msdyn_rulesettype": adapter.RulesetDeclarative, "msdyn_authoringmode": 192350000,
			"msdyn_rulesetdefinition": threeRules(action, 1+i%100),
		})
		if err != nil {
			tb.Fatal(err)
		}
		rulesets = append(rulesets, ruleset)
		queue, err := o.mock.Insert("queue", map[string]any{
			"name": fmt.Sprint("queue ", i), "msdyn_isomnichannelqueue": true, "msdyn_queuetype": int(adapter.QueueVoice),
			"msdyn_priority": 1, "msdyn_prequeueoverflowrulesetid": ruleset,
		})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err = o.mock.Insert("msdyn_proactive_engagement_config", map[string]any{
			"msdyn_name": fmt.Sprint("callback ", i), "msdyn_description": "Callbacks", "msdyn_type": adapter.ConfigurationVoice,
			"msdyn_dialmode_type": adapter.DialModePreview, "msdyn_engagement_type": 100000101, "msdyn_queue": queue, "msdyn_workstream": o.demo.Workstream,
		}); err != nil {
			tb.Fatal(err)
		}
	}
	return o, rulesets
}

func threeRules(action string, limit int) string {
	var text strings.Builder
	text.WriteString(`<decision hit-policy="all" version="1"><rules>`)
	for i, attribute := range []string{"iswithinoperatinghour", "currentqueuesize", "estimatedwaittimeinminutes"} {
		operator, value := ">=", strconv.Itoa(limit)
		if i == 0 {
			operator, value = "==", "false"
		}
		fmt.Fprintf(&text, `<rule id="11111111-2222-4333-8444-%012d" name="Rule%d"><action><setattribute><lhs type="attribute">overflow.flag</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
			`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute></action>`+
			`<logical operator="AND"><condition operator="not-null"><lhs type="attribute">queue_prequeue.%s</lhs></condition>`+
			`<condition operator="%s"><lhs type="attribute">queue_prequeue.%s</lhs><rhs type="staticvalue">%s</rhs></condition></logical></rule>`,
			i, i, action, attribute, operator, attribute, value)
	}
	text.WriteString(`</rules></decision>`)
	return text.String()
}

// BenchmarkFiveThousandQueues reads and compiles them. Beside the time it gives
// what stays in memory, and how much longer it takes than the same rows without
// any understanding of them.
func BenchmarkFiveThousandQueues(b *testing.B) {
	o, _ := large(b)
	var spent, bare time.Duration
	for b.Loop() {
		began := time.Now()
		s, err := o.client.Follow().LoadSettings(b.Context(), now)
		if err != nil {
			b.Fatal(err)
		}
		set := overflow.Compile(s, nil)
		_ = hours.Compile(s, time.LoadLocation)
		spent += time.Since(began)
		if n := len(set.Queues()); n < manyQueues {
			b.Fatalf("%d queues", n)
		}
		with := heap()
		runtime.KeepAlive(set)
		runtime.KeepAlive(s)
		b.ReportMetric(float64(with-heap())/1e6, "MB-kept")

		began = time.Now()
		for _, q := range []dataverse.Query{
			{Set: "queues", PageSize: 5000},
			{Set: "msdyn_decisionrulesets", Select: []string{"msdyn_rulesetdefinition"}, PageSize: 500},
			{Set: "msdyn_proactive_engagement_configs", PageSize: 5000},
		} {
			if q.Select == nil {
				q.Select = []string{"statecode"}
			}
			if _, err := o.client.All(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(began)
	}
	b.ReportMetric(spent.Seconds()/float64(b.N), "s/read")
	b.ReportMetric(spent.Seconds()/bare.Seconds(), "×bare")
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkDeltaOfTen edits ten rulesets, then reads and compiles what changed.
func BenchmarkDeltaOfTen(b *testing.B) {
	o, rulesets := large(b)
	follower := o.client.Follow()
	began := time.Now()
	s, err := follower.LoadSettings(b.Context(), now)
	if err != nil {
		b.Fatal(err)
	}
	set := overflow.Compile(s, nil)
	whole := time.Since(began)
	var reading, compiling time.Duration
	for round := 0; b.Loop(); round++ {
		for i := range 10 {
			row := map[string]any{"msdyn_rulesetdefinition": threeRules(o.demo.DirectCallback, 101+round+i)}
			if err := o.mock.Update("msdyn_decisionruleset", rulesets[(round*10+i)%manyQueues], row); err != nil {
				b.Fatal(err)
			}
		}
		began := time.Now()
		s, changed, err := follower.FollowSettings(b.Context(), now, nil)
		if err != nil || !changed {
			b.Fatal(changed, err)
		}
		read := time.Now()
		set = overflow.Compile(s, set)
		reading += read.Sub(began)
		compiling += time.Since(read)
	}
	per := func(d time.Duration) float64 { return float64(d.Milliseconds()) / float64(b.N) }
	b.ReportMetric(per(reading), "ms-read")
	b.ReportMetric(per(compiling), "ms-compile")
	b.ReportMetric(per(reading+compiling), "delta-ms")
	b.ReportMetric(float64(whole.Milliseconds()), "whole-ms")
	b.ReportMetric((reading+compiling).Seconds()/float64(b.N)/whole.Seconds(), "×whole")
}

// BenchmarkDecideWhileSwapping gives the slowest decisions while new plans are
// compiled and swapped without a pause, in terms of those in peace.
func BenchmarkDecideWhileSwapping(b *testing.B) {
	o, _ := large(b)
	s, err := o.client.LoadSettings(b.Context(), now)
	if err != nil {
		b.Fatal(err)
	}
	var inForce atomic.Pointer[overflow.Set]
	inForce.Store(overflow.Compile(s, nil))
	queues := inForce.Load().Queues()
	snapshot := overflow.Snapshot{Size: 7, EstimatedWait: 3 * time.Minute, Hours: overflow.Open}
	slowest := func() float64 {
		const decisions = 200_000
		took := make([]time.Duration, decisions)
		for i := range took {
			began := time.Now()
			p, _ := inForce.Load().Plan(queues[i%len(queues)])
			if p.Decide(snapshot, now).Verdict == overflow.Excluded {
				b.Fatal("excluded")
			}
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		return float64(took[decisions*99/100])
	}
	for b.Loop() {
		peace := slowest()
		stop, done := make(chan struct{}), make(chan int)
		go func() {
			swaps := 0
			for {
				select {
				case <-stop:
					done <- swaps
					return
				default:
					inForce.Store(overflow.Compile(s, inForce.Load()))
					swaps++
				}
			}
		}()
		swapping := slowest()
		close(stop)
		swaps := <-done
		b.ReportMetric(peace, "ns-p99-peace")
		b.ReportMetric(swapping/peace, "×p99")
		b.ReportMetric(float64(swaps), "swaps")
	}
}
