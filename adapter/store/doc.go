// Package store is where promises survive: the durable state of calls,
// callbacks, attempts and of everything that must still leave. Its
// implementations are in packages of their own: package sqlite for a single
// machine, package postgres for many.
//
// What an implementation owes its callers is written as the interface
// service.Tx and checked by package storetest, the same suite for each.
package store
