package service

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/wait"
)

// learn remembers how long a call waited that a representative took.
func (r *run) learn(queue adapter.QueueID, waited time.Duration) error {
	waits, err := r.waits(queue)
	if err != nil {
		return err
	}
	text, err := r.s.average.Learn(waits, waited, r.now).Snapshot()
	if err != nil {
		return err
	}
	return r.tx.SaveWaits(queue, text)
}

// waits are what is remembered of a queue. What cannot be read any more is begun
// anew: an estimate must not stop the calls.
func (r *run) waits(queue adapter.QueueID) (wait.Waits, error) {
	text, err := r.tx.Waits(queue)
	if err != nil {
		return wait.Waits{}, err
	}
	waits, err := wait.Restore(text)
	if err != nil {
		r.s.o.Logger.Error("waits of a queue are begun anew", "queue", queue, "error", err)
		return wait.Waits{}, nil
	}
	return waits, nil
}

// estimate is what a caller of a queue waits, who was told this by the platform;
// below 0 is nothing.
func (r *run) estimate(queue adapter.QueueID, told time.Duration) (wait.Estimate, error) {
	line := wait.Line{Told: told}
	if told < 0 {
		var err error
		if line.Waits, err = r.waits(queue); err != nil {
			return wait.Estimate{}, err
		}
	}
	return r.s.o.Estimate.Predict(line, r.now), nil
}

// estimateOf is what the owner of a callback may be told. A number that the
// platform had for the caller's own call stays the one that holds.
func (r *run) estimateOf(c adapter.Callback) (wait.Estimate, error) {
	told := time.Duration(-1)
	if c.Call != "" {
		call, err := r.tx.Call(c.Call)
		if ok, err := found(err); err != nil {
			return wait.Estimate{}, err
		} else if ok {
			told = call.EstimatedWait
		}
	}
	return r.estimate(c.Queue, told)
}
