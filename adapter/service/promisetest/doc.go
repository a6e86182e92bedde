// Package promisetest holds the model test of the promise: nothing but tests.
package promisetest
