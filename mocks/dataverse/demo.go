package dataverse

import (
	"errors"
	"fmt"
	"strings"
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

// Demo seeds a small bank, enough to try every kind of offer: two voice queues, one messaging queue, their rulesets,
// actions, messages, engagement configurations and people.
func (s *Server) Demo() (Demo, error) {
	var d Demo
	b := &builder{server: s}

	d.DirectCallback = b.action("Direct callback", 192350003, "{}")
	d.EndConversation = b.action("End conversation", 192350001, "{}")
	d.Voicemail = b.action("Voicemail", 192350004, "{}")

	d.RetailPrequeue = b.ruleset("queue_prequeue_Retail banking",
		demoRule{"Queue size", "queue_prequeue.currentqueuesize", "", DemoQueueSize, "overflow.queuesizeoverflow", d.DirectCallback},
		demoRule{"Estimated wait", "queue_prequeue.estimatedwaittimeinminutes", "", DemoEstimatedMinutes, "overflow.estimatedwaittimeoverflow", d.DirectCallback},
	)
	d.RetailInqueue = b.ruleset("queue_inqueue_Retail banking",
		demoRule{"Elapsed wait", "queue_inqueue.lapsedwaittime", "seconds", DemoElapsedSeconds, "overflow.lapsedwaittimeoverflow", d.DirectCallback},
	)
	d.RetailQueue = b.queue("Retail banking", 192350002, d.RetailPrequeue, d.RetailInqueue)

	// The braces and capitals around the target are as the portal writes them at times.
	d.QueueTransfer = b.action("Transfer to Retail banking", 192350005, "{"+strings.ToUpper(d.RetailQueue)+"}")
	d.MortgagePrequeue = b.ruleset("queue_prequeue_Mortgages",
		demoRule{"Queue size", "queue_prequeue.currentqueuesize", "", DemoMortgageQueueSize, "overflow.queuesizeoverflow", d.QueueTransfer},
		demoRule{"Estimated wait", "queue_prequeue.estimatedwaittimeinminutes", "", 2 * DemoEstimatedMinutes, "overflow.estimatedwaittimeoverflow", d.Voicemail},
	)
	d.MortgageQueue = b.queue("Mortgages", 192350002, d.MortgagePrequeue, "")
	d.MessagingQueue = b.queue("Chat", 192350000, "", "")

	d.Workstream = b.insert("msdyn_liveworkstream", map[string]any{
		"msdyn_name": "Bank voice", "msdyn_streamsource": 192370000, "msdyn_direction": 0, "msdyn_enablevoicev2": true,
		"msdyn_defaultqueue": d.RetailQueue,
	})
	d.RetailEngagement = b.engagement("Callback retail", d.RetailQueue, d.Workstream)
	d.MortgageEngagement = b.engagement("Callback mortgages", d.MortgageQueue, d.Workstream)

	d.OfferMessage = b.message("Offer customer callback", 192350073,
		"Current wait times are longer than expected. If you would like a call back, please press 1 or continue to wait for the next available representative.")
	d.ResponseMessage = b.message("Customer callback response", 192350074,
		"You have requested a callback. We'll call you back as soon as a representative is available. Goodbye!")

	for _, name := range []string{"Representative One", "Representative Two", "Representative Three"} {
		d.Representatives = append(d.Representatives, b.representative(name, d.RetailQueue, d.MortgageQueue))
	}
	for i, name := range []string{"Camille Sample", "Lukas Sample"} {
		first, last, _ := strings.Cut(name, " ")
		d.Contacts = append(d.Contacts, b.insert("contact", map[string]any{
			"firstname": first, "lastname": last, "mobilephone": fmt.Sprintf("+3315550%04d", i+1),
		}))
	}
	return d, errors.Join(b.errs...)
}

// builder collects errors, so that Demo reads as a list.
type builder struct {
	server *Server
	errs   []error
}

func (b *builder) insert(table string, row map[string]any) string {
	id, err := b.server.Insert(table, row)
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return id
}

func (b *builder) action(name string, actionType int, data string) string {
	return b.insert("msdyn_overflowactionconfig", map[string]any{
		"msdyn_name": name, "msdyn_overflowactiontype": actionType, "msdyn_overflowactiondata": data,
	})
}

func (b *builder) queue(name string, queueType int, prequeue, inqueue string) string {
	row := map[string]any{
		"name": name, "msdyn_isomnichannelqueue": true, "msdyn_queuetype": queueType, "msdyn_priority": 1,
		"msdyn_assignmentstrategy": 192350003,
	}
	if prequeue != "" {
		row["msdyn_prequeueoverflowrulesetid"] = prequeue
	}
	if inqueue != "" {
		row["msdyn_inqueueoverflowrulesetid"] = inqueue
	}
	return b.insert("queue", row)
}

func (b *builder) engagement(name, queue, workstream string) string {
	return b.insert("msdyn_proactive_engagement_config", map[string]any{
		"msdyn_name": name, "msdyn_description": name, "msdyn_type": engagementVoice, "msdyn_dialmode_type": 100000002,
		"msdyn_engagement_type": 100000101, "msdyn_queue": queue, "msdyn_workstream": workstream,
		"msdyn_close_existing_conversations": false,
	})
}

func (b *builder) message(name string, event int, text string) string {
	return b.insert("msdyn_ocsystemmessage", map[string]any{
		"msdyn_name": name, "msdyn_systemmessageeventtype": event, "msdyn_messagetext": text,
		"msdyn_messagereceiver": 192350001, "msdyn_messagetype": 2, "msdyn_streamsource": 192370000,
	})
}

func (b *builder) representative(name string, queues ...string) string {
	first, last, _ := strings.Cut(name, " ")
	user := b.insert("systemuser", map[string]any{
		"firstname": first, "lastname": last, "domainname": strings.ToLower(last) + "@contoso.example",
		"businessunitid": b.server.organisation.businessUnit,
	})
	for _, queue := range queues {
		b.insert("queuemembership", map[string]any{"queueid": queue, "systemuserid": user})
	}
	return user
}

// demoRule is "attribute present and at least threshold: action", the shape the portal writes.
type demoRule struct {
	name, attribute, unit string
	threshold             int
	flag, action          string
}

func (b *builder) ruleset(name string, rules ...demoRule) string {
	definition := []string{`<decision hit-policy="all" version="1"><rules>`}
	for _, r := range rules {
		definition = append(definition, r.xml(b.server.newID()))
	}
	return b.insert("msdyn_decisionruleset", map[string]any{
		"msdyn_name": name, "msdyn_rulesettype": 192350000, "msdyn_authoringmode": 192350000,
		"msdyn_rulesetdefinition": strings.Join(append(definition, `</rules></decision>`), ""),
	})
}

func (r demoRule) xml(id string) string {
	unit := ""
	if r.unit != "" {
		unit = ` unit="` + r.unit + `"`
	}
	return fmt.Sprintf(`<rule id="%s" name="%s"><action>`+
		`<setattribute><lhs type="attribute">%s</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
		`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute>`+
		`</action><logical operator="AND">`+
		`<condition operator="not-null"><lhs type="attribute">%s</lhs></condition>`+
		`<condition operator=">="><lhs type="attribute">%s</lhs><rhs type="staticvalue"%s>%d</rhs></condition>`+
		`</logical></rule>`, id, r.name, r.flag, r.action, r.attribute, r.attribute, unit, r.threshold)
}
