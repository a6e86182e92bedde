package dataverse

import (
	"errors"
	"net/http"
	"time"
)

// deliveryJSON is a Delivery without its number.
type deliveryJSON struct {
	ID              string    `json:"id"`
	RequestID       string    `json:"requestId,omitempty"`
	ConfigurationID string    `json:"configurationId"`
	ContactID       string    `json:"contactId"`
	QueueID         string    `json:"queueId"`
	Phone           string    `json:"phone"` // masked
	Start           time.Time `json:"start"`
	End             time.Time `json:"end"`
	CreatedAt       time.Time `json:"createdAt"`
	VisibleAt       time.Time `json:"visibleAt"`
	Status          string    `json:"status"`
	Result          string    `json:"result,omitempty"`
}

func getDeliveries(s *Server, _ *http.Request) (status int, answer any, err error) {
	all := []deliveryJSON{}
	for _, d := range s.Deliveries() {
		all = append(all, deliveryJSON{
			d.ID, d.RequestID, d.ConfigurationID, d.ContactID, d.QueueID, mask(d.Phone), d.Start, d.End, d.CreatedAt, d.VisibleAt, d.Status, d.Result,
		})
	}
	return http.StatusOK, map[string]any{"deliveries": all}, nil
}

func postAccept(s *Server, r *http.Request) (status int, answer any, err error) {
	return changed(s.AcceptDelivery(r.PathValue("id")))
}

func postFinish(s *Server, r *http.Request) (status int, answer any, err error) {
	var body struct {
		Result string `json:"result"`
	}
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	return changed(s.FinishDelivery(r.PathValue("id"), body.Result))
}

func changed(err error) (status int, answer any, _ error) {
	switch {
	case errors.Is(err, ErrUnknownDelivery):
		return 0, nil, refusef(http.StatusNotFound, "%v", err)
	case errors.Is(err, ErrUnknownResult):
		return 0, nil, refusef(http.StatusBadRequest, "%v", err)
	case err != nil:
		return 0, nil, refusef(http.StatusConflict, "%v", err)
	}
	return http.StatusOK, map[string]string{}, nil
}
