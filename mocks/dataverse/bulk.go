package dataverse

import (
	"encoding/json"
	"net/http"
	"time"
)

// maxBulk is about how many records the bulk operations take.
const maxBulk = 15_000

// bulk is CCaaS_CreateProactiveBulkDelivery and its second version. Neither page shows a response, so there is none:
// the deliveries are found by their batch, which is the request id where there is one.
func bulk(name string, optional ...string) func(s *Server, rq *request) (*response, error) {
	return func(s *Server, rq *request) (*response, error) {
		p, err := rq.readParameters(name, []string{"ApiVersion", "ProactiveEngagementConfigId", "ProactiveDeliveries"}, append(optional, "RequestId"))
		if err != nil {
			return nil, err
		}
		if p["ProactiveEngagements"] != "" {
			return nil, unsupported("ProactiveEngagements, which no page describes")
		}
		people, err := parseBulk(p["ProactiveDeliveries"], rq.now)
		if err != nil {
			return nil, err
		}
		windows := []window{{rq.now, rq.now.Add(24 * time.Hour)}}
		batch := s.opts.NewDeliveryID()
		for _, who := range people {
			d := &delivery{windows: windows, Delivery: Delivery{
				RequestID: p["RequestId"], BatchID: batch, Status: statusPending, CreatedAt: rq.now,
			}}
			if err := s.checkConfiguration(rq, d, p["ProactiveEngagementConfigId"]); err != nil {
				return nil, err
			}
			if err := s.address(rq, d, who); err != nil {
				return nil, err
			}
			s.accept(rq, d)
		}
		return newResponse(http.StatusNoContent, nil), nil
	}
}

func parseBulk(text string, now time.Time) (people []person, err error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil || len(items) == 0 {
		return nil, aborted("ProactiveDeliveries is not a JSON array of objects")
	}
	if len(items) > maxBulk {
		return nil, aborted("ProactiveDeliveries has more than %d records", maxBulk)
	}
	for i, item := range items {
		who, err := parsePerson(item, now,
			"uniqueIdentifier firstName lastName mobilePhoneNumber businessPhoneNumber state city zipCode timeZone")
		if err != nil {
			return nil, aborted("Record %d: %s", i+1, asFailure(err).message)
		}
		people = append(people, who)
	}
	return people, nil
}

// createSMSDelivery checks CCaaS_CreateProactiveSMSDelivery and goes no further: no page says what becomes of an SMS.
func (s *Server) createSMSDelivery(rq *request) (*response, error) {
	const name = "CCaaS_CreateProactiveSMSDelivery"
	_, err := rq.readParameters(name,
		[]string{"ApiVersion", "ProactiveEngagementConfigId", "DestinationPhoneNumber", "Message"}, []string{"InputAttributes"})
	if err != nil {
		return nil, err
	}
	return nil, unsupported("%s: the outcomes of the SMS channel", name)
}
