package dataverse

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// task keeps together what CCaaS_CreateProactiveDelivery was asked for: a chain of attempts. Here it is one attempt,
// because reattempts follow settings that no page describes.
type task struct {
	id, requestID string
	created       time.Time
	phones        int
	deliveries    []string // ids, the latest last
}

// taskView is a task as CCaaS_GetDeliveryTasks prints it.
type taskView struct {
	ID                string         `json:"deliveryTaskId"`
	Organization      string         `json:"organizationId"`
	Status            string         `json:"status"`
	Retries           int            `json:"retryCount"`
	MaxRetries        int            `json:"maxRetryCount"`
	Created           time.Time      `json:"whenCreated"`
	Next              *time.Time     `json:"nextScheduledTime"`
	Last              *time.Time     `json:"lastAttemptedTime"`
	Fallback          bool           `json:"fallbackAttempted"`
	Channel           string         `json:"channelType"`
	Configuration     string         `json:"proactiveEngagementConfigId"`
	Expires           time.Time      `json:"expirationDate"`
	ReattemptDelay    int            `json:"reattemptDelay"`
	ReattemptSettings []int          `json:"reattemptSettings"`
	Contacts          []string       `json:"contactIds"`
	Request           string         `json:"requestId"`
	Reached           bool           `json:"customerReached"`
	CallbackAttempts  int            `json:"callbackAttemptCount"`
	Chain             chainView      `json:"contactChainingStatus"`
	Deliveries        []deliveryView `json:"deliveries"`
}

type chainView struct {
	Loop                  int    `json:"currentLoopNumber"`
	Contact               int    `json:"currentContactIndexAttempted"`
	ContactID             string `json:"currentContactIdAttempted"`
	Phone                 int    `json:"currentPhoneIndexAttempted"`
	PhoneType             int    `json:"currentPhoneNumberTypeIdAttempted"`
	Contacts              int    `json:"totalContactsInChain"`
	PhonesOfContact       int    `json:"totalPhonesInCurrentContact"`
	Phones                int    `json:"totalPhonesInChain"`
	EligiblePhones        int    `json:"totalEligiblePhonesInChain"`
	EligiblePhonesContact int    `json:"totalEligiblePhonesInCurrentContact"`
	LoopsExhausted        bool   `json:"areLoopsExhausted"`
	Exhausted             bool   `json:"isChainExhausted"`
	Sequence              int    `json:"seqNo"`
	LastResult            string `json:"lastDeliveryResult"`
}

type deliveryView struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Result string `json:"result"`
}

func (s *Server) taskView(t task) taskView {
	d := s.engagement.byID[t.deliveries[len(t.deliveries)-1]]
	over := d.Result != ""
	v := taskView{
		ID: t.id, Organization: s.organisation.id, Status: d.Status, Created: t.created, Channel: "Voice",
		Configuration: d.ConfigurationID, Expires: d.End, ReattemptSettings: []int{}, Contacts: []string{d.ContactID},
		Request: t.requestID, Reached: d.Result == "LiveAnswer" || d.Result == "CallEnded",
		Chain: chainView{
			Loop: 1, ContactID: d.ContactID, Contacts: 1, PhonesOfContact: t.phones, Phones: t.phones,
			EligiblePhones: t.phones, EligiblePhonesContact: t.phones,
			LoopsExhausted: over, Exhausted: over, Sequence: len(t.deliveries), LastResult: d.Result,
		},
	}
	if d.Status == statusPending {
		v.Next = &d.Start
	}
	if !d.attempted.IsZero() {
		v.Last = &d.attempted
	}
	for _, id := range t.deliveries {
		d := s.engagement.byID[id]
		v.Deliveries = append(v.Deliveries, deliveryView{d.ID, d.Status, d.Result})
	}
	return v
}

// getDeliveryTasks is the function CCaaS_GetDeliveryTasks(DeliveryTaskId=…).
func (s *Server) getDeliveryTasks(rq *request) (*response, error) {
	const name = "CCaaS_GetDeliveryTasks"
	if rq.Method != http.MethodGet {
		return nil, noMethod(rq.base + rq.path)
	}
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	if len(rq.segments) > 1 {
		return nil, unsupported("the path %s", rq.resource)
	}
	id, err := rq.taskID()
	if err != nil {
		return nil, err
	}
	t, known := s.engagement.tasks[id]
	if !known {
		return nil, noTask()
	}
	body, err := json.Marshal(struct {
		Context string     `json:"@odata.context"`
		Value   []taskView `json:"value"`
	}{rq.root + "$metadata#Microsoft.Dynamics.CRM." + name + "Response", []taskView{s.taskView(t)}})
	if err != nil {
		return nil, err
	}
	return newResponse(http.StatusOK, body), nil
}

// taskID is the function's one argument, in place or behind an alias.
func (rq *request) taskID() (string, error) {
	name, literal, _ := strings.Cut(rq.segments[0].arguments, "=")
	if strings.TrimSpace(name) != "DeliveryTaskId" {
		return "", noMethod(rq.base + rq.path)
	}
	literal = strings.TrimSpace(literal)
	if strings.HasPrefix(literal, "@") {
		literal, _ = rq.options.get(literal)
	}
	id, ok := parseGUID(strings.Trim(literal, "'"))
	if !ok {
		return "", badRequest(codeInvalidArgument, "DeliveryTaskId is not a GUID")
	}
	return id, nil
}

// cancelDeliveryTask is CCaaS_CancelDeliveryTask: pending and future attempts.
func (s *Server) cancelDeliveryTask(rq *request) (*response, error) {
	p, err := rq.readParameters("CCaaS_CancelDeliveryTask", []string{"ApiVersion", "DeliveryTaskId"}, nil)
	if err != nil {
		return nil, err
	}
	id, _ := parseGUID(p["DeliveryTaskId"])
	t, known := s.engagement.tasks[id]
	if !known {
		return nil, noTask()
	}
	for _, id := range t.deliveries {
		s.cancel(rq, s.engagement.byID[id])
	}
	// What a success answers is not documented; it is taken for the other cancellation's.
	return newResponse(http.StatusAccepted, nil), nil
}

func noTask() error {
	return fail(http.StatusNotFound, codeObjectDoesNotExist, "DeliveryTaskId is not the id of a delivery task")
}
