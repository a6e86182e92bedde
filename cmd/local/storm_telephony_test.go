package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/event"
	"directcallback/cmd/mocks/world"
)

// telephony is the other side: callers who are queued, hear offers, press 1 or
// are connected, and hang up. It sends at least once and recognises repeated
// commands by their ids, as a real one must.
type telephony struct {
	*testing.T
	client  *azservicebus.Client
	numbers []adapter.Phone
	out     chan said

	rang int // by the one goroutine that lets them ring

	mu       sync.Mutex // guards all below; never held over a wait
	random   *rand.Rand
	put      int // messages, repeated ones included
	waiting  int // events on their way to the bus
	over     int
	received int
	worst    uint32
	heard    map[string]int // by message id
	offers   map[adapter.CallID]int
	goodbyes map[adapter.CallID]int
}

// said is an event on its way.
type said struct {
	line  int
	event adapter.CallEvent
}

func callID(n int) adapter.CallID { return adapter.CallID(fmt.Sprintf("call-%06d", n)) }

// ring is a caller who is queued.
func (p *telephony) ring(n int) {
	wait := 3 * time.Minute
	p.rang++
	p.tell(n, 1, adapter.CallQueued{
		Queue: queueOf(n % stormLines), From: p.numbers[n], QueuedAt: time.Now(), Locale: "en-US", Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		Measures: adapter.Measures{EstimatedWait: &wait},
	})
	p.tell(n, 2, adapter.CallUpdated{Measures: adapter.Measures{EstimatedWait: &wait}})
}

func (p *telephony) tell(n, sequence int, data adapter.EventData) {
	p.mu.Lock()
	p.waiting++
	p.mu.Unlock()
	id := callID(n)
	p.out <- said{n % stormLines, adapter.CallEvent{
		ID: fmt.Sprintf("%s/%d", id, sequence), Source: "/pbx", Call: id, At: time.Now(), Sequence: int64(sequence), Data: data,
	}}
}

// hears is a caller to whom something is played for the first time.
func (p *telephony) hears(c adapter.Command) {
	var n int
	if _, err := fmt.Sscanf(string(c.Call), "call-%d", &n); err != nil {
		p.Errorf("a command for %q", c.Call)
		return
	}
	p.mu.Lock()
	first := false
	switch c.Prompt {
	case adapter.PromptOffer:
		p.offers[c.Call]++
		first = p.offers[c.Call] == 1
	case adapter.PromptConfirmation:
		p.goodbyes[c.Call]++
		first = p.goodbyes[c.Call] == 1
	default:
		p.Errorf("nobody was to hear %q", c.Prompt)
	}
	p.mu.Unlock()
	confirmed := c.Prompt == adapter.PromptConfirmation
	switch {
	case !first:
	case confirmed:
		p.hangUp(n)
	case n%optIn == 0:
		time.AfterFunc(2*time.Second, func() { p.tell(n, 3, adapter.ToneReceived{Tone: "1", Prompt: c.ID}) })
	default:
		time.AfterFunc(2*time.Second, func() {
			p.tell(n, 3, adapter.CallConnected{Representative: "somebody"})
			p.hangUp(n)
		})
	}
}

func (p *telephony) hangUp(n int) {
	p.tell(n, 4, adapter.CallEnded{Reason: "hangup"})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over++
}

func (p *telephony) hungUp() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// silent tells that everything said is on the bus.
func (p *telephony) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting == 0
}

// speak puts events on the bus, some of them twice and some behind the next.
func (p *telephony) speak(ctx context.Context) error {
	sender, err := p.client.NewSender(world.CallEvents, nil)
	if err != nil {
		return err
	}
	defer func() { _ = sender.Close(context.WithoutCancel(ctx)) }()
	flush := time.NewTicker(50 * time.Millisecond)
	defer flush.Stop()
	for {
		var all []said
		select {
		case <-flush.C:
		case <-ctx.Done():
			return nil
		}
		for more := true; more; {
			select {
			case e := <-p.out:
				all = append(all, e)
			default:
				more = false
			}
		}
		p.send(ctx, sender, all)
	}
}

