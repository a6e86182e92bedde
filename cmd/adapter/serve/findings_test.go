package serve

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"directcallback/adapter"
)

func TestFindingsAreToldWhenTheyChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		blocked := func(request string) adapter.Finding {
			return adapter.Finding{Code: "blocked.configuration", Row: "1", Reason: "401 (request " + request + ")"}
		}
		other := adapter.Finding{Code: "unsupported.action", Row: "2"}
		looks := [][]adapter.Finding{
			{other},
			{other},
			{other, blocked("a")},
			{other, blocked("b")}, // the same, refused again
			{blocked("c")},
			nil,
		}
		want := []FindingsChange{
			{New: []adapter.Finding{other}},
			{New: []adapter.Finding{blocked("a")}},
			{Cleared: []adapter.Finding{other}},
			{Cleared: []adapter.Finding{blocked("c")}},
		}
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		findings := func() []adapter.Finding {
			n++
			if n == len(looks) {
				cancel()
			}
			return looks[n-1]
		}
		var told []FindingsChange
		began := time.Now()
		watchFindings(ctx, wallClock{}, findings, func(c FindingsChange) { told = append(told, c) })
		if diff := cmp.Diff(want, told, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if passed := time.Since(began); passed != 5*lookForFindings {
			t.Errorf("took %v", passed)
		}
	})
}
