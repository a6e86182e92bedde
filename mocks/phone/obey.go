package phone

import "time"

// How long the last words of a call take.
const (
	lastWords = 8 * time.Second
	voicemail = 25 * time.Second
)

// obey carries out a command, unless its call, state or time has passed.
func (f *floor) obey(cmd command) {
	c := f.calls[cmd.CallID]
	if c == nil {
		f.note("refused", cmd.CallID, "", cmd.Type+": no such call")
		return
	}
	if c.obeyed[cmd.ID] {
		return
	}
	c.obeyed[cmd.ID] = true
	if why := f.refusal(c, cmd); why != "" {
		f.tell("refused", c, cmd.Type+": "+why)
		return
	}
	switch cmd.Type {
	case commandPlay:
		f.play(c, cmd)
	case commandEnd:
		f.end(c, endedOverflow)
	case commandVoicemail:
		f.leave(c, voicemail, endedVoicemail)
	case commandTransfer:
		f.transfer(c, cmd)
	}
}

// refusal says why a telephony would not carry out a command; empty = it would.
func (f *floor) refusal(c *call, cmd command) string {
	switch {
	case c.state == callOver || c.state == callLeaving:
		return "the call is over"
	case cmd.OnlyWhile != "" && cmd.OnlyWhile != string(c.state):
		return "the call is " + string(c.state)
	case !cmd.NotAfter.IsZero() && f.now.After(cmd.NotAfter):
		return "too late"
	case cmd.Type == commandPlay && cmd.Sequence > 0 && cmd.Sequence < c.lastPrompt:
		return "a later prompt was played"
	}
	return ""
}

func (f *floor) play(c *call, cmd command) {
	c.lastPrompt = max(c.lastPrompt, cmd.Sequence)
	if cmd.Prompt == promptOffer {
		f.hear(c, cmd)
	} else {
		f.tell("prompt", c, cmd.Prompt)
	}
	if cmd.Then != thenEnd {
		return
	}
	reason := endedOverflow
	if cmd.Prompt == promptConfirmation {
		reason = endedCallback
	}
	f.leave(c, lastWords, reason)
}

// leave takes a call out of the line at once and ends it after the last words.
func (f *floor) leave(c *call, words time.Duration, reason string) {
	c.patience.off()
	c.queue.remove(c)
	c.state = callLeaving
	f.after(words, func() { f.end(c, reason) })
}

// transfer moves a call to another of our queues, or out of sight.
func (f *floor) transfer(c *call, cmd command) {
	f.report(c, typeTransferred, transferredData{CallID: c.id, ToQueueID: cmd.ToQueueID, ToPhone: cmd.ToPhone})
	to := f.queueNamed(cmd.ToQueueID)
	if to == nil || c.state != callWaiting {
		f.end(c, endedTransferred)
		return
	}
	c.queue.remove(c)
	c.queue = to
	to.add(c)
	f.queued(c, "overflow")
}