func (p *telephony) send(ctx context.Context, sender *azservicebus.Sender, all []said) {
	lines := map[int][]*azservicebus.Message{}
	for _, e := range p.jumble(all) {
		lines[e.line] = append(lines[e.line], p.message(e))
	}
	for _, messages := range lines {
		for ctx.Err() == nil {
			if err := sendAll(ctx, sender, messages); err == nil {
				break
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting -= len(all)
}

// jumble repeats some and puts some behind what follows them.
func (p *telephony) jumble(all []said) []said {
	p.mu.Lock()
	defer p.mu.Unlock()
	var jumbled []said
	for _, e := range all {
		jumbled = append(jumbled, e)
		if p.random.Float64() < duplicates {
			jumbled = append(jumbled, e)
		}
	}
	for i := range jumbled {
		if j := i + 1 + p.random.IntN(2*stormLines); j < len(jumbled) && p.random.Float64() < reordered {
			jumbled[i], jumbled[j] = jumbled[j], jumbled[i]
		}
	}
	p.put += len(jumbled)
	return jumbled
}

func (p *telephony) message(e said) *azservicebus.Message {
	body, err := event.Encode(e.event)
	if err != nil {
		p.Error(err)
	}
	return &azservicebus.Message{
		Body: bytes.Clone(body), ContentType: new(event.ContentType), SessionID: new(string(queueOf(e.line))),
	}
}

func sendAll(ctx context.Context, sender *azservicebus.Sender, messages []*azservicebus.Message) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	batch, err := sender.NewMessageBatch(ctx, nil)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := batch.AddMessage(m, nil); err != nil {
			return err
		}
	}
	return sender.SendMessageBatch(ctx, batch, nil)
}

// listen receives commands, one session after the other.
func (p *telephony) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		accepting, cancel := context.WithTimeout(ctx, 10*time.Second)
		session, err := p.client.AcceptNextSessionForQueue(accepting, world.CallCommands, nil)
		cancel()
		if err != nil {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		p.listenTo(ctx, session)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		_ = session.Close(closing) // its connection may be gone
		cancel()
	}
	return nil
}

func (p *telephony) listenTo(ctx context.Context, session *azservicebus.SessionReceiver) {
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, 2*time.Second)
		messages, err := session.ReceiveMessages(waiting, 32, nil)
		cancel()
		if err != nil || len(messages) == 0 {
			return
		}
		for _, m := range messages {
			p.obey(m)
			settling, cancel := context.WithTimeout(ctx, 5*time.Second)
			err := session.CompleteMessage(settling, m, nil)
			cancel()
			if err != nil {
				return // it comes again
			}
		}
	}
}

func (p *telephony) obey(m *azservicebus.ReceivedMessage) {
	command, err := event.DecodeCommand(m.Body)
	if err != nil {
		p.Error(err)
		return
	}
	p.mu.Lock()
	p.received++
	p.worst = max(p.worst, m.DeliveryCount)
	p.heard[m.MessageID]++
	first := p.heard[m.MessageID] == 1
	p.mu.Unlock()
	if first {
		p.hears(command)
	}
}

// fictitious lists numbers that are set aside for films and tests, in as many
// area codes as it takes.
func fictitious(t *testing.T, n int) []adapter.Phone {
	t.Helper()
	numbers := make([]adapter.Phone, 0, n)
	for area := 201; area < 990; area++ {
		for last := 100; last < 200 && len(numbers) < n; last++ {
			number, err := adapter.ParsePhone(fmt.Sprintf("+1%d555%04d", area, last))
			if err != nil {
				break // no such area
			}
			numbers = append(numbers, number)
		}
	}
	if len(numbers) < n {
		t.Fatalf("there are only %d such numbers for %d calls", len(numbers), n)
	}
	return numbers
}
