package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"directcallback/adapter/metrics"
)

// meter answers GET /metrics in Prometheus' text format, at another address than that
// of the API, because who may ask there needs no token.
type meter struct {
	listener net.Listener
	handler  http.Handler
	provider *metric.MeterProvider
}

// measure makes the meter, if there is an address for it. Its registry is its own, so
// that nothing is measured by accident.
func (a *Adapter) measure(ctx context.Context) (*meter, error) {
	if a.config.Metrics == "" {
		return nil, nil
	}
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	m := &meter{provider: metric.NewMeterProvider(metric.WithReader(reader))}
	if _, err := metrics.Register(m.provider.Meter("directcallback"), a.service); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4,
	}))
	m.handler = mux
	if m.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.Metrics); err != nil {
		return nil, fmt.Errorf("%sMETRICS: %w", prefix, err)
	}
	a.logger.InfoContext(ctx, "metrics are told", "address", m.listener.Addr().String())
	return m, nil
}

// close closes what measure opened. The listener is closed already if it was served.
func (m *meter) close(ctx context.Context) error {
	if m == nil {
		return nil
	}
	err := m.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return errors.Join(err, m.provider.Shutdown(ctx))
}
