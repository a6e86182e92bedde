package overflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// told is a decision, and how it is explained.
type told struct {
	pre, in  string
	snapshot overflow.Snapshot
	english  string
	french   string
}

// explanations has every kind of sentence.
func explanations() map[string]told {
	load := decision(rule(1, toQueue, atLeast(wait, "10")), rule(2, callback, atLeast(size, "10")))
	in := `<condition operator="in"><lhs type="attribute">` + size + `</lhs><rhs type="multistaticvalues"><value>1</value><value>3</value></rhs></condition>`
	return map[string]told{
		"acts": {
			load, "", calls(14),
			"14 calls are waiting; the limit of this queue is 10 (rule 2, Work item limit). Action: direct callback.",
			"14 appels sont en attente\u00a0; la limite de cette file est de 10 (règle 2, Limite d'éléments de travail). Action\u00a0: rappel direct.",
		},
		"no rule": {
			load, "",
			overflow.Snapshot{Size: 1, EstimatedWait: 9*time.Minute + 59*time.Second},
			"The estimated wait is 9 minutes 59 seconds; the limit of this queue is 10 minutes (rule 1, Average wait time). " +
				"1 call is waiting; the limit of this queue is 10 (rule 2, Work item limit). No overflow rule holds; the call waits.",
			"L'attente estimée est de 9 minutes 59 secondes\u00a0; la limite de cette file est de 10 minutes (règle 1, Temps d'attente moyen). 1 appel est en attente\u00a0; la limite de cette file est de 10 (règle 2, Limite d'éléments de travail). Aucune règle de débordement n'est remplie\u00a0; l'appel attend.",
		},
		"no estimate": {
			decision(rule(1, callback, atLeast(wait, "10"))), "", calls(1),
			"There is no estimated wait yet (rule 1, Average wait time). No overflow rule holds; the call waits.",
			"Il n'y a pas encore d'attente estimée (règle 1, Temps d'attente moyen). Aucune règle de débordement n'est remplie\u00a0; l'appel attend.",
		},
		"several conditions": {
			decision(rule(1, callback, atLeast(wait, "8"), condition(size, "&lt;=", "40"))), "",
			overflow.Snapshot{Size: 2, EstimatedWait: 9 * time.Minute},
			"The estimated wait is 9 minutes; the limit of this queue is 8 minutes. " +
				"2 calls are waiting; the rule asks for at most 40 (rule 1, Average wait time, Work item limit). Action: direct callback.",
			"L'attente estimée est de 9 minutes\u00a0; la limite de cette file est de 8 minutes. 2 appels sont en attente\u00a0; la règle demande au plus 40 (règle 1, Temps d'attente moyen, Limite d'éléments de travail). Action\u00a0: rappel direct.",
		},
		"only the members that matter": {
			decision(rule(1, callback, or(atLeast(wait, "8"), in))), "",
			overflow.Snapshot{Size: 3, EstimatedWait: time.Minute},
			"3 calls are waiting; the rule asks for one of 1, 3 (rule 1, Average wait time, Work item limit). Action: direct callback.",
			"3 appels sont en attente\u00a0; la règle demande l'une des valeurs 1, 3 (règle 1, Temps d'attente moyen, Limite d'éléments de travail). Action\u00a0: rappel direct.",
		},
		"closed": {
			decision(rule(1, voicemail, and(notNull(hours), condition(hours, "==", "false")))), "",
			overflow.Snapshot{Hours: overflow.Closed},
			"The queue is closed (rule 1, Out of operation hours). Action: voicemail.",
			"La file est fermée (règle 1, En dehors des heures d'ouverture). Action\u00a0: messagerie vocale.",
		},
		"open": {
			decision(rule(1, voicemail, and(notNull(hours), condition(hours, "==", "false")))), "",
			overflow.Snapshot{Hours: overflow.Open},
			"The queue is open (rule 1, Out of operation hours). No overflow rule holds; the call waits.",
			"La file est ouverte (règle 1, En dehors des heures d'ouverture). Aucune règle de débordement n'est remplie\u00a0; l'appel attend.",
		},
		"waited": {
			"", decision(rule(1, callback, atLeast(elapsed, "90"))), waited(90500 * time.Millisecond),
			"The caller has waited 1 minute 30.5 seconds; the limit of this queue is 1 minute 30 seconds (rule 1, Waiting time in queue). Action: direct callback.",
			"L'appelant attend depuis 1 minute 30,5 secondes\u00a0; la limite de cette file est de 1 minute 30 secondes (règle 1, Temps d'attente dans la file). Action\u00a0: rappel direct.",
		},
		"no conditions": {
			decision(rule(1, endCall)), "", calls(0),
			"The rule has no conditions, so it always holds (rule 1). Action: end call.",
			"La règle n'a pas de condition, elle est donc toujours remplie (règle 1). Action\u00a0: mettre fin à l'appel.",
		},
		"no rules": {"", "", calls(0), "This queue has no overflow rules pre-queue; the call waits.", "Cette file n'a pas de règle de débordement avant la mise en file\u00a0; l'appel attend."},
		"excluded": {
			load, "",
			overflow.Snapshot{Entry: adapter.EntryFallback},
			"Overflow rules do not apply pre-queue: the call came to the fallback queue.",
			"Les règles de débordement ne s'appliquent pas avant la mise en file\u00a0: l'appel est arrivé dans la file de secours.",
		},
		"fallback, in-queue": {
			"", decision(rule(1, callback, atLeast(elapsed, "60"))),
			overflow.Snapshot{Moment: overflow.InQueue, Elapsed: time.Minute, Entry: adapter.EntryFallback},
			"The caller has waited 1 minute; the limit of this queue is 1 minute (rule 1, Waiting time in queue). Action: direct callback. " +
				"Whether rules apply in the fallback queue is not documented; they were asked.",
			"L'appelant attend depuis 1 minute\u00a0; la limite de cette file est de 1 minute (règle 1, Temps d'attente dans la file). Action\u00a0: rappel direct. La documentation ne dit pas si les règles s'appliquent dans la file de secours\u00a0; elles ont été consultées.",
		},
		"moved": {
			"", decision(rule(1, callback, atLeast(elapsed, "60"))),
			overflow.Snapshot{Moment: overflow.InQueue, Elapsed: time.Minute, Entry: adapter.EntryTransfer},
			"The caller has waited 1 minute; the limit of this queue is 1 minute (rule 1, Waiting time in queue). " +
				"Action: direct callback; it is shown and not carried out: a call that came by transfer or overflow can only be transferred.",
			"L'appelant attend depuis 1 minute\u00a0; la limite de cette file est de 1 minute (règle 1, Temps d'attente dans la file). Action\u00a0: rappel direct\u00a0; elle est affichée, mais n'est pas exécutée\u00a0: un appel arrivé par transfert ou par débordement ne peut qu'être transféré.",
		},
		"not offered in classic": {
			decision(rule(1, callback, condition(hours, "==", "false"))), "",
			overflow.Snapshot{Hours: overflow.Closed},
			"The queue is closed (rule 1, Out of operation hours). Action: direct callback; it is shown and not carried out: " +
				"direct callback is not offered in classic for the condition Out of operation hours.",
			"La file est fermée (règle 1, En dehors des heures d'ouverture). Action\u00a0: rappel direct\u00a0; elle est affichée, mais n'est pas exécutée\u00a0: rappel direct n'est pas proposé en mode classique pour la condition En dehors des heures d'ouverture.",
		},
		"unknown action": {
			decision(rule(1, scheduled, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). " +
				`Action: unknown overflow action 192350007 ("Scheduled callback"); it is shown and not carried out: the action is not known here.`,
			"2 appels sont en attente\u00a0; la limite de cette file est de 1 (règle 1, Limite d'éléments de travail). Action\u00a0: action de débordement inconnue 192350007 (\"Scheduled callback\")\u00a0; elle est affichée, mais n'est pas exécutée\u00a0: cette action n'est pas connue ici.",
		},
		"missing action": {
			decision(rule(1, missing, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). " +
				"Action: not known; it is shown and not carried out: its action row does not exist or cannot be read.",
			"2 appels sont en attente\u00a0; la limite de cette file est de 1 (règle 1, Limite d'éléments de travail). Action\u00a0: inconnue\u00a0; elle est affichée, mais n'est pas exécutée\u00a0: la ligne de son action n'existe pas ou ne peut pas être lue.",
		},
		"shadowed": {
			decision(rule(1, toQueue, condition(strange, ">=", "90")), rule(2, callback, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 2, Work item limit). " +
				`The attribute "queue_prequeue.longestwaitinseconds" is not known (rule 1, Unknown condition). ` +
				"Because rule 1 cannot be decided, the action is shown and not carried out: direct callback.",
			"2 appels sont en attente\u00a0; la limite de cette file est de 1 (règle 2, Limite d'éléments de travail). L'attribut \"queue_prequeue.longestwaitinseconds\" n'est pas connu (règle 1, Condition inconnue). Comme la règle 1 ne peut pas être évaluée, l'action est affichée, mais n'est pas exécutée\u00a0: rappel direct.",
		},
		"indeterminate": {
			decision(rule(1, toQueue, atLeast(size, "3"))), "", calls(overflow.UnknownSize),
			"The number of waiting calls is unknown (rule 1, Work item limit). No rule holds for certain; nothing is offered.",
			"Le nombre d'appels en attente est inconnu (règle 1, Limite d'éléments de travail). Aucune règle n'est remplie avec certitude\u00a0; rien n'est proposé.",
		},
		"unreadable ruleset": {
			"{}", "", calls(1),
			"Nothing can be decided pre-queue: its definition is empty or not XML. Nothing is offered.",
			"Rien ne peut être décidé avant la mise en file\u00a0: sa définition est vide ou n'est pas du XML. Rien n'est proposé.",
		},
		"large numbers and long waits": {
			decision(rule(1, callback, atLeast(wait, "1500"), atLeast(size, "1200"))), "",
			overflow.Snapshot{Size: 12345, EstimatedWait: 25*time.Hour + 500*time.Millisecond},
			"The estimated wait is 25 hours 0.5 seconds; the limit of this queue is 25 hours. " +
				"12,345 calls are waiting; the limit of this queue is 1,200 (rule 1, Average wait time, Work item limit). Action: direct callback.",
			"L'attente estimée est de 25 heures 0,5 seconde\u00a0; la limite de cette file est de 25 heures. 12\u202f345 appels sont en attente\u00a0; la limite de cette file est de 1\u202f200 (règle 1, Temps d'attente moyen, Limite d'éléments de travail). Action\u00a0: rappel direct.",
		},
		"nothing that can be read": {
			decision(rule(1, callback, atLeast(wait, "1"))), "",
			overflow.Snapshot{EstimatedWait: overflow.UnreadableEstimate},
			"The estimated wait cannot be read (rule 1, Average wait time). No rule holds for certain; nothing is offered.",
			"L'attente estimée ne peut pas être lue (règle 1, Temps d'attente moyen). Aucune règle n'est remplie avec certitude\u00a0; rien n'est proposé.",
		},
	}
}

// TestExplain holds every kind of sentence to its wording, in both languages, also
// when all there is left of the decision is what was stored.
func TestExplain(t *testing.T) {
	t.Parallel()
	for name, c := range explanations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := plan(t, settings(c.pre, c.in)).Decide(c.snapshot, noon)
			stored, err := json.Marshal(d.Account())
			if err != nil {
				t.Fatal(err)
			}
			var account overflow.Account
			if err := json.Unmarshal(stored, &account); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d.Account(), account); diff != "" {
				t.Errorf("not as it was stored: %s", diff)
			}
			if diff := cmp.Diff(c.english, d.Explain()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.english, account.Explain(overflow.English)); diff != "" {
				t.Errorf("stored: %s", diff)
			}
			if diff := cmp.Diff(c.french, account.Explain(overflow.LanguageOf("fr-CA"))); diff != "" {
				t.Errorf("french: %s", diff)
			}
		})
	}
}

