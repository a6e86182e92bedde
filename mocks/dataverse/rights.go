package dataverse

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// rights are what one request may do. Impersonation needs both: what the impersonated user may and what the caller
// may. A nil *rights is the organisation itself, which may everything.
type rights struct {
	server *Server
	rq     *request
	user   string
	roles  []held
	caller *rights // the real caller, when user is impersonated
}

// identify finds out who calls, in whose name, and with which rights.
func (s *Server) identify(rq *request) error {
	user, err := s.userOf(rq)
	if err != nil {
		return err
	}
	rq.user = user.id
	rq.rights = &rights{server: s, rq: rq, user: user.id, roles: s.rolesOf(user, rq)}
	return s.impersonate(rq)
}

// impersonate puts the user named by a header in the caller's place.
func (s *Server) impersonate(rq *request) error {
	object, id := rq.Header.Get("CallerObjectId"), rq.Header.Get("MSCRMCallerID")
	if object == "" && id == "" {
		return nil
	}
	if object != "" && id != "" {
		return unsupported("CallerObjectId and MSCRMCallerID in one request")
	}
	caller := rq.rights
	if err := caller.has(actOnBehalf, ""); err != nil {
		return err
	}
	users := s.schema.byName["systemuser"]
	var user *row
	if text, ok := parseGUID(id); ok {
		user = s.db.get(users, text, "", rq.now)
	} else if text, ok := parseGUID(object); ok {
		for r := range s.db.matching(users, users.at("azureactivedirectoryobjectid"), text, rq.now) {
			user = r
		}
	}
	if user == nil {
		return notMember()
	}
	if err := users.enabled(user); err != nil {
		return err
	}
	rq.user, rq.onBehalfBy = user.id, caller.user
	rq.rights = &rights{server: s, rq: rq, user: user.id, roles: s.rolesOf(user, rq), caller: caller}
	return nil
}

// enabled refuses a user that an administrator switched off.
func (t *table) enabled(user *row) error {
	if user.cells[t.at("isdisabled")] == true {
		return fail(http.StatusForbidden, codeUserDisabled,
			"The specified user(Id = %s) is disabled. Consider enabling this user.", user.id)
	}
	return nil
}

func notMember() error {
	return fail(http.StatusForbidden, codeUserNotMember, "The user is not a member of the organization.")
}

// has says whether one of the roles has a privilege.
func (r *rights) has(privilege, where string) error {
	if slices.ContainsFunc(r.roles, func(h held) bool { return r.server.allows(h, privilege, r.rq) }) {
		return nil
	}
	return fail(http.StatusForbidden, codePrivilegeDenied, "Principal user (Id=%s, type=8, roleCount=%d), is missing %s privilege (Id=%s)%s.",
		r.user, len(r.roles), privilege, privilegeID(privilege), where)
}

// may says whether a verb is allowed on a table.
func (r *rights) may(t *table, v Verbs) error {
	if r == nil {
		return nil
	}
	if t.intersect != nil {
		return r.mayLink(t, v)
	}
	if err := r.has(privilegeName(t, v), " for entity '"+t.name+"'"); err != nil {
		return err
	}
	return r.caller.may(t, v)
}

// mayLink is may for the rows of a many-to-many relationship, which have no privileges of their own.
func (r *rights) mayLink(t *table, v Verbs) error {
	one, other := r.server.schema.byName[t.intersect.tables[0]], r.server.schema.byName[t.intersect.tables[1]]
	if v == Read {
		return cmp.Or(r.may(one, Read), r.may(other, Read))
	}
	return cmp.Or(r.may(one, Append), r.may(other, AppendTo))
}

// mayRead is may for everything an expansion reads.
func (r *rights) mayRead(t *table, sel selection) error {
	if r == nil {
		return nil
	}
	if err := r.may(t, Read); err != nil {
		return err
	}
	for _, e := range sel.expands {
		if err := r.mayRead(e.table, e.selection); err != nil {
			return err
		}
	}
	return nil
}

// readBy is the schema as one user reads it: a filter or an order that leads to a table he may not read is refused.
func (s *schema) readBy(r *rights) *schema {
	c := *s
	c.reader = r
	return &c
}

// mayWrite adds what the lookups of a change ask for.
func (r *rights) mayWrite(t *table, verb Verbs, set changes) error {
	if r == nil {
		return nil
	}
	if err := r.may(t, verb); err != nil {
		return err
	}
	for _, index := range slices.Sorted(maps.Keys(set)) {
		target, ok := set[index].(ref)
		if !ok {
			continue
		}
		if err := r.may(t, Append); err != nil {
			return err
		}
		if far := r.server.schema.byName[target.table]; far != nil {
			if err := r.may(far, AppendTo); err != nil {
				return err
			}
		}
	}
	return nil
}

// needs asks for one of the roles by name; an administrator has them all.
func (r *rights) needs(names ...string) error {
	if r == nil {
		return nil
	}
	if !slices.ContainsFunc(r.roles, func(h held) bool { return h.name == RoleAdministrator || slices.Contains(names, h.name) }) {
		return fail(http.StatusForbidden, codePrivilegeDenied, "Principal user (Id=%s, type=8, roleCount=%d) has none of the roles the operation asks for: %s.",
			r.user, len(r.roles), strings.Join(names, ", "))
	}
	return r.caller.needs(names...)
}
