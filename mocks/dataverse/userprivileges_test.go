package dataverse_test

import (
	"net/http"
	"testing"

	"directcallback/mocks/dataverse"
)

// privileges are what RetrieveUserPrivileges says of a user, by name.
func (o *org) privileges(user, as string) map[string]map[string]any {
	o.tb.Helper()
	all, _ := o.get("systemusers("+user+")/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()", as).want(200).object()["RolePrivileges"].([]any)
	named := map[string]map[string]any{}
	for _, one := range all {
		privilege, _ := one.(map[string]any)
		name, _ := privilege["PrivilegeName"].(string)
		named[name] = privilege
	}
	return named
}

func TestAUsersPrivilegesAreThoseOfAllItsRoles(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	o.define(dataverse.Role{Name: "Reader", Tables: map[string]dataverse.Verbs{"queue": dataverse.Read, "systemuser": dataverse.Read}})
	o.define(dataverse.Role{Name: "Writer", Tables: map[string]dataverse.Verbs{"queue": dataverse.Write | dataverse.Read}, ActOnBehalf: true})
	o.setRoles(otherApp, "Reader", "Writer")
	got := o.privileges(o.userID(asOther), asOther)
	if len(got) != 4 || got["prvReadQueue"]["Depth"] != "Global" || got["prvWriteQueue"] == nil || got["prvReadUser"] == nil || got["prvActOnBehalfOfAnotherUser"] == nil {
		t.Errorf("%v", got)
	}
	// Without parentheses, as public code writes it, and of somebody else.
	o.get("systemusers("+o.userID(asAdapter)+")/Microsoft.Dynamics.CRM.RetrieveUserPrivileges", asOther).want(200)

	// The identifiers are those of the table's definition.
	list, _ := o.get("EntityDefinitions(LogicalName='queue')?$select=LogicalName,Privileges", asOther).want(200).object()["Privileges"].([]any)
	if len(list) != 6 {
		t.Fatalf("%d privileges of a table", len(list))
	}
	for _, one := range list {
		p, _ := one.(map[string]any)
		if p["PrivilegeType"] == "Write" && (p["Name"] != "prvWriteQueue" || p["PrivilegeId"] != got["prvWriteQueue"]["PrivilegeId"] || p["CanBeBasic"] != true) {
			t.Errorf("%v", p)
		}
	}
	if admin := o.privileges(o.userID(""), ""); len(admin) < 300 {
		t.Errorf("an administrator has %d privileges", len(admin))
	}
}

func TestTheDepthOfAPrivilegeIsTold(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	o.define(dataverse.Role{Name: "All", Tables: map[string]dataverse.Verbs{"systemuser": dataverse.Read}})
	o.setRoles(otherApp, "All")
	for depth, want := range map[dataverse.Depth]string{dataverse.DepthUser: "Basic", dataverse.DepthUnit: "Local", dataverse.DepthUnits: "Deep", 0: "Global"} {
		o.define(dataverse.Role{Name: "Some", Tables: map[string]dataverse.Verbs{"contact": dataverse.Read, "systemuser": dataverse.Read}, Depth: depth})
		o.setRoles(otherApp, "All", "Some")
		got := o.privileges(o.userID(asOther), asOther)
		if got["prvReadContact"]["Depth"] != want || got["prvReadUser"]["Depth"] != "Global" {
			t.Errorf("depth %d: contacts %v, users %v", depth, got["prvReadContact"]["Depth"], got["prvReadUser"]["Depth"])
		}
	}
}

func TestPrivilegesOfNobody(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	const call = "/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
	o.get("systemusers(11111111-2222-4333-8444-555555555555)" + call + "()").want(404)
	o.get("systemusers" + call + "()").want(501)
	o.get("systemusers(" + o.userID("") + ")" + call + "(x=1)").want(404)
	o.get("contacts(" + o.demo.Contacts[0] + ")" + call + "()").want(501)
	o.call(http.MethodPost, "systemusers("+o.userID("")+")"+call, "{}").want(404)
	o.setRoles(otherApp)
	o.get("systemusers("+o.userID("")+")"+call+"()", asOther).want(403)
}
