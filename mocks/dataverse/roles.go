package dataverse

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// Verbs are what a privilege allows on a table's rows, everywhere in the organisation: the mock has one business unit
// and knows no ownership.
type Verbs uint8

// The verbs. To set a lookup takes Append on the row and AppendTo on the row it points at.
const (
	Read Verbs = 1 << iota
	Create
	Write
	Delete
	Append
	AppendTo

	AllVerbs = Read | Create | Write | Delete | Append | AppendTo
)

// each yields the verbs one by one.
func (v Verbs) each(yield func(Verbs) bool) {
	for one := Read; one <= AppendTo; one <<= 1 {
		if v&one != 0 && !yield(one) {
			return
		}
	}
}

func (v Verbs) String() string {
	var names []string
	for i, name := range []string{"Read", "Create", "Write", "Delete", "Append", "AppendTo"} {
		if v&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Role is a security role: privileges by table and verb.
type Role struct {
	Name        string
	Tables      map[string]Verbs // by logical name; "*" is every table
	ActOnBehalf bool             // prvActOnBehalfOfAnotherUser
	// Depth is how far its privileges reach. RetrieveUserPrivileges tells it; a narrower one than the whole organisation
	// hides nothing here, because there is one business unit and nobody's rows differ.
	Depth Depth
}

// Depth is the mask of a privilege's depth. The zero value is DepthOrganisation.
type Depth int

// The depths: the user's own rows, those of its business unit, of the units below too, and all.
const (
	DepthUser         Depth = 1
	DepthUnit         Depth = 2
	DepthUnits        Depth = 4
	DepthOrganisation Depth = 8
)

const (
	everyTable  = "*"
	actOnBehalf = "prvActOnBehalfOfAnotherUser"
)

// The roles every organisation is born with. The CCaaS operations ask for the Omnichannel roles by name, as their pages
// do.
const (
	RoleAdministrator = "System Administrator"
	RoleAdapter       = "Callback adapter" // what reading settings, calling back and registering for events takes
	RoleAgent         = "Omnichannel agent"
	RoleSupervisor    = "Omnichannel supervisor"
	RoleChannelAdmin  = "Omnichannel administrator"
)

// What DefineRole and SetRoles refuse.
var (
	ErrUnknownRole        = errors.New("unknown role")
	ErrUnknownApplication = errors.New("no application user")
)

func bornRoles() []Role {
	return []Role{
		{Name: RoleAdministrator}, // whatever there is, without a row for it
		{Name: RoleAdapter, Tables: map[string]Verbs{
			everyTable:                      Read,
			"contact":                       Read | Create | Write | Append | AppendTo,
			"msdyn_proactive_delivery":      Read | Create,
			"msdyn_ocliveworkitem":          Read | Write,
			"serviceendpoint":               AllVerbs,
			"sdkmessageprocessingstep":      AllVerbs,
			"sdkmessageprocessingstepimage": AllVerbs,
			"sdkmessage":                    Read | AppendTo,
			"sdkmessagefilter":              Read | AppendTo,
		}},
		{Name: RoleAgent},
		{Name: RoleSupervisor},
		{Name: RoleChannelAdmin},
	}
}

// DefineRole adds a role, or changes what the one of that name allows: rows of role and roleprivileges, which an
// administrator may also write over the Web API.
func (s *Server) DefineRole(r Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(r.Tables)) {
		if name != everyTable && s.schema.byName[name] == nil {
			return unknownName("table", name)
		}
	}
	return s.db.transact(func() error { return s.defineRole(r) })
}

func (s *Server) defineRole(r Role) (err error) {
	id, known := s.roleNamed(r.Name)
	if !known {
		if id, err = s.insertSeed("role", map[string]any{"name": r.Name, "businessunitid": s.organisation.businessUnit}); err != nil {
			return err
		}
	}
	granted := s.schema.byName["roleprivileges"]
	for _, old := range slices.Collect(s.db.matching(granted, granted.at("roleid"), id, s.now())) {
		s.delete(s.local(), granted, old)
	}
	for _, t := range s.schema.all {
		if t.intersect != nil {
			continue
		}
		for v := range (r.Tables[t.name] | r.Tables[everyTable]).each {
			if err := s.grant(id, privilegeName(t, v), r.Depth); err != nil {
				return err
			}
		}
	}
	if r.ActOnBehalf {
		return s.grant(id, actOnBehalf, r.Depth)
	}
	return nil
}

func (s *Server) grant(role, privilege string, depth Depth) error {
	_, err := s.insertSeed("roleprivileges", map[string]any{
		"roleid": role, "privilegeid": privilegeID(privilege), "privilegedepthmask": int64(cmp.Or(depth, DepthOrganisation)),
	})
	return err
}

// privileges are the same in every organisation: one a table and verb, and those that belong to no table.
func (s *Server) insertPrivileges() error {
	names := []string{actOnBehalf}
	for _, t := range s.schema.all {
		if t.intersect != nil {
			continue
		}
		for v := range AllVerbs.each {
			names = append(names, privilegeName(t, v))
		}
	}
	for _, name := range names {
		if _, err := s.insertSeed("privilege", map[string]any{"privilegeid": privilegeID(name), "name": name}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) roleNamed(name string) (id string, ok bool) {
	t := s.schema.byName["role"]
	for r := range s.db.all(t, s.now()) {
		if r.cells[t.at("name")] == any(name) {
			return r.id, true
		}
	}
	return "", false
}

// SetRoles gives an application's user these roles and no others.
func (s *Server) SetRoles(application string, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := s.schema.byName["systemuser"]
	for user := range s.db.matching(users, users.at("applicationid"), strings.ToLower(application), s.now()) {
		return s.setRoles(user.id, names...)
	}
	return fmt.Errorf("%w: %s", ErrUnknownApplication, application)
}

func (s *Server) setRoles(user string, names ...string) error {
	held := s.schema.byName["systemuserroles"]
	for _, r := range slices.Collect(s.db.matching(held, held.at("systemuserid"), user, s.now())) {
		s.delete(s.local(), held, r)
	}
	for _, name := range names {
		role, ok := s.roleNamed(name)
		if !ok {
			return fmt.Errorf("%w %q", ErrUnknownRole, name)
		}
		if _, err := s.insertSeed("systemuserroles", map[string]any{"systemuserid": user, "roleid": role}); err != nil {
			return err
		}
	}
	return nil
}

// held is a role of a user.
type held struct{ id, name string }

// rolesOf are a user's own roles; those of teams do not count.
func (s *Server) rolesOf(user *row, rq *request) (roles []held) {
	links, t := s.schema.byName["systemuserroles"], s.schema.byName["role"]
	for link := range s.db.matching(links, links.at("systemuserid"), user.id, rq.now) {
		id, _ := link.cells[links.at("roleid")].(string)
		if r := s.db.get(t, id, "", rq.now); r != nil {
			name, _ := r.cells[t.at("name")].(string)
			roles = append(roles, held{id, name})
		}
	}
	return roles
}

// allows says whether a role has a privilege; an administrator's has them all.
func (s *Server) allows(h held, privilege string, rq *request) bool {
	if h.name == RoleAdministrator {
		return true
	}
	granted := s.schema.byName["roleprivileges"]
	for r := range s.db.matching(granted, granted.at("privilegeid"), privilegeID(privilege), rq.now) {
		if r.cells[granted.at("roleid")] == any(h.id) {
			return true
		}
	}
	return false
}

// privilegeName is what Dataverse calls a verb on a table.
func privilegeName(t *table, v Verbs) string {
	name := t.schema
	if t.name == "systemuser" {
		name = "User"
	}
	return "prv" + v.String() + name
}

// privilegeID is a privilege's identifier: the same in every organisation.
func privilegeID(name string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(name)) // never fails
	return guid([16]byte(h.Sum(nil)))
}
