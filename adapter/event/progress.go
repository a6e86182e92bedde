package event

import "directcallback/adapter"

type representatives struct {
	QueueID   adapter.QueueID `json:"queueId"`
	Available int             `json:"available"`
}

func decodeRepresentatives(o *object) adapter.EventData {
	changed := adapter.RepresentativesChanged{Queue: adapter.QueueID(o.id("queueId", needed))}
	if available := o.count("available", needed); available != nil {
		changed.Available = *available
	}
	return changed
}

func encodeRepresentatives(data adapter.EventData) (any, bool) {
	changed, ok := data.(adapter.RepresentativesChanged)
	return representatives{QueueID: changed.Queue, Available: changed.Available}, ok
}

type progress struct {
	CallbackID adapter.CallbackID   `json:"callbackId,omitempty"`
	DeliveryID adapter.DeliveryID   `json:"deliveryId,omitempty"`
	Step       adapter.ProgressStep `json:"step"`
	Result     string               `json:"result,omitempty"`
}

func decodeProgress(o *object) adapter.EventData {
	step := adapter.CallbackProgress{
		Callback: adapter.CallbackID(o.id("callbackId", optional)),
		Delivery: adapter.DeliveryID(o.id("deliveryId", optional)),
		Step: adapter.ProgressStep(o.oneOf("step",
			string(adapter.StepOffered), string(adapter.StepAccepted), string(adapter.StepDeclined),
			string(adapter.StepDialing), string(adapter.StepConnected), string(adapter.StepEnded))),
		Result: o.text("result", maxText, optional),
	}
	if step.Callback == "" && step.Delivery == "" {
		o.wrong("callbackId", "missing, and so is data.deliveryId; want one of them")
	}
	return step
}

func encodeProgress(data adapter.EventData) (any, bool) {
	step, ok := data.(adapter.CallbackProgress)
	return progress{CallbackID: step.Callback, DeliveryID: step.Delivery, Step: step.Step, Result: step.Result}, ok
}
