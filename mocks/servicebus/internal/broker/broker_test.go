package broker

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"directcallback/mocks/servicebus/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHeapIsSortedWhateverIsRemovedOrMoved(t *testing.T) {
	t.Parallel()
	type element struct{ key, place int }
	rapid.Check(t, func(t *rapid.T) {
		h := heap[*element]{
			before: func(a, b *element) bool { return a.key < b.key },
			place:  func(e *element) *int { return &e.place },
		}
		var model []*element
		pick := func() *element { return rapid.SampledFrom(model).Draw(t, "element") }
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				e := &element{key: rapid.IntRange(0, 20).Draw(t, "key")}
				h.push(e)
				model = append(model, e)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				e := pick()
				h.remove(e)
				h.remove(e) // again does nothing
				model = slices.DeleteFunc(model, func(o *element) bool { return o == e })
			},
			"move": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				e := pick()
				e.key = rapid.IntRange(0, 20).Draw(t, "key")
				h.fix(e)
			},
			"": func(t *rapid.T) {
				if h.len() != len(model) {
					t.Fatalf("%d elements, want %d", h.len(), len(model))
				}
				for i, e := range h.items {
					if e.place != i+1 {
						t.Fatalf("element %d says it is %d", i, e.place-1)
					}
				}
				if len(model) > 0 {
					least := slices.MinFunc(model, func(a, b *element) int { return a.key - b.key })
					if h.min().key != least.key {
						t.Fatalf("least is %d, want %d", h.min().key, least.key)
					}
				}
			},
		})
	})
}

func TestSeqLogFindsWhatIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l seqLog
		left := map[int64]bool{}
		n := rapid.Int64Range(1, 500).Draw(t, "n")
		for seq := int64(1); seq <= n; seq++ {
			l.add(&Message{seq: seq})
			left[seq] = true
		}
		for range rapid.IntRange(0, 600).Draw(t, "removals") {
			seq := rapid.Int64Range(1, n).Draw(t, "seq")
			l.remove(seq)
			delete(left, seq)
		}
		var got int
		l.from(0, func(m *Message) bool { got++; return left[m.seq] })
		if got != len(left) || len(l.entries)-l.gaps != len(left) {
			t.Fatalf("%d messages, want %d", got, len(left))
		}
		for seq := range left {
			if m := l.find(seq); m == nil || m.seq != seq {
				t.Fatalf("%d is not found", seq)
			}
		}
	})
}

// model is what a queue should hold, by the rules alone.
type model struct {
	lock     time.Duration
	limit    int
	messages map[string]*modelMessage
	dead     int
}

type modelMessage struct {
	state    string // active, locked, deferred
	deferred bool
	until    time.Time
	failed   int
}

func (m *model) fail(id string) {
	e := m.messages[id]
	e.state = "active"
	if e.deferred {
		e.state = "deferred"
	}
	if e.failed++; e.failed >= m.limit {
		delete(m.messages, id)
		m.dead++
	}
}

func (m *model) expire(now time.Time) {
	for id, e := range m.messages {
		if e.state == "locked" && !e.until.After(now) {
			m.fail(id)
		}
	}
}

func (m *model) counts() Counts {
	c := Counts{DeadLettered: m.dead}
	for _, e := range m.messages {
		switch e.state {
		case "active":
			c.Active++
		case "locked":
			c.Locked++
		case "deferred":
			c.Deferred++
		}
	}
	return c
}

