package overflow_test

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// tenRules is a queue whose last rule decides: the longest way.
func tenRules() string {
	rules := make([]string, 10)
	for i := range rules {
		attribute := []string{size, wait}[i%2]
		rules[i] = rule(i+1, callback, atLeast(attribute, strconv.Itoa(60-i)))
	}
	rules[9] = rule(10, callback, atLeast(size, "10"))
	return decision(rules...)
}

func BenchmarkDecide(b *testing.B) {
	p := plan(b, settings(tenRules(), ""))
	s := overflow.Snapshot{Size: 14, EstimatedWait: 5 * time.Minute, Hours: overflow.Open, Entry: adapter.EntryRoute, Bot: adapter.BotNone}
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Decide(s, noon); d.Rule != 9 {
			b.Fatal(d.Rule)
		}
	}
}

// BenchmarkByHand is what BenchmarkDecide is to be held against in the same run:
// the same ten rules as somebody would write them for this one queue, without
// unknowns, exclusions and anything to explain the answer by.
func BenchmarkByHand(b *testing.B) {
	minutes := [10]time.Duration{}
	for i := range minutes {
		minutes[i] = time.Duration(60-i) * time.Minute
	}
	decide := func(s *overflow.Snapshot) int {
		for i := range 9 {
			if i%2 == 0 && s.Size >= 60-i || i%2 == 1 && s.EstimatedWait >= minutes[i] {
				return i
			}
		}
		if s.Size >= 10 {
			return 9
		}
		return -1
	}
	s := overflow.Snapshot{Size: 14, EstimatedWait: 5 * time.Minute}
	for b.Loop() {
		if rule := decide(&s); rule != 9 {
			b.Fatal(rule)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	d := plan(b, settings(tenRules(), "")).Decide(calls(14), noon)
	for b.Loop() {
		_, _ = d.Trace(), d.Explain()
	}
}

// BenchmarkCompile compiles an organization of 5,000 queues, first from
// nothing, then again with ten changed rulesets.
func BenchmarkCompile(b *testing.B) {
	s := settings("", "")
	s.Queues = nil
	for i := range 5000 {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		q := adapter.Queue{ID: adapter.QueueID(id), Name: id, Type: adapter.QueueVoice, Active: true, PreQueue: adapter.RulesetID("p" + id), InQueue: adapter.RulesetID("i" + id)}
		s.Queues = append(s.Queues, q)
		s.Rulesets[q.PreQueue] = adapter.Ruleset{ID: q.PreQueue, Type: adapter.RulesetDeclarative, Definition: decision(
			rule(1, callback, atLeast(wait, "10")), rule(2, toQueue, atLeast(size, "5")), rule(3, voicemail, and(notNull(hours), condition(hours, "==", "false"))))}
		s.Rulesets[q.InQueue] = adapter.Ruleset{ID: q.InQueue, Type: adapter.RulesetDeclarative, Definition: decision(rule(1, callback, atLeast(elapsed, "300")))}
	}
	b.Run("5000 queues", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			overflow.Compile(s, nil)
		}
	})
	b.Run("10 changes", func(b *testing.B) {
		previous := overflow.Compile(s, nil)
		for i := range 10 {
			r := s.Rulesets[s.Queues[i].PreQueue]
			r.Definition = decision(rule(1, callback, atLeast(size, "7")))
			s.Rulesets[s.Queues[i].PreQueue] = r
		}
		b.ReportAllocs()
		for b.Loop() {
			overflow.Compile(s, previous)
		}
	})
}

// BenchmarkLargest compiles a definition of 1 MiB, the column's limit, and says how
// many times as long that takes as to hear the tokens of the XML alone.
func BenchmarkLargest(b *testing.B) {
	s := settings(largest(), "")
	definition := s.Rulesets[preRules].Definition
	b.SetBytes(int64(len(definition)))
	b.ReportAllocs()
	var compiling, hearing time.Duration
	for b.Loop() {
		began := time.Now()
		overflow.Compile(s, nil)
		compiled := time.Now()
		for decoder := xml.NewDecoder(strings.NewReader(definition)); ; {
			if _, err := decoder.RawToken(); err != nil {
				break
			}
		}
		compiling += compiled.Sub(began)
		hearing += time.Since(compiled)
	}
	b.ReportMetric(float64(compiling.Milliseconds())/float64(b.N), "ms-compile")
	b.ReportMetric(compiling.Seconds()/hearing.Seconds(), "×tokens")
}

// largest is a ruleset of just under 1 MiB whose conditions cannot be shortened.
func largest() string {
	one := rule(1, callback, or(strings.Repeat(condition(size, ">=", "50"), 40)))
	return decision(strings.Repeat(one, (1<<20-100)/len(one)))
}
