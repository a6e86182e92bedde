package dataverse_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"directcallback/dataverse"
)

// worker makes one call after the other. Its rows are its own; the counters are everybody's.
type worker struct {
	*storm
	number     int
	random     *rand.Rand
	calls      int
	dropped    int // columns that a query went on without
	rows       []*row
	pairs      []*row
	bystander  string // a row nobody writes, for reads
	deliveries map[string]verdict
	mirror     *dataverse.Mirror
	delta      dataverse.DeltaToken
}

// row is a contact, or two that are written by change sets only.
type row struct {
	ids    []string
	belief belief
	story  []string
}

func (r *row) key(i int) dataverse.GUID { return dataverse.GUID(r.ids[i]) }

func newWorker(s *storm, number int) *worker {
	w := &worker{
		storm: s, number: number, random: rand.New(rand.NewPCG(s.seed, uint64(number)+2)), deliveries: map[string]verdict{},
		mirror: s.client.Mirror(dataverse.Tracked{Set: "contacts", Select: []string{"lastname"}, PageSize: 7}, "contactid"),
	}
	for range 6 {
		w.rows = append(w.rows, &row{ids: []string{w.id()}, belief: believe(absent)})
	}
	for range 3 {
		w.pairs = append(w.pairs, &row{ids: []string{w.id(), w.id()}, belief: believe(absent)})
	}
	var err error
	w.bystander, err = s.organization.Insert("contact", map[string]any{"lastname": w.value(), "firstname": w.name(), "jobtitle": "watches"})
	if err != nil {
		s.Fatal(err)
	}
	return w
}

func (w *worker) id() string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", w.random.Uint32(), w.random.Uint64()>>16)
}
func (w *worker) name() string  { return fmt.Sprint("worker ", w.number) }
func (w *worker) value() string { return fmt.Sprintf("%d-%d", w.number, w.calls) }

// values of a contact, the same columns whatever the call.
func (w *worker) values() dataverse.Row {
	return dataverse.Row{"lastname": w.value(), "firstname": w.name()}
}

// either is the client, whose calls may travel in bodies only.
func (w *worker) either() *dataverse.Client {
	if w.random.IntN(4) == 0 {
		return w.client.Privately()
	}
	return w.client
}

// next makes one call, or two: raising a counter begins with a read.
func (w *worker) next() {
	one := w.rows[w.random.IntN(len(w.rows))]
	all := []func(){
		func() { w.create(one) }, func() { w.create(one) },
		func() { w.update(one) }, func() { w.upsert(one) }, func() { w.remove(one) }, func() { w.remove(one) },
		func() { w.get(one) }, w.getBystander, w.query, w.queryMissing, w.queryElastic,
		w.raise, w.raise, w.raise, w.raise,
		w.changeSet, w.changeSet, w.batch, w.batch,
		w.refresh, w.follow, w.act, w.ask,
	}
	all[w.random.IntN(len(all))]()
}

// deadline is seldom shorter than a call needs, and often shorter than it would like.
func (w *worker) deadline() time.Duration {
	return []time.Duration{
		500 * time.Millisecond, 3 * time.Second, 15 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute,
	}[w.random.IntN(6)] + time.Duration(w.random.IntN(1000))*time.Microsecond
}

const (
	reads  = false
	writes = true

	action = "action" // custom code: what a 500 did before is anybody's guess
)

// call makes one, within a deadline, and looks at its end.
func (w *worker) call(kind string, writing bool, do func(context.Context) error) error {
	w.calls++
	limit := w.deadline()
	var attempts []*attempt
	ctx, cancel := context.WithTimeout(context.WithValue(w.Context(), attemptsKey{}, &attempts), limit)
	defer cancel()
	began := time.Now()
	err := do(ctx)
	took := time.Since(began)
	if took > limit {
		w.fault("%s came back %v after its deadline: %v", kind, took-limit, err)
	}
	w.judge(kind, writing, err, attempts, took >= limit)
	if refused, ok := errors.AsType[*dataverse.Error](err); ok && refused.RetryAfter > 0 && w.random.IntN(4) > 0 {
		<-time.After(refused.RetryAfter) // most people do as they are told
	}
	return err
}

