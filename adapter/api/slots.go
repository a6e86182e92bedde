package api

import (
	"errors"
	"net/http"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/service"
)

// slots serves GET /v1/queues/{id}/slots.
func (a *api) slots(w http.ResponseWriter, r *http.Request) error {
	id, err := a.openQueue(r, maySee)
	if err != nil {
		return err
	}
	query := service.SlotQuery{Queue: id}
	if err := readQuery(r, &query, slotParameters()); err != nil {
		return err
	}
	if !query.From.IsZero() && !query.To.IsZero() && !query.To.After(query.From) {
		return invalid(fieldErrors{{Field: "to", Message: "must be after from"}})
	}
	free, err := a.o.Service.Slots(r.Context(), query)
	if err != nil {
		return noSuchQueue(err)
	}
	list := body.SlotList{QueueID: string(id), TimeZone: free.Zone.String(), Items: make([]body.Slot, len(free.Slots))}
	for i, slot := range free.Slots {
		list.Items[i] = slotOf(slotID{Slot: adapter.Slot{Queue: id, Window: slot}}, free.Zone)
	}
	return show(w, http.StatusOK, list)
}

// slotParameters is the table of what GET /v1/queues/{id}/slots takes.
func slotParameters() []parameter[service.SlotQuery] {
	return []parameter[service.SlotQuery]{
		{"from", false, func(q *service.SlotQuery, s string) (err error) { q.From, err = instant(s); return err }},
		{"to", false, func(q *service.SlotQuery, s string) (err error) { q.To, err = instant(s); return err }},
		{"timeZone", false, func(q *service.SlotQuery, s string) error {
			var c adapter.Callback
			err := readZone(&c, s)
			q.TimeZone = c.TimeZone
			return err
		}},
	}
}

// holdSlot serves POST /v1/queues/{id}/holds.
func (a *api) holdSlot(w http.ResponseWriter, r *http.Request) error {
	id, err := a.openQueue(r, mayHold)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	if err := a.mayHoldNow(r, visitOf(r).caller); err != nil {
		return err
	}
	sent, err := readBody(w, r)
	if err != nil {
		return err
	}
	var wanted when
	if err := readFields(&wanted, sent, slotBody()); err != nil {
		return invalid(wholeBody(err))
	}
	if !wanted.isOf(id) {
		return invalid(fieldErrors{{Field: "slotId", Message: "is a slot of another queue"}})
	}
	hold := adapter.Hold{ID: wanted.slot.hold, Slot: wanted.slot.Slot}
	if hold.ID == "" {
		hold.ID = newHoldID()
	}
	held, err := a.o.Service.Hold(r.Context(), hold)
	if err != nil {
		return noSlot(noSuchQueue(err), "slotId")
	}
	shown := slotOf(slotID{Slot: held.Slot, hold: held.ID}, time.UTC)
	return show(w, http.StatusCreated, body.Hold{SlotID: shown.SlotID, Start: shown.Start, End: shown.End, Until: held.Until.UTC()})
}

// release serves DELETE /v1/holds/{slotId}.
func (a *api) release(w http.ResponseWriter, r *http.Request) error {
	who, err := a.may(r, mayHold)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	id, ok := readSlotID(r.PathValue("slotId"))
	if !ok || id.hold == "" || !who.serves(id.Queue) {
		return &problem{kind: notFound, detail: "There is no such hold."}
	}
	if err := a.o.Service.Release(r.Context(), adapter.Hold{ID: id.hold, Slot: id.Slot}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// slotOf spells a slot, in a zone's time.
func slotOf(id slotID, zone *time.Location) body.Slot {
	return body.Slot{SlotID: id.String(), Start: id.Start.In(zone), End: id.End.In(zone)}
}

// slotTaken answers that a slot is full, and which one is free.
func slotTaken(full *service.SlotFullError) *problem {
	p := &problem{kind: slotFull, detail: "No other slot is free."}
	if !full.Next.IsZero() {
		p.detail = "See nextAvailable for one that is free."
		p.members = map[string]any{"nextAvailable": slotOf(slotID{Slot: adapter.Slot{Queue: full.Slot.Queue, Window: full.Next}}, time.UTC)}
	}
	return p
}

// wholeBody is what is wrong with a body that may be no object at all.
func wholeBody(err error) fieldErrors {
	var errs fieldErrors
	if err != nil && !errors.As(err, &errs) {
		errs = errs.note("", err.Error())
	}
	return errs
}
