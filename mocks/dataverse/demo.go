package dataverse

import (
	_ "embed" // the scenarios
	"slices"
)

// Demo names the rows that Server.Demo adds.
type Demo struct {
	RetailQueue    string // voice, both rulesets lead to direct callback
	MortgageQueue  string // voice, other actions
	MessagingQueue string // messaging: no offers here

	RetailPrequeue, RetailInqueue string // rulesets
	MortgagePrequeue              string

	DirectCallback, QueueTransfer, Voicemail, EndConversation string // action configurations

	RetailEngagement, MortgageEngagement string // Voice, Preview
	Workstream                           string

	OfferMessage, ResponseMessage string // events 192350073 and 192350074, voice

	Representatives []string // systemusers, members of both voice queues
	Contacts        []string
}

// The thresholds of the demo's rules.
const (
	DemoQueueSize         = 3  // calls waiting
	DemoEstimatedMinutes  = 2  // estimated wait
	DemoElapsedSeconds    = 60 // time in queue
	DemoMortgageQueueSize = 3
)

//go:embed scenarios/demo.yaml
var demoScenario []byte

//go:embed scenarios/insurer.yaml
var insurerScenario []byte

// DemoScenario is the file behind Server.Demo, to be read, changed and loaded.
func DemoScenario() []byte { return slices.Clone(demoScenario) }

// InsurerScenario is a larger example: hours with holidays, a callback profile, rules shared by queues, two languages,
// and rows under their logical names.
func InsurerScenario() []byte { return slices.Clone(insurerScenario) }

// Demo seeds a small bank, enough to try every kind of offer: two voice queues, one messaging queue, their rulesets,
// actions, messages, engagement configurations and people.
func (s *Server) Demo() (Demo, error) {
	scenario, err := ParseScenario(demoScenario)
	if err != nil {
		return Demo{}, err
	}
	ids, err := s.Load(scenario)
	if err != nil {
		return Demo{}, err
	}
	queues, rulesets, actions := ids["queue"], ids["msdyn_decisionruleset"], ids["msdyn_overflowactionconfig"]
	configurations, messages := ids["msdyn_proactive_engagement_config"], ids["msdyn_ocsystemmessage"]
	people, contacts := ids["systemuser"], ids["contact"]
	return Demo{
		RetailQueue: queues["retail"], MortgageQueue: queues["mortgages"], MessagingQueue: queues["chat"],
		RetailPrequeue: rulesets["queue_prequeue_retail"], RetailInqueue: rulesets["queue_inqueue_retail"],
		MortgagePrequeue: rulesets["queue_prequeue_mortgages"],
		DirectCallback:   actions["callback"], QueueTransfer: actions["transfer"], Voicemail: actions["voicemail"], EndConversation: actions["end"],
		RetailEngagement: configurations["retail"], MortgageEngagement: configurations["mortgages"],
		Workstream: ids["msdyn_liveworkstream"]["voice"], OfferMessage: messages["offer"], ResponseMessage: messages["response"],
		Representatives: []string{people["one"], people["two"], people["three"]},
		Contacts:        []string{contacts["camille"], contacts["lukas"]},
	}, nil
}
