package dataverse

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Poster sends what a service endpoint sends, to its Service Bus. An error means that the message did not arrive; it
// is then tried again, so the same message may arrive twice.
type Poster interface {
	Post(ctx context.Context, m Message) error
}

// Message is one event on its way to a queue or a topic.
type Message struct {
	Namespace   string // namespaceaddress of the endpoint
	Entity      string // its path: the queue or the topic
	ContentType string
	Body        []byte
	Properties  map[string]any // application properties
}

var errNoPoster = errors.New("the mock was given no Poster: nothing leaves it")

// postings sends messages one after the other, in a goroutine of its own as long as there are any.
type postings struct {
	mu      sync.Mutex // guards what follows; never held while something is sent
	queue   []posting
	running bool
	closed  bool
	worker  sync.WaitGroup
	stop    context.CancelFunc
	ctx     context.Context //nolint:containedctx // the worker's own, made and ended by the server
}

type posting struct {
	message Message
	done    func(err error)
}

func newPostings() *postings {
	ctx, stop := context.WithCancel(context.Background())
	return &postings{ctx: ctx, stop: stop}
}

func (p *postings) add(poster Poster, next posting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.queue = append(p.queue, next)
	if !p.running {
		p.running = true
		p.worker.Go(func() { p.work(poster) })
	}
}

func (p *postings) work(poster Poster) {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 || p.closed {
			p.running = false
			p.mu.Unlock()
			return
		}
		next := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		err := errNoPoster
		if poster != nil {
			err = poster.Post(p.ctx, next.message)
		}
		next.done(err)
	}
}

// close waits for what is being sent, and drops the rest.
func (p *postings) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.worker.Wait()
}

// retryDelays are the pauses between the attempts of one job. That they grow is documented, how is not.
func retryDelays() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}