// No message is ever in two places or in none, whatever happens in which order.
func TestQueueIsItsModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A bubble has no Deadline to ask; hidden in a struct, rapid does not.
		rapid.Check(struct{ rapid.TB }{t}, func(t *rapid.T) {
			b := New()
			defer b.Close()
			m := model{lock: 10 * time.Second, limit: 3, messages: map[string]*modelMessage{}}
			if err := b.AddQueue("q", Settings{LockDuration: m.lock, MaxDeliveryCount: m.limit}); err != nil {
				t.Fatal(err)
			}
			q := b.Lookup("q")
			r := q.Receiver(ReceiverOptions{Wake: func() bool { return true }})
			next, seq := 0, map[string]int64{}
			locks := map[string]wire.UUID{}
			held := func(t *rapid.T) string {
				var ids []string
				for id := range locks {
					ids = append(ids, id)
				}
				if len(ids) == 0 {
					t.Skip()
				}
				slices.Sort(ids)
				return rapid.SampledFrom(ids).Draw(t, "id")
			}
			settle := func(t *rapid.T, s Settlement) (id string, ok bool) {
				id = held(t)
				err := q.Settle(locks[id], Outcome{Settlement: s})
				delete(locks, id)
				e := m.messages[id]
				if ok = e != nil && e.state == "locked"; ok != (err == nil) {
					t.Fatalf("settle %s: %v, but the model says %+v", id, err, e)
				}
				return id, ok
			}
			lock := func(d Delivery) {
				e := m.messages[d.ID()]
				if e == nil || e.state == "locked" {
					t.Fatalf("%s was delivered, but the model says %+v", d.ID(), e)
				}
				e.state, e.until = "locked", time.Now().Add(m.lock)
				locks[d.ID()], seq[d.ID()] = d.Token, d.seq
			}
			t.Repeat(map[string]func(*rapid.T){
				"publish": func(t *rapid.T) {
					next++
					id := fmt.Sprint("m", next)
					raw := wire.AppendProperties(nil, &wire.Properties{MessageID: id})
					parsed, err := ParseMessage(raw)
					if err != nil {
						t.Fatal(err)
					}
					if err := q.Publish([]*Message{parsed}); err != nil {
						t.Fatal(err)
					}
					m.messages[id] = &modelMessage{state: "active"}
				},
				"take": func(t *rapid.T) {
					for _, d := range r.Take(nil, rapid.IntRange(1, 3).Draw(t, "limit")) {
						lock(d)
					}
				},
				"take deferred": func(t *rapid.T) {
					var ids []string
					for id, e := range m.messages {
						if e.state == "deferred" {
							ids = append(ids, id)
						}
					}
					if len(ids) == 0 {
						t.Skip()
					}
					slices.Sort(ids)
					ds, err := q.ReceiveDeferred([]int64{seq[rapid.SampledFrom(ids).Draw(t, "id")]}, ReceiverOptions{})
					if err != nil {
						t.Fatal(err)
					}
					lock(ds[0])
				},
				"complete": func(t *rapid.T) {
					if id, ok := settle(t, Complete); ok {
						delete(m.messages, id)
					}
				},
				"abandon": func(t *rapid.T) {
					if id, ok := settle(t, Abandon); ok {
						m.fail(id)
					}
				},
				"release": func(t *rapid.T) {
					if id, ok := settle(t, Release); ok {
						e := m.messages[id]
						if e.state = "active"; e.deferred {
							e.state = "deferred"
						}
					}
				},
				"defer": func(t *rapid.T) {
					if id, ok := settle(t, Defer); ok {
						m.messages[id].state, m.messages[id].deferred = "deferred", true
					}
				},
				"dead-letter": func(t *rapid.T) {
					if id, ok := settle(t, DeadLetter); ok {
						delete(m.messages, id)
						m.dead++
					}
				},
				"renew": func(t *rapid.T) {
					id := held(t)
					_, err := q.Renew([]wire.UUID{locks[id]})
					e := m.messages[id]
					if ok := e != nil && e.state == "locked"; ok != (err == nil) {
						t.Fatalf("renew %s: %v, but the model says %+v", id, err, e)
					} else if ok {
						e.until = time.Now().Add(m.lock)
					}
				},
				"wait": func(t *rapid.T) {
					<-time.After(time.Duration(rapid.IntRange(1, 15).Draw(t, "seconds")) * time.Second)
					synctest.Wait()
					m.expire(time.Now())
				},
				"expire": func(*rapid.T) {
					q.ExpireLocks()
					m.expire(time.Now().Add(m.lock))
				},
				"": func(t *rapid.T) {
					if got, want := q.Counts(), m.counts(); got != want {
						t.Fatalf("counts %+v, want %+v", got, want)
					}
				},
			})
		})
	})
}
