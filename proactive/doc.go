// Package proactive asks Dynamics 365 Contact Center to place calls, through its
// CCaaS_* actions: create a delivery, cancel it, and find out what became of it.
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
//   - Errors and URLs carry no telephone number: what is looked up by number is
//     asked inside a $batch, because proxies write URLs into their logs.
//
// Implements the pages "Use CCaaS_CreateProactiveVoiceDelivery", "Use
// CCaaS_CreateOperation" and "Use proactive engagement tables for reporting".
package proactive
