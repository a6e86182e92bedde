package overflow_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// admin edits the settings of an organization at random.
type admin struct {
	t *rapid.T
	s adapter.Settings
}

var (
	editedQueues   = []adapter.QueueID{queueA, queueB, "ffffffff-0000-4000-8000-00000000000c", "ffffffff-0000-4000-8000-00000000000d"}
	editedRulesets = []adapter.RulesetID{preRules, inRules, "ffffffff-0000-4000-8000-0000000000f1", "ffffffff-0000-4000-8000-0000000000f2"}
	editedProfiles = []adapter.ProfileID{"ffffffff-0000-4000-8000-0000000000e1", "ffffffff-0000-4000-8000-0000000000e2"}
	editedActions  = []adapter.ActionID{callback, scheduled, toQueue, toPhone, missing}
)

const editedWorkstream = "ffffffff-0000-4000-8000-0000000000d1"

func pick[T any](a *admin, from []T, what string) T { return rapid.SampledFrom(from).Draw(a.t, what) }

func (a *admin) chance() bool { return rapid.Bool().Draw(a.t, "chance") }

func (a *admin) number(most int) int { return rapid.IntRange(0, most).Draw(a.t, "number") }

// edits are what an admin can do to one row, by its table. Maps and lists are
// replaced as the reader of the settings does.
func edits() map[string]func(*admin) {
	return map[string]func(*admin){
		"queue": func(a *admin) {
			id := pick(a, editedQueues, "queue")
			a.s.Queues = slices.DeleteFunc(slices.Clone(a.s.Queues), func(q adapter.Queue) bool { return q.ID == id })
			if a.number(4) > 0 {
				a.s.Queues = append(a.s.Queues, adapter.Queue{
					ID: id, Name: fmt.Sprint("queue ", a.number(2)), Active: a.chance(), Type: pick(a, []adapter.QueueType{adapter.QueueVoice, adapter.QueueVoice, 7}, "type"),
					PreQueue: pick(a, append(editedRulesets, ""), "pre"), InQueue: pick(a, append(editedRulesets, ""), "in"), OperatingHours: pick(a, []string{"", "hours"}, "hours"),
				})
			}
		},
		"ruleset": func(a *admin) {
			id := pick(a, editedRulesets, "ruleset")
			a.s.Rulesets = maps.Clone(a.s.Rulesets)
			delete(a.s.Rulesets, id)
			if a.number(4) > 0 {
				a.s.Rulesets[id] = adapter.Ruleset{ID: id, Type: adapter.RulesetDeclarative, Definition: a.definition(), DisabledRules: pick(a, []string{"", ruleID(1)}, "disabled")}
			}
		},
		"action": func(a *admin) {
			id := pick(a, editedActions, "action")
			a.s.Actions = maps.Clone(a.s.Actions)
			delete(a.s.Actions, id)
			if a.number(4) > 0 {
				a.s.Actions[id] = adapter.OverflowAction{
					ID: id, Name: fmt.Sprint("action ", a.number(1)), Active: a.number(3) > 0, Deduplicate: a.chance(), Profile: pick(a, append(editedProfiles, ""), "profile"),
					Type: pick(a, []adapter.OverflowActionType{adapter.ActionDirectCallback, adapter.ActionDirectCallback, adapter.ActionTransferToQueue, unknownAction}, "type"),
					Data: pick(a, []string{"", "nowhere", string(queueB), string(editedQueues[2])}, "data"),
				}
			}
		},
		"profile": func(a *admin) {
			id, limit := pick(a, editedProfiles, "profile"), a.number(2)
			a.s.Profiles = maps.Clone(a.s.Profiles)
			delete(a.s.Profiles, id)
			if a.number(4) > 0 {
				a.s.Profiles[id] = adapter.CallbackProfile{ID: id, Name: "profile", Active: a.chance(), Type: adapter.CallbackDirect, MaxCallbacks: &limit, OutsideHours: a.chance()}
			}
		},
		"configuration": func(a *admin) {
			id := adapter.ConfigurationID(pick(a, []string{"c1", "c2"}, "configuration"))
			a.s.Configurations = slices.DeleteFunc(slices.Clone(a.s.Configurations), func(c adapter.EngagementConfiguration) bool { return c.ID == id })
			if a.chance() {
				a.s.Configurations = append(a.s.Configurations, adapter.EngagementConfiguration{
					ID: id, Name: fmt.Sprint("configuration ", a.number(1)), Active: a.chance(), Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview,
					Queue: pick(a, editedQueues, "queue"), ClosesConversations: a.chance(), IgnoresHours: a.chance(), Workstream: editedWorkstream,
				})
			}
		},
		"members": func(a *admin) {
			if a.number(4) == 0 {
				a.s.Members = nil
				return
			}
			members := map[adapter.QueueID]int{}
			maps.Copy(members, a.s.Members)
			members[pick(a, editedQueues, "queue")] = a.number(1)
			a.s.Members = members
		},
		"label": func(a *admin) {
			a.s.Choices = map[string]map[int]string{actionTypes: {int(unknownAction): fmt.Sprint("label ", a.number(1))}}
		},
		"message": func(a *admin) {
			a.s.Messages = []adapter.Message{{
				ID: "m", Event: adapter.MessageCallbackOffer, Stream: adapter.StreamVoice, Active: a.chance(), Text: fmt.Sprint("text ", a.number(1)),
				Translations: map[string]string{"fr-FR": fmt.Sprint("texte ", a.number(1))},
			}}
		},
		"route": func(a *admin) {
			a.s.Workstreams = []adapter.Workstream{{ID: editedWorkstream, Steps: []adapter.RoutingStep{{
				Type: adapter.StepRouteToQueue, Ruleset: pick(a, editedRulesets, "ruleset"),
			}}}}
		},
	}
}

