// Package proactive asks Dynamics 365 Contact Center to place calls, through its
// CCaaS_* actions: create a delivery, cancel it, and find out what became of it.
//
// There are two generations of operations, [APIVoice] and [APITask]. The newer one
// makes a task: a chain of attempts, followed by [Client.Reports] where the delivery's
// row says too little, and cancelled as a whole. A task whose answer was lost is found
// by its delivery, and then has no name: it is cancelled by the delivery, and may go on
// until its window is over. Whoever changes the generation lets lost answers settle
// first, else their tasks are taken for single deliveries.
//
// It is not the one who decides: when to ask, whether to ask again and what an
// outcome means for a callback is decided by its caller. It keeps no state.
//
// Invariants:
//
//   - One [Client.Deliver] is one POST. It is sent again only when it certainly
//     was not carried out: no connection, or a 429 with a short wait. Dynamics
//     promises no idempotency, so a repeat could phone a customer twice.
//   - Every error of Deliver is an [*adapter.DeliverError]: the outcome says what
//     may be done next. Unless it is [adapter.OutcomeLost] there is no delivery.
//   - A contact created here has an id made of organization and number, so that
//     trying again finds it instead of making another.
//   - An attempt of Dynamics' own never goes unseen: a delivery of a task that may be
//     tried again says so ([adapter.DeliveryReport.GoesOn]), and its task is cancelled.
//   - Errors and URLs carry no telephone number: what is looked up by number is
//     asked inside a $batch, because proxies write URLs into their logs.
//
// Not here: several contacts in a request, messages, bulk requests, suspending a
// configuration, and CCaaS_CreateSimpleProactiveDelivery, whose answer is not documented.
//
// Implements the pages "Use CCaaS_CreateProactiveVoiceDelivery", "Use
// CCaaS_CreateProactiveDelivery", "Use CCaaS_GetDeliveryTasks", "Use
// CCaaS_CancelDeliveryTask", "Use CCaaS_CreateOperation" and "Use proactive engagement
// tables for reporting".
package proactive
