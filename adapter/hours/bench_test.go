package hours_test

import (
	"fmt"
	"testing"
	"time"

	"directcallback/adapter/hours"
)

// many is an office with ten years of holidays.
func many() *portal {
	p := newPortal().add(weekly("MO,TU,WE,TH"), from(540, 180), from(780, 240)).add(weekly("FR"), from(540, 300))
	for year := range 10 {
		for _, date := range []string{"01-01", "04-06", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25", "12-26"} {
			p.add(dayOff(fmt.Sprintf("%d-%s", 2025+year, date)), holiday())
		}
	}
	return p
}

func BenchmarkOpen(b *testing.B) {
	s, _ := many().compile(b)
	at := utc("2026-07-06T07:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if s.Open(at) != hours.Open {
			b.Fatal("closed")
		}
	}
}

func BenchmarkNextOpening(b *testing.B) {
	s, _ := many().compile(b)
	at := utc("2026-07-03T20:00Z") // a Friday evening
	b.ReportAllocs()
	for b.Loop() {
		if _, is := s.NextOpening(at); is != hours.Open {
			b.Fatal(is)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	p := many()
	b.ReportAllocs()
	for b.Loop() {
		hours.Compile(p.settings, time.LoadLocation)
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	s, _ := many().compile(t)
	at := utc("2026-07-06T07:00Z")
	if n := testing.AllocsPerRun(100, func() { s.Open(at) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