// judge holds an error beside the table of promises.
func (w *worker) judge(kind string, writing bool, err error, attempts []*attempt, ended bool) {
	w.tally.add(kind, writing, err, ended)
	if err == nil {
		return
	}
	var allowed []error
	unsure := ended && len(attempts) > 0
	for _, a := range attempts {
		for _, p := range promises() {
			if p.sign(a) {
				allowed = append(allowed, p.errors...)
				unsure = unsure || p.unsure || kind == action && answered(http.StatusInternalServerError)(a)
			}
		}
	}
	if ended || len(attempts) == 0 || errors.Is(err, errNoToken) {
		allowed = append(allowed, dataverse.ErrNotSent, dataverse.ErrUnavailable)
	}
	if ended && len(attempts) > 0 {
		allowed = append(allowed, dataverse.ErrAmbiguous)
	}
	allowed = append(allowed, dataverse.ErrThrottled, dataverse.ErrSkipped) // others were told to wait, or failed before it
	is := func(target error) bool { return errors.Is(err, target) }
	_, isAnswer := errors.AsType[*dataverse.Error](err)
	switch {
	case !slices.ContainsFunc(allowed, is):
		w.fault("%s: %v: after %s, want one of %q", kind, err, outline(attempts), allowed)
	case is(dataverse.ErrAmbiguous) && (!writing || !unsure):
		w.fault("%s: %v: ambiguous after %s", kind, err, outline(attempts))
	case ended && !is(context.DeadlineExceeded) && !isAnswer:
		w.fault("%s: %v: does not say that its deadline ended it", kind, err)
	}
}

func outline(attempts []*attempt) string {
	var b strings.Builder
	for _, a := range attempts {
		fmt.Fprintf(&b, "%d ", a.status)
	}
	return b.String()
}

func (t *tally) add(kind string, writing bool, err error, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls, t.nothing = map[string]int{}, map[string]int{}
	}
	t.calls[kind]++
	if err != nil {
		t.nothing[kind]++
	}
	if writing {
		t.verdicts[verdictOf(err)]++
	}
	if ended {
		t.ended++
	}
}

// learn takes over what a write said of a row.
func (w *worker) learn(r *row, what string, e effect, err error) {
	before := r.belief
	r.belief = before.after(e, verdictOf(err))
	r.story = append(r.story, fmt.Sprintf("%s %s %s: %v; so it is %v", time.Now().Format(time.TimeOnly), what, w.value(), err, r.belief))
	if len(r.belief) == 0 {
		w.fault("%s: %v: that cannot be of a row that was one of %v\n%s", what, err, before, strings.Join(r.story, "\n"))
		r.belief = before
	}
}

// see takes over what a read said.
func (w *worker) see(r *row, what, value string) {
	if !r.belief[value] {
		w.fault("%s: row %s is %q, and was said to be one of %v\n%s", what, r.ids[0], value, r.belief, strings.Join(r.story, "\n"))
		return
	}
	r.belief = believe(value)
}

func (w *worker) create(r *row) {
	err := w.call("create", writes, func(ctx context.Context) error {
		values := w.values()
		values["contactid"] = r.ids[0]
		_, err := w.client.Create(ctx, "contacts", "contactid", values, w.back())
		return err
	})
	w.learn(r, "create", creating(w.value()), err)
}

// back asks now and then for the row.
func (w *worker) back() *dataverse.WriteOptions {
	if w.random.IntN(2) == 0 {
		return nil
	}
	return &dataverse.WriteOptions{Return: []string{"lastname"}}
}

func (w *worker) update(r *row) {
	err := w.call("update", writes, func(ctx context.Context) error {
		_, err := w.either().Update(ctx, "contacts", r.key(0), w.values(), w.back())
		return err
	})
	w.learn(r, "update", updating(w.value()), err)
}

func (w *worker) upsert(r *row) {
	options, effect := w.back(), upserting
	if w.random.IntN(3) == 0 {
		options, effect = &dataverse.WriteOptions{IfNoneMatch: dataverse.AnyETag}, creating
	}
	err := w.call("upsert", writes, func(ctx context.Context) error {
		_, err := w.either().Upsert(ctx, "contacts", r.key(0), w.values(), options)
		return err
	})
	w.learn(r, "upsert", effect(w.value()), err)
}

func (w *worker) remove(r *row) {
	err := w.call("delete", writes, func(ctx context.Context) error {
		return w.either().Delete(ctx, "contacts", r.key(0), nil)
	})
	w.learn(r, "delete", deleting, err)
}

