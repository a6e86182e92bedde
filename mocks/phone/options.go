package phone

import (
	"errors"
	"log/slog"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// Options of a simulator. Client, QueueIDs and Traffic are needed.
type Options struct {
	Client       *azservicebus.Client
	EventQueue   string // Service Bus queue the events go to; empty = "call-events"
	CommandQueue string // Service Bus queue the commands come from; empty = "call-commands"

	// QueueIDs are the Dynamics queues that callers wait in, which are also the
	// Service Bus sessions. Several share the traffic by its kind of service and
	// have their representatives in common.
	QueueIDs     []string
	WorkstreamID string // reported with each call, may be empty
	Source       string // of the CloudEvents; empty = "/telephony/simulator"

	Deliveries Deliveries // nil = no callback can be accepted
	Traffic    Traffic
	Behaviour  Behaviour
	Seed       uint64
	Clock      Clock // nil = true time

	// Margin is what the adapter is allowed for events on their way before an
	// overtaking counts, simulated; 0 = 75 s. It is never less than two true
	// seconds, for a Clock that knows its Speed.
	Margin time.Duration

	// Tap is shown every event, as a CloudEvent in JSON, before it is sent, and again
	// when it is sent again; nil = nobody listens in.
	Tap func(event []byte)

	Log    func(Step) // called on the loop; must not block; nil = nobody watches
	Logger *slog.Logger
}

const (
	defaultMargin = 75 * time.Second
	trueMargin    = 2 * time.Second
)

// speedometer is what a Clock can be that does not run at true time.
type speedometer interface{ Speed() float64 }

func (o Options) withDefaults() Options {
	if o.EventQueue == "" {
		o.EventQueue = "call-events"
	}
	if o.CommandQueue == "" {
		o.CommandQueue = "call-commands"
	}
	if o.Source == "" {
		o.Source = "/telephony/simulator"
	}
	if o.Clock == nil {
		o.Clock = NewScaledClock(1, time.Now())
	}
	if o.Deliveries == nil {
		o.Deliveries = noDeliveries{}
	}
	if o.Behaviour.isZero() {
		o.Behaviour = DefaultBehaviour()
	}
	if o.Margin == 0 {
		o.Margin = defaultMargin
	}
	if clock, ok := o.Clock.(speedometer); ok {
		o.Margin = max(o.Margin, time.Duration(clock.Speed()*float64(trueMargin)))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	if len(o.QueueIDs) == 0 {
		return errors.New("phone: no queue to call")
	}
	if len(o.Traffic.Arrivals) == 0 && len(o.Traffic.Shifts) == 0 {
		return errors.New("phone: no traffic, neither callers nor representatives")
	}
	return nil
}