// definition is a ruleset of any kind, a broken one too.
func (a *admin) definition() string {
	one := func(number int) string {
		return rule(number, pick(a, editedActions, "action"), atLeast(pick(a, []string{size, wait, elapsed, strange}, "attribute"), strconv.Itoa(a.number(2))))
	}
	switch a.number(6) {
	case 0:
		return "<decision><rules>"
	case 1:
		return decision(`<rule id="` + ruleID(1) + `"><action><setattribute><lhs type="attribute">assign_to.queue</lhs><rhs type="staticvalue">` + string(pick(a, editedQueues, "queue")) +
			`</rhs></setattribute></action><unheard>` + string(pick(a, editedRulesets, "override")) + `</unheard></rule>`)
	case 2:
		return decision(one(1))
	default:
		return decision(one(1), one(2))
	}
}

// However the settings are edited, what is taken over of the plans before is what
// compiling all of them anew gives, to the last finding.
func TestPlansTakenOverAreThoseCompiledAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := &admin{t, settings("", "")}
		a.s.Profiles = map[adapter.ProfileID]adapter.CallbackProfile{}
		kinds := slices.Sorted(maps.Keys(edits()))
		for range 30 {
			edits()[rapid.SampledFrom(kinds).Draw(t, "first")](a)
		}
		set := overflow.Compile(a.s, nil)
		anew := overflow.CompileAnew(a.s, set)
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			for range rapid.IntRange(0, 2).Draw(t, "edits") {
				edits()[rapid.SampledFrom(kinds).Draw(t, "edit")](a)
			}
			set, anew = overflow.Compile(a.s, set), overflow.CompileAnew(a.s, anew)
			if diff := cmp.Diff(anew.Findings(), set.Findings()); diff != "" {
				t.Fatalf("findings (-anew +taken over):\n%s", diff)
			}
			for _, id := range anew.Queues() {
				want, _ := anew.Plan(id)
				if got, _ := set.Plan(id); !reflect.DeepEqual(got, want) {
					t.Fatalf("the plan of %s:\n%+v\nanew:\n%+v", id, got, want)
				}
			}
			if !reflect.DeepEqual(set, anew) {
				t.Fatal("the sets differ")
			}
		}
	})
}

// What nobody edited is not compiled again.
func TestPlansNobodyEditedAreTakenOver(t *testing.T) {
	t.Parallel()
	s := settings(decision(rule(1, callback, atLeast(size, "3"))), "")
	s.Queues = append(s.Queues, adapter.Queue{ID: queueB, Name: "Other", Type: adapter.QueueVoice, Active: true})
	before := overflow.Compile(s, nil)
	s.Queues = slices.Clone(s.Queues)
	s.Queues[1].Name = "Another"
	after := overflow.Compile(s, before)
	for id, taken := range map[adapter.QueueID]bool{queueA: true, queueB: false} {
		was, _ := before.Plan(id)
		if is, _ := after.Plan(id); (is == was) != taken {
			t.Errorf("queue %s: taken over %t, want %t", id, is == was, taken)
		}
	}
}

// Each row that a plan is made of makes it another one.
func TestEachInputIsComparedBeforeAPlanIsTakenOver(t *testing.T) {
	t.Parallel()
	organization := func() adapter.Settings {
		s := settings(decision(rule(1, callback, atLeast(size, "3")), rule(2, toQueue, atLeast(size, "2")), rule(3, scheduled, atLeast(size, "1"))), "")
		s.Queues = append(s.Queues, adapter.Queue{ID: queueB, Type: adapter.QueueRecord})
		s.Members = map[adapter.QueueID]int{queueA: 1}
		row := s.Actions[callback]
		row.Profile = editedProfiles[0]
		s.Actions[callback] = row
		s.Profiles = map[adapter.ProfileID]adapter.CallbackProfile{row.Profile: {ID: row.Profile, Active: true, Type: adapter.CallbackDirect}}
		return s
	}
	before := overflow.Compile(organization(), nil)
	for name, edit := range map[string]func(*adapter.Settings){
		"nobody works there any more":  func(s *adapter.Settings) { s.Members[queueA] = 0 },
		"nobody knows who works there": func(s *adapter.Settings) { s.Members = nil },
		"the action is off":            func(s *adapter.Settings) { s.Actions[callback] = adapter.OverflowAction{ID: callback} },
		"the action is gone":           func(s *adapter.Settings) { delete(s.Actions, callback) },
		"the profile is off":           func(s *adapter.Settings) { s.Profiles[editedProfiles[0]] = adapter.CallbackProfile{} },
		"the profile is gone":          func(s *adapter.Settings) { s.Profiles = nil },
		"the target is gone":           func(s *adapter.Settings) { s.Queues = s.Queues[:1] },
		"the configuration is gone":    func(s *adapter.Settings) { s.Configurations = nil },
		"another label":                func(s *adapter.Settings) { s.Choices[actionTypes][int(unknownAction)] = "another" },
		"another name":                 func(s *adapter.Settings) { s.Queues[0].Name = "another" },
		"another ruleset":              func(s *adapter.Settings) { s.Rulesets[preRules] = adapter.Ruleset{ID: preRules} },
		"no ruleset":                   func(s *adapter.Settings) { delete(s.Rulesets, preRules) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := organization()
			edit(&s)
			set := overflow.Compile(s, before)
			if !reflect.DeepEqual(set, overflow.CompileAnew(s, before)) {
				t.Error("not what compiling anew gives")
			}
			was, _ := before.Plan(queueA)
			if is, _ := set.Plan(queueA); is == was {
				t.Error("the plan was taken over")
			}
		})
	}
}
