package overflow_test

import (
	"directcallback/adapter"
	"directcallback/adapter/overflow"
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

func BenchmarkZero(b *testing.B) {
	p := plan(b, settings("", ""))
	s := overflow.Snapshot{Size: 14, EstimatedWait: 5 * time.Minute, Hours: overflow.Open, Entry: adapter.EntryRoute, Bot: adapter.BotNone}
	for b.Loop() {
		if d := p.Decide(s, noon); d.Rule != -1 {
			b.Fatal(d.Rule)
		}
	}
}
func BenchmarkOne(b *testing.B) {
	p := plan(b, settings(decision(rule(1, callback, atLeast(size, "5"))), ""))
	s := overflow.Snapshot{Size: 14, EstimatedWait: 5 * time.Minute, Hours: overflow.Open, Entry: adapter.EntryRoute, Bot: adapter.BotNone}
	for b.Loop() {
		if d := p.Decide(s, noon); d.Rule != 0 {
			b.Fatal(d.Rule)
		}
	}
}
func BenchmarkRaw(b *testing.B) {
	x := largest()
	b.ReportAllocs()
	for b.Loop() {
		d := xml.NewDecoder(strings.NewReader(x))
		for {
			if _, err := d.RawToken(); err != nil {
				break
			}
		}
	}
}
func BenchmarkTok(b *testing.B) {
	x := largest()
	for b.Loop() {
		d := xml.NewDecoder(strings.NewReader(x))
		for {
			if _, err := d.Token(); err != nil {
				break
			}
		}
	}
}
