package api

import (
	"cmp"
	"slices"

	"directcallback/adapter"
)

// permission is one thing, or several, that a caller may do.
type permission uint16

const (
	mayRequest permission = 1 << iota // ask for callbacks
	mayWindow                         // … for a time of its own choice, not only for a slot
	mayVouch                          // say who the customer is, and that a representative speaks with them
	maySee                            // queues, their wait and slots
	mayHold                           // a slot, while the customer decides
	mayRead                           // see and follow a callback
	mayChange                         // move, correct and cancel a callback
	mayList                           // all callbacks
	mayHistory                        // how a callback came where it is
	mayDecide                         // what a queue would do with a call
	mayErase                          // a person
)

// role is what a caller is to us. It says what the caller may do, and nothing else
// does; on what (which callback, which queues) is the caller's own.
type role string

const (
	roleBackend  role = "backend"  // has the static token
	roleAdmin    role = "admin"    // an application of Entra, like the next ones
	roleManage   role = "manage"   //
	roleRequest  role = "request"  //
	roleStranger role = "stranger" // has none of our app roles
	rolePage     role = "page"     // in a browser: has a publishable key
	roleOwner    role = "owner"    // of one callback: has its manage token
)

// appRoles are the app roles of Entra, the one that may most first.
func appRoles() []struct {
	name string
	role role
} {
	return []struct {
		name string
		role role
	}{
		{"Callbacks.Admin", roleAdmin}, {"Callbacks.Manage", roleManage}, {"Callbacks.Request", roleRequest},
	}
}

// roleOf is what app roles make of an application.
func roleOf(assigned []string) role {
	for _, known := range appRoles() {
		if slices.Contains(assigned, known.name) {
			return known.role
		}
	}
	return roleStranger
}

// rights is the table of who may do what.
func rights() map[role]permission {
	const (
		customer = mayRequest | maySee | mayHold // asks on behalf of one, and knows nobody else's callbacks
		trusted  = customer | mayWindow | mayVouch
		staff    = trusted | mayRead | mayChange | mayList | mayHistory | mayDecide
	)
	return map[role]permission{
		roleBackend: staff | mayErase,
		roleAdmin:   staff | mayErase,
		roleManage:  staff,
		roleRequest: trusted,
		rolePage:    customer,
		roleOwner:   mayRead | mayChange,
	}
}

// caller is who sent a request.
type caller struct {
	role   role
	client string                 // scope of its idempotency keys; empty = it may send none
	manage string                 // token of an owner, to be checked against its callback
	key    adapter.PublishableKey // of a page
}

// allows tells whether the caller may do all that is named.
func (c caller) allows(p permission) bool { return rights()[c.role]&p == p }

// staff tells whether the caller works for us: it is told what customers are not.
func (c caller) staff() bool { return c.allows(mayHistory) }

// public tells whether the caller can be anybody.
func (c caller) public() bool { return !c.allows(mayVouch) }

// serves tells whether the caller may know a queue. One that it may not is answered
// like one that does not exist.
func (c caller) serves(q adapter.QueueID) bool { return c.role != rolePage || c.key.Serves(q) }

// name is what a log calls the caller.
func (c caller) name() string { return cmp.Or(c.client, string(c.role)) }
