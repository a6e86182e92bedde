package metrics

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"directcallback/adapter"
)

// Source is what is looked at whenever somebody asks.
type Source interface {
	SettingsAge() time.Duration
	Findings() []adapter.Finding
}

// Register has the meter observe the source until the registration ends.
func Register(meter metric.Meter, source Source) (metric.Registration, error) {
	age, err := meter.Float64ObservableGauge("directcallback.settings.age", metric.WithUnit("s"),
		metric.WithDescription("How long ago the settings in force were those of the portal."))
	if err != nil {
		return nil, fmt.Errorf("metric: %w", err)
	}
	findings, err := meter.Int64ObservableGauge("directcallback.findings",
		metric.WithDescription("What an admin should know of the settings, by severity."))
	if err != nil {
		return nil, fmt.Errorf("metric: %w", err)
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveFloat64(age, source.SettingsAge().Seconds())
		count := map[adapter.Severity]int64{}
		for _, f := range source.Findings() {
			count[f.Severity]++
		}
		for _, s := range []adapter.Severity{adapter.SeverityError, adapter.SeverityWarning, adapter.SeverityInfo} {
			o.ObserveInt64(findings, count[s], metric.WithAttributes(attribute.String("severity", string(s))))
		}
		return nil
	}, age, findings)
}
