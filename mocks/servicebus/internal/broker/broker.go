package broker

import (
	"errors"
	"fmt"
	"strings"

	"directcallback/mocks/servicebus/internal/wire"
)

// Match decides whether a subscription wants a message.
type Match func(wire.Properties, wire.Map) bool

// Broker is a namespace: a fixed set of entities.
type Broker struct {
	entities map[string]*Queue // by folded path
	owned    []*Queue          // those to close; they close their sub-queues
}

// New is an empty namespace.
func New() *Broker { return &Broker{entities: map[string]*Queue{}} }

// AddQueue adds a queue. Entities are added before the broker is used.
func (b *Broker) AddQueue(name string, s Settings) error {
	s.Kind = KindQueue
	return b.add(newQueue(name, s))
}

// Subscription is a subscription of a topic. Without matches it wants everything;
// with several it wants what any of them wants, once.
type Subscription struct {
	Name     string
	Settings Settings
	Matches  []Match
	queue    *Queue
}

// AddTopic adds a topic and its subscriptions.
func (b *Broker) AddTopic(name string, s Settings, subscriptions []Subscription) error {
	s.Kind = KindTopic
	topic := newQueue(name, s)
	for i := range subscriptions {
		sub := &subscriptions[i]
		sub.Settings.Kind = KindSubscription
		sub.queue = newQueue(name+"/Subscriptions/"+sub.Name, sub.Settings)
		if err := b.add(sub.queue); err != nil {
			return err
		}
	}
	topic.route = func(m *Message) { fanOut(m, subscriptions) }
	return b.add(topic)
}

// fanOut puts a copy of m into each subscription that wants it.
func fanOut(m *Message, subscriptions []Subscription) {
	// Both sections were decoded without error when the message came.
	properties, err := wire.ReadProperties(m.properties)
	if err != nil {
		return
	}
	application, err := wire.SectionMap(m.application)
	if err != nil {
		return
	}
	for i := range subscriptions {
		if s := &subscriptions[i]; s.wants(properties, application) {
			now := s.queue.enter()
			s.queue.insert(m.copyFor(), now)
			s.queue.leave(now)
		}
	}
}

func (s *Subscription) wants(p wire.Properties, application wire.Map) bool {
	if s.settingsForbid(p) {
		return false
	}
	for _, match := range s.Matches {
		if match(p, application) {
			return true
		}
	}
	return len(s.Matches) == 0
}

// settingsForbid: a subscription with sessions cannot hold what has no session.
func (s *Subscription) settingsForbid(p wire.Properties) bool {
	return s.Settings.RequiresSession && !p.GroupID.Set
}

func (b *Broker) add(q *Queue) error {
	b.owned = append(b.owned, q)
	for e := q; e != nil; e = e.dead {
		key := fold(e.name)
		if key == "" {
			return errors.New("entity without a name")
		}
		if b.entities[key] != nil {
			return fmt.Errorf("entity %q exists twice", e.name)
		}
		b.entities[key] = e
	}
	if q.dead == nil {
		return nil
	}
	// Nothing ever gets here, but clients may look.
	transfer := newQueue(q.name+"/$Transfer/$DeadLetterQueue", q.dead.settings)
	b.entities[fold(transfer.name)] = transfer
	b.owned = append(b.owned, transfer)
	return nil
}

// Lookup finds an entity by its address: the case does not matter, and a
// leading slash is allowed. nil when there is none.
func (b *Broker) Lookup(address string) *Queue { return b.entities[fold(address)] }

func fold(address string) string { return strings.ToLower(strings.Trim(address, "/")) }

// All are the entities, as they were added: those of topics' subscriptions
// before the topic, and sub-queues after their queue.
func (b *Broker) All() []*Queue {
	var all []*Queue
	for _, q := range b.owned {
		for ; q != nil; q = q.dead {
			all = append(all, q)
		}
	}
	return all
}

// Close stops all timers and waits for their functions.
func (b *Broker) Close() {
	for _, q := range b.owned {
		q.close()
	}
}
