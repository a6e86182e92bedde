package api

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/service"
)

const (
	pageSize    = 25
	maxPageSize = 100
)

// list serves GET /v1/callbacks: a page of those that the filters let through, the newest
// first.
func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.may(r, mayList); err != nil {
		return err
	}
	q := adapter.CallbackQuery{Limit: pageSize}
	if err := readQuery(r, &q, listQuery()); err != nil {
		return err
	}
	size := q.Limit
	q.Limit++ // tells whether there is another page
	found, err := a.o.Service.List(r.Context(), q)
	if err != nil {
		return err
	}
	page := body.CallbackPage{Items: []body.CallbackSummary{}}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		page.Next = new(cursorAfter(adapter.CallbackPosition{CreatedAt: last.CreatedAt, ID: last.ID}))
	}
	for _, c := range found {
		page.Items = append(page.Items, summaryOf(c))
	}
	return show(w, http.StatusOK, page)
}

// listQuery is the table of what a list may be asked for.
func listQuery() []parameter[adapter.CallbackQuery] {
	return []parameter[adapter.CallbackQuery]{
		{"queueId", false, func(q *adapter.CallbackQuery, s string) error { return readID(&q.Queue, s) }},
		{"state", true, func(q *adapter.CallbackQuery, s string) error {
			if !slices.Contains(adapter.States(), adapter.State(s)) {
				return errors.New("must be a state of a callback, such as waiting")
			}
			if !slices.Contains(q.States, adapter.State(s)) {
				q.States = append(q.States, adapter.State(s))
			}
			return nil
		}},
		{"cursor", false, func(q *adapter.CallbackQuery, s string) (err error) {
			q.After, err = readCursor(s)
			return err
		}},
		{"limit", false, func(q *adapter.CallbackQuery, s string) (err error) {
			if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > maxPageSize {
				return fmt.Errorf("must be a number from 1 to %d", maxPageSize)
			}
			return nil
		}},
	}
}

// summaryOf spells a callback for a list. Lists are looked at by many, so the number is
// masked.
func summaryOf(c service.Listed) body.CallbackSummary {
	shown := body.CallbackSummary{
		ID: string(c.ID), State: body.State(c.State), Since: c.Since.UTC(), QueueID: string(c.Queue), QueueName: c.QueueName,
		Channel: body.Channel(c.Channel), CreatedAt: c.CreatedAt.UTC(), Attempts: c.Attempts, Window: windowOf(c.Window),
		Links: body.Links{Self: location(c.ID)},
	}
	if !c.Phone.IsZero() {
		shown.Phone = c.Phone.String()
	}
	if c.Reason != "" {
		shown.Reason = &c.Reason
	}
	return shown
}

// A cursor is the position of the last callback of a page: when it was made, in
// microseconds, and its id. That is nobody's secret and nobody's business.
const cursorVersion = 1

func cursorAfter(p adapter.CallbackPosition) string {
	raw := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(p.CreatedAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.ID...))
}

func readCursor(text string) (adapter.CallbackPosition, error) {
	const head = 9 // bytes before the id
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= head || len(raw) > head+maxID || raw[0] != cursorVersion || !visible(string(raw[head:])) {
		return adapter.CallbackPosition{}, errors.New("must be the next of a page before")
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(raw[1:head]))).UTC()
	return adapter.CallbackPosition{CreatedAt: at, ID: adapter.CallbackID(raw[head:])}, nil
}
