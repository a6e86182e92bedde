package proactive

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func TestInputs(t *testing.T) {
	t.Parallel()
	many := map[string]string{"notes": "n", "callbackId": "c"}
	for i := range maxAttributes {
		many[fmt.Sprintf("a%02d", i)] = ""
	}
	kept := map[string]string{"type": "callback", "adapterRequestId": "r", "notes": "n", "callbackId": "c"}
	for i := range maxAttributes - 4 {
		kept[fmt.Sprintf("a%02d", i)] = ""
	}
	const wide = "\U0001F600" // two units
	tests := []struct {
		name  string
		given map[string]string
		want  inputAttributes
	}{
		{"none", nil, inputAttributes{kept: map[string]string{"type": "callback", "adapterRequestId": "r"}}},
		{"ours cannot be replaced", map[string]string{"adapterRequestId": "x"}, inputAttributes{
			kept: map[string]string{"type": "callback", "adapterRequestId": "r"},
		}},
		{"too many", many, inputAttributes{kept: kept, dropped: 4}},
		{"a name too long", map[string]string{strings.Repeat("x", maxKeyword+1): ""}, inputAttributes{
			kept: map[string]string{"type": "callback", "adapterRequestId": "r"}, dropped: 1,
		}},
		{"values too long", map[string]string{"a": strings.Repeat("é", maxValue+1), "b": "x" + strings.Repeat(wide, maxValue/2)}, inputAttributes{
			kept: map[string]string{
				"type": "callback", "adapterRequestId": "r",
				"a": strings.Repeat("é", maxValue), "b": "x" + strings.Repeat(wide, maxValue/2-1),
			}, cut: 2,
		}},
	}
	for _, test := range tests {
		got := inputs(adapter.DeliveryRequest{RequestID: "r", Attributes: test.given})
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(inputAttributes{})); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestTooManyAttributesDoNotFailADelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		o := newOrg(t, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		r := o.request(t)
		for i := range 100 {
			r.Attributes[fmt.Sprintf("canary-%d", i)] = number
		}
		if _, err := o.Deliver(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if all := o.mock.Deliveries(); len(all) != 1 || len(all[0].Attributes) != maxAttributes {
			t.Errorf("deliveries %v", all)
		}
		if text := log.String(); !strings.Contains(text, "attributes_dropped=72") || strings.Contains(text, "canary") || strings.Contains(text, "155501234") {
			t.Errorf("logged %s", text)
		}
	})
}