// Every reason that is not French by itself has a French one.
func TestReasonsAreTranslated(t *testing.T) {
	t.Parallel()
	for name, c := range explanations() {
		d := plan(t, settings(c.pre, c.in)).Decide(c.snapshot, noon)
		account := d.Account()
		for _, s := range account.Rules {
			reasons := []string{s.Reason}
			for _, o := range s.Conditions {
				reasons = append(reasons, o.Reason)
			}
			for _, reason := range reasons {
				if reason != "" && strings.Contains(account.Explain(overflow.French), reason) {
					t.Errorf("%s: %q is not translated", name, reason)
				}
			}
		}
	}
}

// An account comes from a database: whatever it holds is explained without a panic.
func FuzzExplain(f *testing.F) {
	for _, c := range explanations() {
		p, err := json.Marshal(overflow.Account{Moment: c.snapshot.Moment, Entry: c.snapshot.Entry})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	f.Add([]byte(`{"moment":"in-queue","verdict":"shadowed","rules":[{"number":1,"result":"unknown"},{"number":2,"result":"true","actionType":-1,"conditions":[{"depth":3,"group":"AND","result":"true"},{"depth":-1,"attribute":"queue_prequeue.currentqueuesize","operator":">=","value":"NaN","threshold":"1e400","result":"true"}]}]}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		var account overflow.Account
		if json.Unmarshal(stored, &account) != nil {
			return
		}
		for _, language := range []overflow.Language{overflow.English, overflow.French} {
			if account.Explain(language) == "" || len(account.Told(language)) != len(account.Rules) {
				t.Error("nothing to say")
			}
		}
	})
}
