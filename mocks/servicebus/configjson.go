package servicebus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What Microsoft's emulator assumes of an entity that does not say otherwise.
const (
	jsonLockDuration     = time.Minute
	jsonMaxDeliveryCount = 3
	jsonTimeToLive       = time.Hour
	jsonDuplicateWindow  = 20 * time.Second
)

// maxConfig bounds a config.json, which is written by hand.
const maxConfig = 16 << 20

// ReadConfig reads the config.json of Microsoft's Service Bus emulator, with its
// defaults: three deliveries, a lock of a minute, a life of an hour.
//
// It is more lenient: any name of the namespace, any number of entities, every
// section optional, durations with fractions and without a minimum, and keys
// that it does not know are passed over. What would change which messages arrive
// where is never passed over: SQL filters (but 1=1), actions and forwarding are
// an error that names the rule or entity.
func ReadConfig(r io.Reader) (Config, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxConfig))
	if err != nil {
		return Config{}, fmt.Errorf("servicebus: read config: %w", err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a filter's 1000000 must stay 1000000
	var file jsonFile
	if err := decoder.Decode(&file); err != nil {
		return Config{}, fmt.Errorf("servicebus: read config: %w", err)
	}
	if n := len(file.UserConfig.Namespaces); n != 1 {
		return Config{}, fmt.Errorf("servicebus: config has %d namespaces, one is expected", n)
	}
	var c Config
	var errs []error
	for _, q := range file.UserConfig.Namespaces[0].Queues {
		queue, err := q.config()
		errs = append(errs, within("queue", q.Name, err))
		c.Queues = append(c.Queues, queue)
	}
	for _, t := range file.UserConfig.Namespaces[0].Topics {
		topic, err := t.config()
		errs = append(errs, within("topic", t.Name, err))
		c.Topics = append(c.Topics, topic)
	}
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("servicebus: %w", err)
	}
	return c, nil
}

func within(kind, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", kind, name, err)
}

// The shape of the file. Queues and subscriptions have the same properties.
type (
	jsonFile struct {
		UserConfig struct {
			Namespaces []struct {
				Queues []jsonQueue
				Topics []jsonTopic
			}
		}
	}
	jsonQueue struct {
		Name       string
		Properties jsonProperties
		Rules      []jsonRule // of a subscription
	}
	jsonTopic struct {
		Name          string
		Properties    jsonProperties
		Subscriptions []jsonQueue
	}
	jsonProperties struct {
		DeadLetteringOnMessageExpiration    bool
		DefaultMessageTimeToLive            *isoDuration
		DuplicateDetectionHistoryTimeWindow *isoDuration
		ForwardDeadLetteredMessagesTo       string
		ForwardTo                           string
		LockDuration                        *isoDuration
		MaxDeliveryCount                    *int
		RequiresDuplicateDetection          bool
		RequiresSession                     bool
	}
	jsonRule struct {
		Name       string
		Properties struct {
			FilterType        string
			CorrelationFilter *jsonCorrelation
			SQLFilter         *jsonExpression `json:"SqlFilter"`
			Action            *jsonExpression
		}
	}
	jsonExpression struct {
		SQLExpression string `json:"SqlExpression"`
	}
	jsonCorrelation struct {
		ContentType, CorrelationID, Label, MessageID, ReplyTo, ReplyToSessionID, SessionID, To string

		Properties map[string]any
	}
)

func (q *jsonQueue) config() (QueueConfig, error) {
	p := q.Properties
	if p.ForwardTo != "" || p.ForwardDeadLetteredMessagesTo != "" {
		return QueueConfig{}, errors.New("forwarding is not supported")
	}
	c := QueueConfig{
		Name:                       q.Name,
		RequiresSession:            p.RequiresSession,
		LockDuration:               p.LockDuration.or(jsonLockDuration),
		MaxDeliveryCount:           jsonMaxDeliveryCount,
		DefaultTimeToLive:          p.DefaultMessageTimeToLive.or(jsonTimeToLive),
		DeadLetterOnExpiration:     p.DeadLetteringOnMessageExpiration,
		RequiresDuplicateDetection: p.RequiresDuplicateDetection,
		DuplicateWindow:            p.DuplicateDetectionHistoryTimeWindow.or(jsonDuplicateWindow),
	}
	if p.MaxDeliveryCount != nil {
		c.MaxDeliveryCount = *p.MaxDeliveryCount
	}
	return c, c.check()
}

func (t *jsonTopic) config() (TopicConfig, error) {
	c := TopicConfig{
		Name:                       t.Name,
		DefaultTimeToLive:          t.Properties.DefaultMessageTimeToLive.or(jsonTimeToLive),
		RequiresDuplicateDetection: t.Properties.RequiresDuplicateDetection,
		DuplicateWindow:            t.Properties.DuplicateDetectionHistoryTimeWindow.or(jsonDuplicateWindow),
	}
	for _, s := range t.Subscriptions {
		queue, err := s.config()
		if err != nil {
			return c, within("subscription", s.Name, err)
		}
		subscription := SubscriptionConfig{QueueConfig: queue}
		for _, r := range s.Rules {
			filter, err := r.filter()
			if err != nil {
				return c, within("subscription", s.Name, within("rule", r.Name, err))
			}
			subscription.Filters = append(subscription.Filters, filter)
		}
		c.Subscriptions = append(c.Subscriptions, subscription)
	}
	return c, nil
}

func (r *jsonRule) filter() (Filter, error) {
	p := r.Properties
	if p.Action != nil && p.Action.SQLExpression != "" {
		return Filter{}, errors.New("actions are not supported")
	}
	switch kind := strings.ToLower(p.FilterType); {
	case kind == "sql" || (kind == "" && p.SQLFilter != nil):
		if p.SQLFilter != nil && strings.ReplaceAll(p.SQLFilter.SQLExpression, " ", "") == "1=1" {
			return Filter{}, nil
		}
		return Filter{}, errors.New("SQL filters are not supported; use a correlation filter")
	case kind == "true" || kind == "truefilter" || (kind == "" && p.CorrelationFilter == nil):
		return Filter{}, nil
	case (kind == "correlation" || kind == "") && p.CorrelationFilter != nil:
		f := p.CorrelationFilter
		return Filter{
			ContentType: f.ContentType, CorrelationID: f.CorrelationID, MessageID: f.MessageID, ReplyTo: f.ReplyTo,
			ReplyToSessionID: f.ReplyToSessionID, SessionID: f.SessionID, Subject: f.Label, To: f.To,
			Properties: f.Properties,
		}, nil
	}
	return Filter{}, fmt.Errorf("filter type %q is not supported, or its filter is missing", p.FilterType)
}
