// Package broker is the emulator's entities: queues, their dead-letter
// sub-queues, sessions, topics and subscriptions. It knows messages as encoded
// sections and knows nothing of connections; the package above speaks the
// protocol and pulls deliveries out of a [Receiver].
//
// Invariants:
//
//   - every entity has one mutex; an entity locks another one only downwards:
//     topic, subscription, dead-letter queue;
//   - an entity has one timer, armed for its earliest deadline, and none when
//     nothing is due: no tickers, no polling, no goroutine that waits;
//   - every operation first applies what is due, so that the result depends on
//     the clock alone and not on when the timer's goroutine happens to run;
//   - callbacks ([ReceiverOptions].Wake, Lost and the one given to
//     [Queue.Accept]) are called with the entity locked: they may only take a
//     note and signal, never call the broker or wait;
//   - what a [Delivery] refers to never changes afterwards.
//
// What an entity does is Microsoft's documentation of Service Bus queues,
// message sessions, transfers, locks and settlement, dead-letter queues and
// message sequencing.
package broker
