package dataverse_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

// BenchmarkStart is a new organisation with nothing but what every one has.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		mock, err := dataverse.New(dataverse.Options{StaticToken: token})
		if err != nil {
			b.Fatal(err)
		}
		mock.Close()
	}
}

// BenchmarkInsert100000 fills one table that has an alternate key, and says how much memory the rows take.
func BenchmarkInsert100000(b *testing.B) {
	for b.Loop() {
		mock, err := dataverse.New(dataverse.Options{
			StaticToken: token, Keys: []dataverse.Key{{Table: "contact", Name: "Phone", Columns: []string{"mobilephone"}}},
		})
		if err != nil {
			b.Fatal(err)
		}
		before := heap()
		started := time.Now()
		for i := range 100_000 {
			if _, err := mock.Insert("contact", map[string]any{
				"firstname": fmt.Sprint("First", i), "lastname": fmt.Sprint("Last", i), "mobilephone": fmt.Sprintf("+33155%07d", i),
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(100_000/time.Since(started).Seconds(), "rows/s")
		b.ReportMetric(float64(heap()-before)/(1<<20), "MB")
		mock.Close()
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
