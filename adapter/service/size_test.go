package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// TestArrivalsAreJudgedByTheLastCount has a queue that offers to the third caller.
func TestArrivalsAreJudgedByTheLastCount(t *testing.T) {
	for name, test := range map[string]struct {
		option func(*service.Options)
		want   []bool // who is offered a callback
	}{
		"exactly":                       {func(*service.Options) {}, []bool{false, false, true, true}},
		"every ten seconds as Dynamics": {func(o *service.Options) { o.SizeFor = 10 * time.Second }, []bool{false, false, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.halt()
				test.option(&w.options)
				w.settings.set(func(r *reader) {
					r.settings.Rulesets[preRules] = ruleset(preRules, rule(1, callBack, queueSize, "2"))
				})
				w.start()
				for i, call := range []adapter.CallID{"a", "b", "c", "d"} {
					w.rings(call, billing, w.phone())
					w.pass([]time.Duration{3, 3, 10, 0}[i] * time.Second)
				}
				for i, call := range []adapter.CallID{"a", "b", "c", "d"} {
					if got := w.call(call).Overflow == adapter.ActionDirectCallback; got != test.want[i] {
						t.Errorf("call %s: overflows %v", call, got)
					}
				}
			})
		})
	}
}