func (w *worker) get(r *row) {
	var got dataverse.Row
	err := w.call("get", reads, func(ctx context.Context) (err error) {
		got, err = w.either().Get(ctx, "contacts", r.key(0), &dataverse.GetOptions{Select: []string{"lastname"}})
		return err
	})
	value, _ := got.String("lastname")
	switch {
	case err == nil:
		w.see(r, "get", value)
	case errors.Is(err, dataverse.ErrNotFound):
		w.see(r, "get", absent)
	}
}

// getBystander asks for a column that is not always there.
func (w *worker) getBystander() {
	_ = w.call("get", reads, func(ctx context.Context) error {
		row, err := w.client.Get(ctx, "contacts", dataverse.GUID(w.bystander), &dataverse.GetOptions{Select: []string{"jobtitle"}})
		if title, _ := row.String("jobtitle"); err == nil && title != "watches" {
			w.fault("get: a column is %q", title)
		}
		return err
	})
}

// query reads the worker's own rows over several pages.
func (w *worker) query() {
	w.readOwn(dataverse.Query{Select: []string{"lastname"}})
}

func (w *worker) queryMissing() {
	w.readOwn(dataverse.Query{Select: []string{"lastname", "jobtitle"}, Dropped: func(string) { w.dropped++ }})
}

func (w *worker) readOwn(q dataverse.Query) {
	q.Set, q.PageSize, q.Filter = "contacts", 3, dataverse.Eq("firstname", w.name())
	var rows []dataverse.Row
	err := w.call("query", reads, func(ctx context.Context) (err error) {
		rows, err = w.either().All(ctx, q)
		return err
	})
	if err != nil {
		return
	}
	found := map[string]string{}
	for _, row := range rows {
		columns := row.Read()
		id, value := columns.ID("contactid"), columns.String("lastname")
		if err := columns.Err(); err != nil || found[id] != "" {
			w.fault("query: %v, or row %s came twice", err, id)
		}
		found[id] = value
	}
	if found[w.bystander] == "" {
		w.fault("query: %d rows, without the one that was there all the time", len(rows))
	}
	for _, r := range slices.Concat(w.rows, w.pairs) {
		for _, id := range r.ids {
			w.see(r, "query", found[id])
		}
	}
}

func (w *worker) queryElastic() {
	_ = w.call("query", reads, func(ctx context.Context) error {
		_, err := w.client.All(ctx, dataverse.Query{Set: "msdyn_proactive_deliveries", Select: []string{"msdyn_status"}, PageSize: 100})
		return err
	})
}

// raise adds one to a counter that others raise too.
func (w *worker) raise() {
	c := w.counters[w.random.IntN(len(w.counters))]
	var row dataverse.Row
	err := w.call("get", reads, func(ctx context.Context) (err error) {
		row, err = w.client.Get(ctx, "accounts", dataverse.GUID(c.id), &dataverse.GetOptions{Select: []string{"numberofemployees"}})
		return err
	})
	if err != nil {
		return
	}
	n, err := row.Int("numberofemployees")
	if err != nil || row.ETag() == "" {
		w.fault("counter: %v, version %q", err, row.ETag())
		return
	}
	pass(w.random, 50*time.Millisecond)
	values, options := dataverse.Row{"numberofemployees": n + 1}, &dataverse.WriteOptions{IfMatch: row.ETag()}
	err = w.call("raise", writes, func(ctx context.Context) error {
		if w.random.IntN(3) > 0 {
			_, err := w.client.Update(ctx, "accounts", dataverse.GUID(c.id), values, options)
			return err
		}
		b := w.client.Batch()
		b.ContinueOnError = true
		op := b.Update("accounts", dataverse.GUID(c.id), values, options)
		b.Get("accounts", dataverse.GUID(c.id), nil)
		results, err := b.Send(ctx)
		if err != nil {
			return err
		}
		return results[op].Err
	})
	w.raised(c, n+1, verdictOf(err), w.value())
}

// changeSet writes both rows of a pair.
func (w *worker) changeSet() {
	r := w.pairs[w.random.IntN(len(w.pairs))]
	how, bad := w.random.IntN(4), w.random.IntN(6) == 0
	var e effect
	err := w.call("change set", writes, func(ctx context.Context) error {
		b := w.client.Batch()
		b.ContinueOnError = w.random.IntN(2) == 0
		b.Get("contacts", dataverse.GUID(w.bystander), nil)
		set := b.ChangeSet()
		e = w.fill(set, r, how)
		if bad {
			set.Update("contacts", r.key(0), dataverse.Row{"nosuchcolumn": 1}, nil)
			e = spoilt
		}
		results, err := b.Send(ctx)
		if err != nil {
			return err
		}
		if results[1].Err == nil != (results[2].Err == nil) {
			w.fault("half a change set: %v, %v", results[1].Err, results[2].Err)
		}
		return results[1].Err // whatever became of the read beside it
	})
	w.learn(r, fmt.Sprint("change set ", how), e, err)
}

