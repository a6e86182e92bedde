// Package register has Dataverse tell the adapter at once what changed: it makes a
// service endpoint, which sends to the queue of platform events, and a step for each
// message and table that package event reads. Without them the adapter works, and
// hears of changes when it reads next.
//
// [Look] compares what there is with what should be and says what to do; [Plan.Carry]
// does it. What was made here is known by its ids, which follow from the queue, and by
// its description: what somebody else made is never changed or removed. Doing it twice
// does nothing the second time, and removing leaves nothing behind.
//
// Dataverse never shows the key that it sends with. A fingerprint in the endpoint's
// description tells whether it is still the one in force.
//
// It implements the Web API's way of "Azure integration" and "Register a plug-in":
// asynchronous steps after the operation, JSON, a persistent queue.
package register
