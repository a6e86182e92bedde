package overflow

import (
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// promises are the phrases about the terms of a direct callback, in one language.
type promises struct {
	unreadable, offerEvery, limited        string
	duplicate                              string
	reaches                                map[adapter.DuplicateReach]string
	answers                                map[adapter.DuplicateAnswer]string
	attempts, apart, insideHours, throttle string
}

func englishPromises() promises {
	return promises{
		unreadable: "Nobody is offered one: %s.",
		offerEvery: "The offer comes after 30 seconds and then every %s.",
		limited:    "It is not offered while %s callbacks or more of this queue are pending.",
		duplicate:  "A caller whose number waits for one already, %s, %s.",
		reaches: map[adapter.DuplicateReach]string{
			adapter.DuplicatesInQueue: "in this queue", adapter.DuplicatesInWorkstream: "in a queue of the same workstream", adapter.DuplicatesAnywhere: "in any queue",
		},
		answers: map[adapter.DuplicateAnswer]string{
			adapter.DuplicateWaits: "waits on without an offer", adapter.DuplicateIsToldWaits: "is told so and waits on",
			adapter.DuplicateIsToldEnds: "is told so, and the call ends",
		},
		attempts: "It is attempted up to %s times%s.", apart: ", %s apart",
		insideHours: "It does not go out while the queue is closed.",
		throttle:    "It goes out later by what representatives took longer than %s, on average over %s, to accept one.",
	}
}

func frenchPromises() promises {
	return promises{
		unreadable: "Aucun rappel n'est proposé\u00a0: %s.",
		offerEvery: "Le rappel est proposé au bout de 30 secondes, puis toutes les %s.",
		limited:    "Il n'est pas proposé tant que %s rappels ou plus de cette file sont en attente.",
		duplicate:  "Un appelant dont le numéro attend déjà un rappel, %s, %s.",
		reaches: map[adapter.DuplicateReach]string{
			adapter.DuplicatesInQueue: "dans cette file", adapter.DuplicatesInWorkstream: "dans une file du même flux de travail", adapter.DuplicatesAnywhere: "dans n'importe quelle file",
		},
		answers: map[adapter.DuplicateAnswer]string{
			adapter.DuplicateWaits: "continue d'attendre sans proposition", adapter.DuplicateIsToldWaits: "en est informé et continue d'attendre",
			adapter.DuplicateIsToldEnds: "en est informé, puis l'appel se termine",
		},
		attempts: "Il est tenté jusqu'à %s fois%s.", apart: ", à %s d'intervalle",
		insideHours: "Il ne part pas tant que la file est fermée.",
		throttle:    "Il part d'autant plus tard que les conseillers ont mis plus de %s, en moyenne sur %s, à en accepter un.",
	}
}

// Promise says the terms of a direct callback, as far as they are not the product's own.
func Promise(t adapter.Terms, l Language) string {
	x := explainer{words: l.words()}
	x.promise(t)
	return strings.Join(x.sentences, " ")
}

// promise says the terms of a direct callback, as far as they are not the product's own.
func (x *explainer) promise(t adapter.Terms) {
	p, long := x.promises, func(d time.Duration) string { return x.span(d.Seconds()) }
	if t.Unreadable != "" {
		x.say(p.unreadable, x.reason(t.Unreadable))
		return
	}
	if t.OfferEvery > 0 {
		x.say(p.offerEvery, long(t.OfferEvery))
	}
	if t.Limited {
		x.say(p.limited, x.number(float64(t.Limit)))
	}
	if reach := p.reaches[t.Duplicates]; reach != "" {
		x.say(p.duplicate, reach, p.answers[t.OnDuplicate])
	}
	if t.Attempts > 1 {
		apart := ""
		if t.RetryDelay > 0 {
			apart = fill(p.apart, long(t.RetryDelay))
		}
		x.say(p.attempts, strconv.Itoa(t.Attempts), apart)
	}
	if t.OutsideHours == adapter.No {
		x.say(p.insideHours)
	}
	if t.Throttle > 0 {
		x.say(p.throttle, long(t.Throttle), long(t.LookBack))
	}
}
