package check

import (
	"errors"
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

// Channels tells what is wrong with the channels file at a path, and which queues it
// names that the portal does not have; err is what reading it gave. Without queues
// there is nothing to compare it with.
func Channels(path string, c channels.Channels, err error, queues []adapter.QueueID) Part {
	p := Part{Name: "channels", Summary: fmt.Sprintf("%s, and what differs for %s", Count(len(c.Topics), "topic"), Count(len(c.Queues), "queue"))}
	if err != nil {
		p.mistakes(path, err)
		return p
	}
	if queues != nil {
		known := map[adapter.QueueID]bool{}
		for _, id := range queues {
			known[id] = true
		}
		p.Findings = c.Findings(func(id adapter.QueueID) bool { return known[id] })
	}
	return p
}

func (p *Part) mistakes(path string, err error) {
	const consequence, remedy = "The adapter does not start.", "Correct the file; the README explains it."
	p.Summary = "cannot be read"
	mistakes, is := errors.AsType[channels.Mistakes](err)
	if !is {
		p.find(broken("channels.file", "channels file", err.Error(), consequence, "Set DIRECTCALLBACK_CHANNELS_FILE to a file that the adapter may read."))
		return
	}
	p.Summary = Count(len(mistakes), "mistake")
	for _, m := range mistakes {
		what := m.Message
		if m.Path != "" {
			what = m.Path + ": " + what
		}
		f := broken("channels.mistake", "channels file", fmt.Sprintf("line %d, column %d of %s: %s", m.Line, m.Column, path, what), consequence, remedy)
		f.Part = fmt.Sprintf("%d:%d", m.Line, m.Column)
		p.find(f)
	}
}
