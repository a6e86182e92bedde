package dataverse

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// contactIdentifier names a person to a configuration. Which column a configuration compares it with is a setting of
// its own that no page describes; here each configuration remembers whom it has met.
type contactIdentifier struct{ configuration, identifier string }

// person is somebody to call, as the newer create operations describe one.
type person struct {
	UniqueIdentifier, FirstName, LastName   string
	MobilePhone, BusinessPhone, HomePhone   string // E.164
	Email, Country, State, PostalCode, City string
	AddressLine, TimeZone                   string

	InputAttributes map[string]string
	Windows         []window
	hasWindows      bool // of the person's own, instead of the request's
}

// phones are the numbers in the order they are tried.
func (p person) phones() (all []string) {
	for _, number := range []string{p.MobilePhone, p.BusinessPhone, p.HomePhone} {
		if number != "" {
			all = append(all, number)
		}
	}
	return all
}

// check is what every one of the operations asks of a person.
func (p person) check() error {
	switch {
	case p.UniqueIdentifier == "" || p.FirstName == "" || p.LastName == "":
		return aborted("A contact needs uniqueIdentifier, firstName and lastName")
	case len(p.phones()) == 0:
		return aborted("A contact of the voice channel needs a phone number")
	}
	for _, number := range p.phones() {
		if !e164.MatchString(number) {
			return aborted("A phone number of a contact is not in E.164 format") // the number itself stays out
		}
	}
	return nil
}

// createProactiveDelivery is CCaaS_CreateProactiveDelivery.
func (s *Server) createProactiveDelivery(rq *request) (*response, error) {
	const name = "CCaaS_CreateProactiveDelivery"
	p, err := rq.readParameters(name, []string{"ApiVersion", "ProactiveEngagementConfigId", "Contacts"},
		[]string{"RequestId", "Priority", "Windows", "Message"})
	if err != nil {
		return nil, err
	}
	if p["Message"] != "" {
		return nil, unsupported("Message, which is for SMS")
	}
	who, err := parseContacts(p["Contacts"], rq.now)
	if err != nil {
		return nil, err
	}
	windows, err := parseWindows(p, rq.now)
	if err != nil {
		return nil, err
	}
	return s.createTask(rq, name, p, who, windows)
}

// createSimpleDelivery is CCaaS_CreateSimpleProactiveDelivery: the same, flat. Its page shows no response; that it is
// the other one's is inferred.
func (s *Server) createSimpleDelivery(rq *request) (*response, error) {
	const name = "CCaaS_CreateSimpleProactiveDelivery"
	p, err := rq.readParameters(name,
		[]string{"ApiVersion", "ProactiveEngagementConfigId", "UniqueIdentifier", "FirstName", "LastName", "MobilePhoneNumber"},
		[]string{
			"BusinessPhoneNumber", "HomePhoneNumber", "Email", "Country", "City", "AddressLine", "PostalCode", "State",
			"TimeZone", "Priority", "InputAttributes", "Windows",
		})
	if err != nil {
		return nil, err
	}
	who := person{
		UniqueIdentifier: p["UniqueIdentifier"], FirstName: p["FirstName"], LastName: p["LastName"],
		MobilePhone: p["MobilePhoneNumber"], BusinessPhone: p["BusinessPhoneNumber"], HomePhone: p["HomePhoneNumber"],
		Email: p["Email"], Country: p["Country"], City: p["City"], AddressLine: p["AddressLine"],
		PostalCode: p["PostalCode"], State: p["State"], TimeZone: p["TimeZone"],
	}
	if who.InputAttributes, err = parseAttributes(p); err != nil {
		return nil, err
	}
	if err := who.check(); err != nil {
		return nil, err
	}
	windows, err := parseLooseWindows(p, who.TimeZone, rq.now)
	if err != nil {
		return nil, err
	}
	return s.createTask(rq, name, p, who, windows)
}

// noZone is a time of the simple operation's sample, which has no Z.
var noZone = regexp.MustCompile(`("\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})"`)

// parseLooseWindows takes times without a zone: they are UTC when no other zone is given. What they are otherwise
// depends on names of zones that the mock does not know.
func parseLooseWindows(p parameters, zone string, now time.Time) ([]window, error) {
	text := p["Windows"]
	if !noZone.MatchString(text) {
		return parseWindows(p, now)
	}
	if zone != "" && zone != "UTC" {
		return nil, unsupported("Windows without Z in the time zone %q", zone)
	}
	return parseWindows(parameters{"Windows": noZone.ReplaceAllString(text, `${1}Z"`)}, now)
}

