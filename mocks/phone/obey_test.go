package phone

import (
	"slices"
	"testing"
	"time"
)

func TestCommandsAreRefusedOutsideTheirStateAndTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		data map[string]any
		at   time.Duration
		ends string
	}{
		{"while waiting", map[string]any{"onlyWhile": "waiting"}, time.Minute, endedOverflow},
		{"in any state", map[string]any{}, time.Minute, endedOverflow},
		{"only while connected", map[string]any{"onlyWhile": "connected"}, time.Minute, ""},
		{"while waiting, but connected", map[string]any{"onlyWhile": "waiting"}, 3 * time.Minute, ""},
		{"too late", map[string]any{"notAfter": "2026-03-02T10:00:30Z"}, time.Minute, ""},
		{"just in time", map[string]any{"notAfter": "2026-03-02T10:01:00Z"}, time.Minute, endedOverflow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := caller("101", 0)
			one.Service = 5 * time.Minute
			b := newBench(t, callers(one).staffed(2*time.Minute, "s1"), certain())
			b.at(tt.at)
			tt.data["callId"] = b.call("101")
			b.command(decoded(t, "o1", commandEnd, tt.data))
			if got := b.reason("101"); got != tt.ends {
				t.Errorf("ended %q, want %q", got, tt.ends)
			}
		})
	}
}

// reason is how a call ended, empty if it did not.
func (b *bench) reason(call string) string {
	for _, e := range b.seen {
		if d, ok := e.data.(endedData); ok && d.CallID == b.call(call) {
			return d.Reason
		}
	}
	return ""
}

func TestEveryCommandEndsItsWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind string
		data       map[string]any
		after      time.Duration
		want       string
	}{
		{"end", commandEnd, map[string]any{}, 0, endedOverflow},
		{"voicemail", commandVoicemail, map[string]any{}, 30 * time.Second, endedVoicemail},
		{"last words", commandPlay, map[string]any{"prompt": "overflow-end", "then": "end"}, 10 * time.Second, endedOverflow},
		{"to a number", commandTransfer, map[string]any{"toPhone": "+12025550100"}, 0, endedTransferred},
		{"to a strange queue", commandTransfer, map[string]any{"toQueueId": "elsewhere"}, 0, endedTransferred},
		{"to our own queue", commandTransfer, map[string]any{"toQueueId": testQueue}, 0, ""},
		{"a prompt of no matter", commandPlay, map[string]any{"prompt": "position"}, time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, callers(caller("101", 0)), certain())
			b.at(time.Minute)
			tt.data["callId"] = b.call("101")
			b.command(decoded(t, "o1", tt.kind, tt.data))
			b.at(time.Minute + tt.after)
			if got := b.reason("101"); got != tt.want {
				t.Errorf("ended %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACommandIsObeyedOnceAndOldPromptsAreNotPlayed(t *testing.T) {
	t.Parallel()
	b := newBench(t, callers(caller("101", 0)), certain())
	offer := func(id string, sequence int) {
		b.command(decoded(t, id, commandPlay, map[string]any{
			"callId": b.call("101"), "prompt": promptOffer, "sequence": sequence, "collect": map[string]string{"tones": "1"},
		}))
	}
	for _, o := range []struct {
		id       string
		sequence int
	}{{"o2", 2}, {"o2", 2}, {"o1", 1}, {"o3", 3}} {
		offer(o.id, o.sequence)
	}
	b.at(time.Minute)
	r := b.report()
	if r.OffersPlayed != 2 || r.CallersOffered != 1 || r.OptedIn != 1 {
		t.Errorf("played %d, to %d callers, %d opted in; want 2, 1, 1", r.OffersPlayed, r.CallersOffered, r.OptedIn)
	}
	for _, e := range b.seen {
		if d, ok := e.data.(toneData); ok && d.PromptID != "o2" {
			t.Errorf("the tone answers %q, want the offer that was heard first", d.PromptID)
		}
	}
}

func TestCallersWhoAreNotConfirmedWaitOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, callers(caller("101", 0)), certain())
	b.offer("o1", "101")
	b.at(9 * time.Minute)
	if b.reason("101") != "" {
		t.Error("left before the patience was over")
	}
	b.at(11 * time.Minute)
	if got := b.reason("101"); got != endedHangup {
		t.Errorf("ended %q, want %q", got, endedHangup)
	}
	if r := b.report(); r.OptedIn != 1 || r.Abandoned != 1 || r.Lost != 0 {
		t.Errorf("opted in %d, abandoned %d, lost %d; want 1, 1, 0: nothing was confirmed", r.OptedIn, r.Abandoned, r.Lost)
	}
}

