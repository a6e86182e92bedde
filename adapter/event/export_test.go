package event

import "directcallback/adapter"

// Written tells the tests what the data of each type is written from.
func Written() (events, commands map[string]any, envelope any) {
	events = map[string]any{
		"directcallback.call.queued.v1":           queued{},
		"directcallback.call.updated.v1":          updated{},
		"directcallback.call.tone.v1":             tone{},
		"directcallback.call.connected.v1":        connected{},
		"directcallback.call.transferred.v1":      transferred{},
		"directcallback.call.ended.v1":            ended{},
		"directcallback.queue.representatives.v1": representatives{},
		"directcallback.callback.progress.v1":     progress{},
	}
	commands = map[string]any{
		string(adapter.CommandPlay):      command{},
		string(adapter.CommandEnd):       command{},
		string(adapter.CommandTransfer):  command{},
		string(adapter.CommandVoicemail): command{},
	}
	return events, commands, cloudEvent{}
}

// Types lists the events that are read.
func Types() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}
