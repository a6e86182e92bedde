package service

import (
	"context"
	"slices"
	"sync"

	"directcallback/adapter"
)

// gathering takes requests together that come at once and for one queue: they change
// one line, so that each would wait for the transactions of all before it. Nobody
// waits for company; who comes while others are being served is served with all who
// came since.
type gathering struct {
	mu    sync.Mutex
	lines map[adapter.QueueID]*gathered // guarded by mu: those that somebody asks for
}

// gathered are those who ask for one queue.
type gathered struct {
	turn    chan struct{} // held by whoever serves
	waiting []*asked      // guarded by gathering.mu, in the order in which they came
	asking  int           // guarded by gathering.mu
}

// asked is a request on its way.
type asked struct {
	Request
	trace   adapter.Trace
	receipt Receipt
	refused error
	alone   bool          // what was done for all came to nothing
	done    chan struct{} // closed when the rest is written
}

// maxTogether bounds how many requests are served in one transaction.
const maxTogether = 64

// ask serves a request by serve, alone or with others. serve may be run several
// times for one request; an error says that it did nothing.
func (g *gathering) ask(ctx context.Context, q Request, serve func(context.Context, []*asked) error) (Receipt, error) {
	a := &asked{Request: q, trace: traceOf(ctx), done: make(chan struct{})}
	line := g.join(a)
	defer g.leave(a)
	for served := false; !served; {
		select {
		case <-ctx.Done():
			return Receipt{}, ctx.Err()
		case <-a.done:
			served = true
		case line.turn <- struct{}{}:
			g.serve(ctx, line, serve)
		}
	}
	if a.alone {
		if err := serve(ctx, []*asked{a}); err != nil {
			return Receipt{}, err
		}
	}
	return a.receipt, a.refused
}

// serve serves those who wait, and gives its turn back. When that fails, each is left
// to itself: one of them may be the cause, or the one who serves went away.
func (g *gathering) serve(ctx context.Context, line *gathered, serve func(context.Context, []*asked) error) {
	defer func() { <-line.turn }()
	all := g.next(line)
	if len(all) == 0 {
		return // served by the one before
	}
	failed := true
	defer func() {
		for _, a := range all {
			a.alone = failed
			close(a.done)
		}
	}()
	failed = serve(ctx, all) != nil
}

func (g *gathering) join(a *asked) *gathered {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lines == nil {
		g.lines = map[adapter.QueueID]*gathered{}
	}
	line := g.lines[a.Callback.Queue]
	if line == nil {
		line = &gathered{turn: make(chan struct{}, 1)}
		g.lines[a.Callback.Queue] = line
	}
	line.asking++
	line.waiting = append(line.waiting, a)
	return line
}

// leave forgets a request, served or not.
func (g *gathering) leave(a *asked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	line := g.lines[a.Callback.Queue]
	line.waiting = slices.DeleteFunc(line.waiting, func(other *asked) bool { return other == a })
	if line.asking--; line.asking == 0 {
		delete(g.lines, a.Callback.Queue)
	}
}

// next are the first of those who wait.
func (g *gathering) next(line *gathered) []*asked {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(line.waiting), maxTogether)
	all := line.waiting[:n:n]
	line.waiting = slices.Clone(line.waiting[n:])
	return all
}
