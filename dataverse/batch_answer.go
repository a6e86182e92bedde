package dataverse

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// judgeBatch reads the answer to a batch. The signal is that of its operations,
// as far as it could lead to sending the whole again.
func (x *exchange) judgeBatch(b *Batch, a answer) (signal, error) {
	all, err := sections(a.header.Get("Content-Type"), a.body)
	if err != nil {
		return signalLost, fmt.Errorf("answer to a batch cannot be read: %w", err)
	}
	if b.enclosed {
		return x.judgeEnclosed(b, all)
	}
	v := verdicts{exchange: x, batch: b, results: make(Results, len(b.parts)), signals: make([]signal, len(b.parts))}
	if err := v.read(all); err != nil {
		return signalLost, fmt.Errorf("answer to a batch cannot be read: %w", err)
	}
	v.remember()
	x.came.results, x.answered = v.results, true
	return v.sum()
}

// judgeEnclosed takes the one answer out: it counts as if it had come bare.
func (x *exchange) judgeEnclosed(b *Batch, all []section) (signal, error) {
	if len(all) != 1 {
		return signalLost, fmt.Errorf("%d answers to one request", len(all))
	}
	a, err := all[0].answer()
	if err != nil {
		return signalLost, err
	}
	return x.judge(&b.parts[0].request, a, &x.came)
}

// verdicts is what became of each operation.
type verdicts struct {
	*exchange
	batch   *Batch
	results Results
	signals []signal
}

// read goes through the answers, one a unit, in order. Fewer than units are
// there only behind one that failed.
func (v *verdicts) read(all []section) error {
	units := v.batch.units()
	if len(all) > len(units) || len(all) == 0 {
		return fmt.Errorf("%d answers to %d requests", len(all), len(units))
	}
	for i, s := range all {
		if err := v.unit(units[i], s); err != nil {
			return fmt.Errorf("answer %d: %w", i+1, err)
		}
	}
	if len(all) == len(units) {
		return nil
	}
	if v.batch.ContinueOnError || v.results[units[len(all)-1].first].Err == nil {
		return fmt.Errorf("%d answers to %d requests", len(all), len(units))
	}
	for i := units[len(all)].first; i < len(v.results); i++ {
		v.results[i].Err = fmt.Errorf("%s: %w", v.batch.parts[i].operation, ErrSkipped)
		v.signals[i] = signalRefused
	}
	return nil
}

func (v *verdicts) unit(u unit, s section) error {
	inSet := v.batch.parts[u.first].set > 0
	if isMultipart(s.header) {
		if !inSet {
			return errors.New("a change set that nobody asked for")
		}
		return v.changeSet(u, s)
	}
	a, err := s.answer()
	switch {
	case err != nil:
		return err
	case inSet && a.success():
		return errors.New("one answer to a change set, and no refusal")
	}
	// A change set that failed is answered once, and nothing of it was done.
	for i := u.first; i < u.end; i++ {
		v.operation(i, a)
	}
	return nil
}

// changeSet reads the answers of a set that was carried out. They name their
// operation; where they do not, they stand in order.
func (v *verdicts) changeSet(u unit, s section) error {
	inner, err := sections(s.header.Get("Content-Type"), s.body)
	if err != nil {
		return err
	}
	answers := make([]answer, len(inner))
	for i := range inner {
		if answers[i], err = inner[i].answer(); err != nil {
			return err
		}
	}
	if len(answers) == 1 && !answers[0].success() {
		for i := u.first; i < u.end; i++ {
			v.operation(i, answers[0])
		}
		return nil
	}
	if len(answers) != u.end-u.first {
		return fmt.Errorf("%d answers to the %d operations of a change set", len(answers), u.end-u.first)
	}
	seen := make([]bool, len(answers))
	for i, a := range answers {
		place := i
		if id, err := strconv.Atoi(strings.TrimSpace(inner[i].header.Get("Content-ID"))); err == nil {
			place = id - 1 - u.first
		}
		if place < 0 || place >= len(seen) || seen[place] {
			return errors.New("a change set with a wrong Content-ID")
		}
		seen[place] = true
		v.operation(u.first+place, a)
	}
	return nil
}

// operation judges one.
func (v *verdicts) operation(i int, a answer) {
	r := &v.batch.parts[i].request
	last, err := v.judge(r, a, &v.results[i])
	v.signals[i] = last
	if err == nil {
		return
	}
	row := decisions(v.client.limits)[last]
	unsure := r.writes() && (row.unsure || last == signalFailed && r.custom)
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.ambiguous = unsure
		if last == signalThrottled {
			v.client.pause.extend(min(refused.RetryAfter, maxWait))
		}
		v.results[i] = Result{Err: err}
		return
	}
	kind := ErrUnavailable
	if unsure {
		kind = ErrAmbiguous
	}
	v.results[i] = Result{Err: &unanswered{r.operation, kind, err}}
}

// remember keeps what was carried out: an operation that is refused on a repeat
// because it was done before is done.
func (v *verdicts) remember() {
	for i := range v.results {
		switch before, known := v.carried[i]; {
		case v.results[i].Err == nil && v.batch.parts[i].writes():
			if v.carried == nil {
				v.carried = map[int]Result{}
			}
			v.carried[i] = v.results[i]
		case v.results[i].Err != nil && known:
			v.results[i], v.signals[i] = before, signalDone
		}
	}
}

// sum is the signal of the whole. A batch that may be repeated goes by the first
// operation that it might help; one that may not, only when nothing at all was
// carried out. Nor is one that would stop at what is done already.
func (v *verdicts) sum() (signal, error) {
	table := decisions(v.client.limits)
	untouched := !slices.ContainsFunc(v.signals, func(s signal) bool { return s != signalRefused && !table[s].always })
	whole := untouched || v.request.repeat == Repeatable && !v.stopsAtDone()
	for i, s := range v.signals {
		if whole && s != signalDone && table[s].repeats > 0 && (table[s].always || v.request.repeat == Repeatable) {
			return s, v.results[i].Err
		}
	}
	return signalDone, nil
}

func (v *verdicts) stopsAtDone() bool {
	if v.batch.ContinueOnError {
		return false
	}
	for i := range v.carried {
		if !v.batch.parts[i].succeedsAgain() {
			return true
		}
	}
	return false
}

// succeedsAgain tells whether what was carried out would be so once more, where
// others would find their row made, gone or changed.
func (r *request) succeedsAgain() bool {
	condition := r.header.Get("If-Match")
	return (r.method == http.MethodPatch || r.method == http.MethodPut) &&
		r.header.Get("If-None-Match") == "" && (condition == "" || condition == string(AnyETag))
}

// answer reads what is inside a part.
func (s section) answer() (answer, error) {
	if kind, _, _ := strings.Cut(s.header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/http") {
		return answer{}, errors.New("a part that is not application/http")
	}
	return parseAnswer(s.body)
}
