// Package mcp is the door for agents: the HTTP API as tools of the Model Context
// Protocol, over Streamable HTTP and nothing else, without sessions.
//
//	check_callback_availability  is the queue open, how long is the wait, which slots are free
//	request_callback             ask for a callback
//	get_callback_status          what became of it
//	reschedule_callback          move it
//	cancel_callback              take it back
//
// A tool knows nothing about callbacks. It is one or more requests to the HTTP API,
// made in this process with the caller's own token, address and origin: what is
// refused there is refused here, in the same words, and there is no second reading of
// anything. A problem is the tool's result, marked as an error, so that the agent can
// read it and do something else; only what is wrong with the protocol is the protocol's
// error.
//
// It implements the pages "Tools" and "Transports" of the protocol's specification,
// with the official SDK: github.com/modelcontextprotocol/go-sdk.
package mcp
