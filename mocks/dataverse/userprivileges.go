package dataverse

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// userPrivileges is the function RetrieveUserPrivileges of a systemuser: what his roles allow him, each privilege once,
// at the widest of their depths. Microsoft's page names the members; their values' spelling is seen in public code.
func (s *Server) userPrivileges(rq *request, t *table) (*response, error) {
	if _, err := rq.arguments(signatureOf("systemuser/RetrieveUserPrivileges")); err != nil {
		return nil, err
	}
	user, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	depths := map[string]int64{}
	for _, h := range s.rolesOf(user, rq) {
		for id, mask := range s.granted(h, rq) {
			depths[id] = max(depths[id], mask)
		}
	}
	all := make([]object, 0, len(depths))
	privileges := s.schema.byName["privilege"]
	for _, id := range slices.Sorted(maps.Keys(depths)) {
		r := s.db.get(privileges, id, "", rq.now)
		if r == nil {
			continue
		}
		all = append(all, object{
			{"Depth", depthName(depths[id])},
			{"PrivilegeId", id},
			{"BusinessUnitId", s.organisation.businessUnit},
			{"PrivilegeName", r.text(privileges, "name")},
			{"RecordFilterId", noID},
			{"RecordFilterUniqueName", ""},
		})
	}
	w := rq.operationResponse("RetrieveUserPrivileges")
	w.name("RolePrivileges")
	w.fact(all)
	w.close('}')
	return rq.applied(newResponse(http.StatusOK, w.buf)), nil
}

// granted are the privileges of a role with the mask of their depth.
func (s *Server) granted(h held, rq *request) map[string]int64 {
	depths := map[string]int64{}
	if h.name == RoleAdministrator {
		for r := range s.db.all(s.schema.byName["privilege"], rq.now) {
			depths[r.id] = int64(DepthOrganisation)
		}
		return depths
	}
	t := s.schema.byName["roleprivileges"]
	for r := range s.db.matching(t, t.at("roleid"), h.id, rq.now) {
		id, _ := r.cells[t.at("privilegeid")].(string)
		mask, _ := r.cells[t.at("privilegedepthmask")].(int64)
		depths[id] = cmp.Or(mask, int64(DepthOrganisation))
	}
	return depths
}

// depthName is the member of PrivilegeDepth for a mask.
func depthName(mask int64) string {
	switch depth := Depth(mask); {
	case depth >= DepthOrganisation:
		return "Global"
	case depth >= DepthUnits:
		return "Deep"
	case depth >= DepthUnit:
		return "Local"
	default:
		return "Basic"
	}
}

// tablePrivileges are the privileges that EntityMetadata lists.
func (t *table) tablePrivileges() []object {
	all := []object{}
	if t.intersect != nil {
		return all
	}
	for v := range AllVerbs.each {
		owned := t.ownership == ownedByUser
		all = append(all, object{
			{"CanBeBasic", owned},
			{"CanBeLocal", owned},
			{"CanBeDeep", owned},
			{"CanBeGlobal", true},
			{"CanBeEntityReference", false},
			{"CanBeParentEntityReference", false},
			{"CanBeRecordFilter", false},
			{"Name", privilegeName(t, v)},
			{"PrivilegeId", privilegeID(privilegeName(t, v))},
			{"PrivilegeType", v.String()},
		})
	}
	return all
}