// createTask makes the contact, the delivery and the task that keeps them together.
func (s *Server) createTask(rq *request, name string, p parameters, who person, windows []window) (*response, error) {
	if priority := p["Priority"]; priority != "" && strings.Trim(priority, "0123456789") != "" {
		return nil, unsupported("a Priority that is not a number")
	}
	d := &delivery{Delivery: Delivery{RequestID: p["RequestId"], Status: statusPending, CreatedAt: rq.now}}
	if len(d.RequestID) > 400 {
		return nil, aborted("RequestId is longer than 400 characters")
	}
	if err := s.checkConfiguration(rq, d, p["ProactiveEngagementConfigId"]); err != nil {
		return nil, err
	}
	d.windows = windows
	if who.hasWindows {
		d.windows = who.Windows
	}
	if err := s.address(rq, d, who); err != nil {
		return nil, err
	}
	t := task{id: s.opts.NewDeliveryID(), created: rq.now, requestID: d.RequestID, phones: len(who.phones())}
	d.TaskID = t.id
	s.accept(rq, d)
	t.deliveries = []string{d.ID}
	s.engagement.tasks[t.id] = t
	s.db.onRollback(func() { delete(s.engagement.tasks, t.id) })

	w := rq.operationResponse(name)
	w.member("DeliveryId", d.ID)
	w.member("DeliveryTaskId", t.id)
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// address gives a delivery its person: number, attributes and contact.
func (s *Server) address(rq *request, d *delivery, who person) (err error) {
	d.Phone, d.Attributes = who.phones()[0], who.InputAttributes
	d.ContactID, err = s.upsertContact(rq, d.ConfigurationID, who)
	return err
}

// upsertContact makes or renews the contact a configuration knows by that identifier. It is the service's own write.
func (s *Server) upsertContact(rq *request, configuration string, who person) (id string, err error) {
	row := map[string]any{}
	for column, value := range map[string]string{
		"firstname": who.FirstName, "lastname": who.LastName, "mobilephone": who.MobilePhone, "telephone1": who.BusinessPhone,
		"telephone2": who.HomePhone, "emailaddress1": who.Email, "address1_postalcode": who.PostalCode,
		"address1_stateorprovince": who.State, "address1_country": who.Country, "address1_line1": who.AddressLine, "address1_city": who.City,
	} {
		if value != "" {
			row[column] = value
		}
	}
	t, set, err := s.seedChanges("contact", row)
	if err != nil {
		return "", aborted("A contact is not valid: %v", err)
	}
	service := s.local()
	service.now = rq.now
	key := contactIdentifier{configuration, strings.ToLower(who.UniqueIdentifier)}
	if known := s.engagement.contacts[key]; known != "" {
		if old := s.db.get(t, known, "", rq.now); old != nil {
			_, err = s.update(service, t, old, set)
			return known, err
		}
	}
	r, err := s.insert(service, t, "", set)
	if err != nil {
		return "", err
	}
	s.engagement.contacts[key] = r.id
	s.db.onRollback(func() { delete(s.engagement.contacts, key) })
	return r.id, nil
}

// parseContacts reads the JSON text of one to five contacts.
func parseContacts(text string, now time.Time) (person, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil || len(items) == 0 || len(items) > 5 {
		return person{}, aborted("Contacts is not a JSON array of one to five objects")
	}
	if len(items) > 1 {
		return person{}, unsupported("more than one contact: the order in which a chain is tried is not documented")
	}
	return parsePerson(items[0], now,
		"uniqueIdentifier firstName lastName mobilePhoneNumber businessPhoneNumber homePhoneNumber email postalcode state country addressline city timezone inputAttributes windows")
}

// parsePerson reads one object whose members are among those named.
func parsePerson(data []byte, now time.Time, names string) (who person, err error) {
	members, problem := readObject(data)
	if problem != "" {
		return person{}, aborted("A contact is not a JSON object")
	}
	texts := map[string]string{}
	for _, m := range members {
		if !strings.Contains(" "+names+" ", " "+m.name+" ") {
			return person{}, aborted("A contact has no member '%s'", m.name)
		}
		switch m.name {
		case "inputAttributes":
			who.InputAttributes, err = attributesOf(m.value)
		case "windows":
			who.Windows, err = windowsOf(m.value, now)
			who.hasWindows = true
		default:
			text, ok := m.value.(string)
			if !ok && m.value != nil {
				return person{}, aborted("The member '%s' of a contact is not a text", m.name)
			}
			texts[m.name] = text
		}
		if err != nil {
			return person{}, err
		}
	}
	who.read(texts)
	return who, who.check()
}

func (p *person) read(texts map[string]string) {
	for name, field := range map[string]*string{
		"uniqueIdentifier": &p.UniqueIdentifier, "firstName": &p.FirstName, "lastName": &p.LastName,
		"mobilePhoneNumber": &p.MobilePhone, "businessPhoneNumber": &p.BusinessPhone, "homePhoneNumber": &p.HomePhone,
		"email": &p.Email, "postalcode": &p.PostalCode, "zipCode": &p.PostalCode, "state": &p.State, "country": &p.Country,
		"addressline": &p.AddressLine, "city": &p.City, "timezone": &p.TimeZone, "timeZone": &p.TimeZone,
	} {
		if text, ok := texts[name]; ok {
			*field = text
		}
	}
}

// attributesOf takes the object itself or its JSON text.
func attributesOf(value any) (map[string]string, error) {
	switch v := value.(type) {
	case string:
		return parseAttributes(parameters{"InputAttributes": v})
	case json.RawMessage:
		return parseAttributes(parameters{"InputAttributes": string(v)})
	default:
		return nil, aborted("inputAttributes is not an object")
	}
}

// windowsOf are a contact's own windows, with the lower-case names of the page's sample.
func windowsOf(value any, now time.Time) ([]window, error) {
	raw, _ := value.(json.RawMessage)
	var items []map[string]string
	if json.Unmarshal(raw, &items) != nil {
		return nil, aborted("windows is not an array of objects with start and end")
	}
	var upper []map[string]string
	for _, item := range items {
		if _, mixed := item["Start"]; mixed || len(item) != 2 {
			return nil, aborted("windows is not an array of objects with start and end")
		}
		upper = append(upper, map[string]string{"Start": item["start"], "End": item["end"]})
	}
	data, err := json.Marshal(upper)
	if err != nil {
		return nil, err
	}
	return parseWindows(parameters{"Windows": string(data)}, now)
}
