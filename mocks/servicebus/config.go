package servicebus

import (
	"errors"
	"fmt"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
)

// Defaults of entities that are configured in Go; those of a config.json are
// Microsoft's, see [ReadConfig].
const (
	DefaultLockDuration     = time.Minute
	DefaultMaxDeliveryCount = 10
	DefaultDuplicateWindow  = 10 * time.Minute
	DefaultMaxMessageSize   = 100 << 20
)

// Config is a namespace: what entities there are. They cannot be changed later.
type Config struct {
	Queues []QueueConfig
	Topics []TopicConfig
	// Tokens are who is let in: everyone, with any token, when it is nil, as in
	// Microsoft's emulator.
	Tokens *Tokens
	// MaxMessageSize in bytes is what links announce and enforce: 100 MiB, that of
	// the Premium tier, by default; Standard has 262144. Batches are bounded by it
	// and by 1 MiB.
	MaxMessageSize uint64
}

// QueueConfig is a queue, or the queue side of a subscription. The zero value of
// each option is Service Bus' default.
type QueueConfig struct {
	// Name is the queue's path; it may contain slashes.
	Name string
	// RequiresSession makes every message need a session id and every receiver
	// lock a session.
	RequiresSession bool
	// LockDuration is how long messages or sessions are locked, 60 s by default.
	// Shorter than Service Bus' 5 s is allowed.
	LockDuration time.Duration
	// MaxDeliveryCount is after how many attempts a message is dead-lettered, 10
	// by default.
	MaxDeliveryCount int
	// DefaultTimeToLive bounds the life of messages; 0 is no bound.
	DefaultTimeToLive time.Duration
	// DeadLetterOnExpiration moves messages whose time is over to the
	// dead-letter queue instead of dropping them.
	DeadLetterOnExpiration bool
	// RequiresDuplicateDetection drops messages with an id seen within
	// DuplicateWindow, 10 minutes by default.
	RequiresDuplicateDetection bool
	DuplicateWindow            time.Duration
}

// TopicConfig is a topic with its subscriptions.
type TopicConfig struct {
	Name                       string
	DefaultTimeToLive          time.Duration
	RequiresDuplicateDetection bool
	DuplicateWindow            time.Duration
	Subscriptions              []SubscriptionConfig
}

// SubscriptionConfig is a subscription: a queue that takes copies of the topic's
// messages. Its duplicate detection is the topic's.
type SubscriptionConfig struct {
	QueueConfig

	// Filters select messages: one match is enough, and without any filter
	// every message is taken.
	Filters []Filter
}

func (c *Config) build() (*broker.Broker, error) {
	b := broker.New()
	errs := []error{c.Tokens.check(), addHealthQueue(b)}
	for _, q := range c.Queues {
		if err := q.check(); err != nil {
			errs = append(errs, fmt.Errorf("queue %q: %w", q.Name, err))
			continue
		}
		if err := b.AddQueue(q.Name, q.settings()); err != nil {
			errs = append(errs, err)
		}
	}
	for _, t := range c.Topics {
		if err := t.addTo(b); err != nil {
			errs = append(errs, fmt.Errorf("topic %q: %w", t.Name, err))
		}
	}
	return b, errors.Join(errs...)
}

func (t *TopicConfig) addTo(b *broker.Broker) error {
	settings := QueueConfig{
		DefaultTimeToLive:          t.DefaultTimeToLive,
		RequiresDuplicateDetection: t.RequiresDuplicateDetection, DuplicateWindow: t.DuplicateWindow,
	}.settings()
	subscriptions := make([]broker.Subscription, 0, len(t.Subscriptions))
	for _, s := range t.Subscriptions {
		if err := s.check(); err != nil {
			return fmt.Errorf("subscription %q: %w", s.Name, err)
		}
		sub := broker.Subscription{Name: s.Name, Settings: s.settings()}
		sub.Settings.DuplicateWindow = 0
		for _, f := range s.Filters {
			sub.Matches = append(sub.Matches, f.match)
		}
		subscriptions = append(subscriptions, sub)
	}
	return b.AddTopic(t.Name, settings, subscriptions)
}

func (q QueueConfig) check() error {
	switch {
	case q.Name == "":
		return errors.New("name is missing")
	case q.LockDuration < 0 || q.DefaultTimeToLive < 0 || q.DuplicateWindow < 0:
		return errors.New("a duration is negative")
	case q.MaxDeliveryCount < 0:
		return errors.New("MaxDeliveryCount is negative")
	}
	return nil
}

func (q QueueConfig) settings() broker.Settings {
	s := broker.Settings{
		RequiresSession: q.RequiresSession, DefaultTTL: q.DefaultTimeToLive, DeadLetterOnTTL: q.DeadLetterOnExpiration,
		LockDuration:     orDefault(q.LockDuration, DefaultLockDuration),
		MaxDeliveryCount: orDefault(q.MaxDeliveryCount, DefaultMaxDeliveryCount),
	}
	if q.RequiresDuplicateDetection {
		s.DuplicateWindow = orDefault(q.DuplicateWindow, DefaultDuplicateWindow)
	}
	return s
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