func (w *worker) fill(set *dataverse.ChangeSet, r *row, how int) effect {
	for i, id := range r.ids {
		values := w.values()
		switch how {
		case 0:
			values["contactid"] = id
			set.Create("contacts", "contactid", values, nil)
		case 1:
			set.Update("contacts", r.key(i), values, nil)
		case 2:
			set.Upsert("contacts", r.key(i), values, nil)
		default:
			set.Delete("contacts", r.key(i), nil)
		}
	}
	return []effect{creating(w.value()), updating(w.value()), upserting(w.value()), deleting}[how]
}

// batch writes several rows, each by itself.
func (w *worker) batch() {
	rows := slices.Clone(w.rows)
	w.random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:3]
	var results dataverse.Results
	var effects []effect
	err := w.call("batch", writes, func(ctx context.Context) (err error) {
		b := w.client.Batch()
		b.ContinueOnError = w.random.IntN(2) == 0
		for _, r := range rows {
			effects = append(effects, w.put(b, r))
		}
		if results, err = b.Send(ctx); err != nil {
			return err
		}
		return results.Err()
	})
	for i, r := range rows {
		of := err
		if results != nil {
			of = results[i].Err
		}
		w.learn(r, "batch", effects[i], of)
	}
}

func (w *worker) put(b *dataverse.Batch, r *row) effect {
	values := w.values()
	switch w.random.IntN(4) {
	case 0:
		values["contactid"] = r.ids[0]
		b.Create("contacts", "contactid", values, nil)
		return creating(w.value())
	case 1:
		b.Update("contacts", r.key(0), values, nil)
		return updating(w.value())
	case 2:
		b.Upsert("contacts", r.key(0), values, nil)
		return upserting(w.value())
	default:
		b.Delete("contacts", r.key(0), nil)
		return deleting
	}
}

// refresh follows a table that everybody writes.
func (w *worker) refresh() {
	token, rows := w.mirror.Token(), len(w.mirror.Rows())
	err := w.call("mirror", reads, func(ctx context.Context) error {
		_, err := w.mirror.Refresh(ctx)
		return err
	})
	if err != nil && (len(w.mirror.Rows()) != rows || w.mirror.Token() != token && w.mirror.Token() != "") {
		w.fault("mirror: changed by an error: %v", err)
	}
}

// follow reads changes; the rows of an expired token it reads anew.
func (w *worker) follow() {
	tracked := dataverse.Tracked{Set: "accounts", Select: []string{"numberofemployees"}, PageSize: 2}
	err := w.call("delta", reads, func(ctx context.Context) error {
		d := w.client.Delta(tracked, w.delta)
		for _, err := range d.Changes(ctx) {
			if err != nil {
				return err
			}
		}
		w.delta = d.Token()
		return nil
	})
	if errors.Is(err, dataverse.ErrDeltaExpired) {
		w.delta = ""
	}
}

// act has somebody called, each time another number.
func (w *worker) act() {
	phone := fmt.Sprintf("+3315%d%06d", w.number, w.calls)
	err := w.call(action, writes, func(ctx context.Context) error {
		row, err := w.client.Action(ctx, "CCaaS_CreateProactiveVoiceDelivery", map[string]any{
			"ApiVersion": "1.0", "ProactiveEngagementConfigId": w.demo.RetailEngagement, "ContactId": w.demo.Contacts[0],
			"DestinationPhoneNumber": phone,
		}, dataverse.Once)
		if id, _ := row.ID("DeliveryId"); err == nil && id == "" {
			w.fault("action: an answer of %d columns, without an id", len(row))
		}
		return err
	})
	w.deliveries[phone] = verdictOf(err)
}

func (w *worker) ask() {
	_ = w.call("function", reads, func(ctx context.Context) error {
		who, err := w.client.Function(ctx, "WhoAmI", nil)
		if id, _ := who.ID("UserId"); err == nil && id == "" {
			w.fault("function: nobody")
		}
		return err
	})
}
