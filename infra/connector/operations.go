package main

// operation is how a connector shows an operation of the contract.
type operation struct {
	summary    string // what makers see, in a word or three
	visibility string // important is offered first, advanced last; empty = in between
	success    string // the status whose body is told, of several that mean success
	without    string // why the connector does not have it; empty = it has
}

// operations has a row for each operation of the contract; a test wants none left out.
func operations() map[string]operation {
	return map[string]operation{
		"requestCallback": {summary: "Request a callback", visibility: "important", success: "201"},
		"getCallback":     {summary: "Get a callback", visibility: "important", success: "200"},
		"changeCallback":  {summary: "Move or correct a callback", success: "200"},
		"followCallback":  {without: "a flow cannot follow a stream; it can get the callback again"},
		"cancelCallback":  {summary: "Cancel a callback", success: "202"},

		"listCallbacks": {summary: "List callbacks", visibility: "advanced", success: "200"},
		"erasePerson":   {without: "a person decides about it, and signs"},

		"listQueues":   {summary: "List queues", success: "200"},
		"getQueue":     {summary: "Get a queue", success: "200"},
		"getQueueWait": {summary: "Get the wait of a queue", visibility: "important", success: "200"},
		"listSlots":    {summary: "List free slots", visibility: "important", success: "200"},
		"holdSlot":     {summary: "Hold a slot", success: "201"},
		"releaseSlot":  {summary: "Release a slot", visibility: "advanced", success: "204"},

		"isAlive":      {without: "for load balancers"},
		"isReady":      {without: "for load balancers"},
		"getContract":  {without: "for developers"},
		"readContract": {without: "for developers"},
		"getWidget":    {without: "for web pages"},
	}
}

// header is how a connector fills a header that makers should not have to think of.
type header struct {
	value, visibility string
}

// headers are those that have a value of their own where a maker gives none.
func headers() map[string]header {
	return map[string]header{
		"If-Match":      {"*", "internal"},
		"If-None-Match": {visibility: "internal"},
		"Last-Event-ID": {visibility: "internal"},
	}
}

// plainer are the schemas that stand for those which OpenAPI 2.0 cannot say.
func plainer() map[string]map[string]any {
	text := func(summary, description string) map[string]any {
		return map[string]any{"type": "string", "x-ms-summary": summary, "description": description}
	}
	start, end := text("Start", "The window's beginning."), text("End", "The window's end, which does not belong to it.")
	start["format"], end["format"] = "date-time", "date-time"
	return map[string]map[string]any{
		"when": {
			"type":        "object",
			"description": "When to call: as soon as possible, in a slot, or in a window from start to end.",
			"properties": map[string]any{
				"asap":   map[string]any{"type": "boolean", "x-ms-summary": "As soon as possible", "description": "Yes takes a place at the end of the line; nothing else may be given then."},
				"slotId": text("Slot", "A slot that was listed or held."),
				"start":  start,
				"end":    end,
			},
		},
	}
}