func TestRepresentativesServeByRank(t *testing.T) {
	t.Parallel()
	high := caller("103", 20)
	high.Priority = 1
	b := newBench(t, callers(caller("101", 0), caller("102", 10), high).staffed(time.Minute, "s1"), certain())
	b.at(9 * time.Minute)
	var order []string
	for _, e := range b.seen {
		if d, ok := e.data.(connectedData); ok {
			order = append(order, d.CallID[len(b.floor.prefix):])
		}
	}
	if want := []string{"103", "101", "102"}; !slices.Equal(order, want) {
		t.Errorf("served %v, want %v", order, want)
	}
	var counts []int
	for _, e := range b.seen {
		if d, ok := e.data.(representativesData); ok {
			counts = append(counts, d.Available)
		}
	}
	if want := []int{0, 1}; !slices.Equal(counts, want) {
		t.Errorf("reported available %v, want %v: in between nobody was idle", counts, want)
	}
}

func TestADeclinedNotificationIsOfferedAgainLater(t *testing.T) {
	t.Parallel()
	behaviour := certain()
	behaviour.Decline = 1
	b := promised(t, behaviour, "s1", "s2")
	b.deliver("d1", "cb1", "101")
	b.at(5 * time.Minute)
	var offered, declined []time.Time
	for _, e := range b.seen {
		if d, ok := e.data.(progressData); ok {
			switch d.Step {
			case "offered":
				offered = append(offered, e.at)
			case "declined":
				declined = append(declined, e.at)
			}
		}
	}
	if len(offered) < 3 {
		t.Fatalf("offered %d times", len(offered))
	}
	for i := range offered[1:] {
		if pause := offered[i+1].Sub(declined[i]); pause < reofferAfter {
			t.Errorf("offered again after %v", pause)
		}
	}
	if len(b.desk.accepted) > 0 {
		t.Error("accepted although everyone declines")
	}
}

func TestADeliveryThatIsNotToBeHadIsForgotten(t *testing.T) {
	t.Parallel()
	b := promised(t, certain(), "s1")
	b.desk.refuse = true
	b.deliver("d1", "cb1", "101")
	b.at(10 * time.Minute)
	if r := b.report(); r.Dialled != 0 || r.DeliveriesCreated != 1 {
		t.Errorf("dialled %d of %d deliveries, want none of 1", r.Dialled, r.DeliveriesCreated)
	}
	if !b.floor.staff[0].idle() {
		t.Error("the representative still waits for it")
	}
}

func TestAnEndedDeliveryFreesItsRepresentative(t *testing.T) {
	t.Parallel()
	b := promised(t, certain(), "s1")
	b.deliver("d1", "cb1", "101")
	if b.floor.staff[0].idle() {
		t.Fatal("nobody looks at the notification")
	}
	b.react(func() { b.floor.ended("d1", "Cancelled", "Cancelled") })
	if !b.floor.staff[0].idle() {
		t.Error("the representative still looks at it")
	}
	b.at(10 * time.Minute)
	b.react(func() { b.floor.becameVisible(Delivery{ID: "d1", Phone: "+12125550101"}) }) // late news
	b.at(11 * time.Minute)
	if r := b.report(); r.Dialled != 0 || r.DeliveriesCreated != 1 {
		t.Errorf("dialled %d of %d deliveries, want none of 1", r.Dialled, r.DeliveriesCreated)
	}
}

func TestNotificationsKeepToTheirWindow(t *testing.T) {
	t.Parallel()
	b := promised(t, certain(), "s1")
	d := Delivery{ID: "d1", Phone: "+12125550101", Start: b.began.Add(5 * time.Minute), End: b.began.Add(6 * time.Minute)}
	b.react(func() { b.floor.becameVisible(d) })
	late := Delivery{ID: "d2", Phone: "+12125550199", End: b.floor.now}
	b.react(func() { b.floor.becameVisible(late) })
	b.at(20 * time.Minute)
	first := time.Time{}
	for _, e := range b.seen {
		if p, ok := e.data.(progressData); ok && first.IsZero() {
			first = e.at
			if p.DeliveryID != "d1" {
				t.Errorf("%s was offered after its window", p.DeliveryID)
			}
		}
	}
	if !first.Equal(d.Start) {
		t.Errorf("offered at %v, want %v", first, d.Start)
	}
}
