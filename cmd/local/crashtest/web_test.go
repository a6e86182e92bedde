package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/mocks/phone"
)

// web is a web page that lets people ask for callbacks. What is not answered it
// asks again, of whichever adapter lives, under the same key.
type web struct {
	story  *story
	random *rand.Rand
	client *http.Client
	free   []string // numbers that nobody calls from

	mu     sync.Mutex
	asked  []*wish // guarded by mu
	closed bool    // guarded by mu: nobody asks any more
}

// wish is what somebody asked for.
type wish struct {
	key, body string
	tries     int
	callback  adapter.CallbackID // that was promised; empty = not yet
	refused   string             // why it never will be
}

func (x *wish) answered() bool { return x.callback != "" || x.refused != "" }

// asksEvery is how often somebody asks, in true time.
const asksEvery = 400 * time.Millisecond

func newWeb(s *story, traffic phone.Traffic) *web {
	w := &web{story: s, random: rand.New(rand.NewPCG(s.seed, 11)), client: &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	var taken []string
	for _, a := range traffic.Arrivals {
		taken = append(taken, a.Phone)
	}
	slices.Sort(taken)
	for area := 201; area < 990; area++ {
		for n := range 100 {
			number := fmt.Sprintf("+1%d55501%02d", area, n)
			if _, used := slices.BinarySearch(taken, number); used {
				continue
			}
			if phone, err := adapter.ParsePhone(number); err == nil && phone.Objection() == "" {
				w.free = append(w.free, number)
			}
		}
	}
	w.random.Shuffle(len(w.free), func(i, j int) { w.free[i], w.free[j] = w.free[j], w.free[i] })
	return w
}

func (w *web) run(ctx context.Context) error {
	tick := time.NewTicker(asksEvery)
	defer tick.Stop()
	var asking sync.WaitGroup
	defer asking.Wait()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		w.mu.Lock()
		closed := w.closed
		if !closed {
			w.asked = append(w.asked, &wish{key: fmt.Sprint("wish-", n), body: w.body(n)})
		}
		open := slices.DeleteFunc(slices.Clone(w.asked), (*wish).answered)
		w.mu.Unlock()
		for _, x := range open {
			asking.Go(func() { w.ask(ctx, x) })
		}
		asking.Wait()
	}
}

func (w *web) body(n int) string {
	return fmt.Sprintf(`{"phone":%q,"queueId":%q,"when":"asap","consent":{"given":true,"at":%q,"text":"Yes"}}`,
		w.free[n], w.story.world.Demo.RetailQueue, w.story.clock.Now().Add(-10*time.Minute).UTC().Format(time.RFC3339))
}

// ask asks one adapter once.
func (w *web) ask(ctx context.Context, x *wish) {
	urls := w.story.living()
	if len(urls) == 0 {
		return
	}
	w.mu.Lock()
	url := urls[w.random.IntN(len(urls))]
	x.tries++
	w.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/callbacks", strings.NewReader(x.body))
	if err != nil {
		return
	}
	request.Header = http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {x.key}, "Content-Type": {"application/json"}}
	response, err := w.client.Do(request)
	if err != nil {
		return // it may have been taken all the same
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var made struct{ ID string }
	switch {
	case response.StatusCode == http.StatusCreated && json.Unmarshal(body, &made) == nil:
		x.callback = adapter.CallbackID(made.ID)
	case response.StatusCode < http.StatusInternalServerError:
		x.refused = fmt.Sprintf("%s %s", response.Status, body)
	}
}

// close lets nobody ask any more.
func (w *web) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// done tells that everybody was answered.
func (w *web) done() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !slices.ContainsFunc(w.asked, func(x *wish) bool { return !x.answered() })
}

// tries is how often adapters were asked.
func (w *web) tries() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.asked {
		n += x.tries
	}
	return n
}
