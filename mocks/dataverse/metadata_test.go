package dataverse_test

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// TestClientsLearnTheLabelsOfChoices is the request every client makes before its first write.
func TestClientsLearnTheLabelsOfChoices(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const cast = "/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)"
	a := o.get("EntityDefinitions(LogicalName='msdyn_overflowactionconfig')" + cast)
	var body struct {
		Context string `json:"@odata.context"`
		Value   []struct {
			MetadataID  string `json:"MetadataId"`
			LogicalName string
			OptionSet   struct {
				Options []struct {
					Value int
					Label struct{ UserLocalizedLabel struct{ Label string } }
				}
			}
			GlobalOptionSet *struct{ Options []any }
		}
	}
	a.want(http.StatusOK).decode(&body)
	found := false
	for _, column := range body.Value {
		if column.MetadataID == "" {
			t.Errorf("%s has no MetadataId", column.LogicalName)
		}
		if column.LogicalName != "msdyn_overflowactiontype" {
			continue
		}
		found = column.GlobalOptionSet == nil
		for _, option := range column.OptionSet.Options {
			if option.Value == 192350003 && option.Label.UserLocalizedLabel.Label != "Direct Callback" {
				t.Errorf("192350003 is %q", option.Label.UserLocalizedLabel.Label)
			}
		}
	}
	if !found || !strings.HasSuffix(body.Context, "/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata(LogicalName,OptionSet(Options),GlobalOptionSet(Options))") {
		t.Errorf("%s", a.body)
	}
	if empty := o.get("EntityDefinitions(LogicalName='queuemembership')" + cast).rows(); len(empty) != 0 {
		t.Errorf("a table without choices has %v", empty)
	}
}

func TestMetadataIsReadAsDocumented(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{{Table: "contact", Name: "Email key", Columns: []string{"emailaddress1"}}}
	})
	queue := o.get("EntityDefinitions(LogicalName='queue')").want(200).object()
	id := fmtAny(queue["MetadataId"])
	for resource, want := range map[string]string{
		"EntityDefinitions(LogicalName='queue')?$select=EntitySetName,PrimaryNameAttribute,OwnershipType":                                                                                                               `"EntitySetName":"queues"`,
		"EntityDefinitions(" + id + ")?$select=LogicalName":                                                                                                                                                             `"LogicalName":"queue"`,
		"EntityDefinitions(MetadataId=" + id + ")?$select=LogicalName":                                                                                                                                                  `"LogicalName":"queue"`,
		"EntityDefinitions(LogicalName='msdyn_proactive_delivery')?$select=TableType":                                                                                                                                   `"TableType":"Elastic"`,
		"EntityDefinitions(LogicalName='account')?$select=SchemaName,CollectionSchemaName,DisplayName":                                                                                                                  `"CollectionSchemaName":"Accounts"`,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='msdyn_uniquename')":                                                                                                                             `"IsValidForUpdate":false`,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='name')":                                                                                                                                         `"@odata.type":"#Microsoft.Dynamics.CRM.StringAttributeMetadata"`,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='name')/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=MaxLength":                                                                        `"MaxLength":200`,
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.LookupAttributeMetadata?$select=Targets,LogicalName":                                                                                  `"LogicalName":"ownerid","Targets":["systemuser","team"]`,
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$expand=OptionSet":                                                                                            `"State":1,"TransitionData":null`,
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.StateAttributeMetadata?$expand=OptionSet":                                                                                             `"DefaultStatus":2,"InvariantName":"Inactive"`,
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.BooleanAttributeMetadata?$expand=OptionSet":                                                                                           `"TrueOption":{"Value":1,"Label":{"LocalizedLabels":[{"Label":"Yes"`,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='queueviewtype')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata/OptionSet":                                                                     `"Name":"queue_queueviewtype"`,
		"EntityDefinitions(LogicalName='contact')/Keys":                                                                                                                                                                 `"KeyAttributes":["emailaddress1"]`,
		"EntityDefinitions(LogicalName='queue')/ManyToOneRelationships":                                                                                                                                                 `"SchemaName":"msdyn_queue_decisionrulesetId"`,
		"EntityDefinitions(LogicalName='queue')?$expand=ManyToOneRelationships($select=ReferencingAttribute,ReferencingEntityNavigationPropertyName;$filter=ReferencingAttribute eq 'msdyn_prequeueoverflowrulesetid')": `"ManyToOneRelationships":[{"MetadataId":"`,
		"EntityDefinitions(LogicalName='msdyn_decisionruleset')/OneToManyRelationships?$select=ReferencedEntityNavigationPropertyName":                                                                                  `"msdyn_decisionruleset_queue_msdyn_inqueueoverflowrulesetid"`,
		"EntityDefinitions(LogicalName='queue')/ManyToManyRelationships":                                                                                                                                                `"IntersectEntityName":"queuemembership"`,
		"RelationshipDefinitions(SchemaName='queuemembership_association')":                                                                                                                                             `"@odata.type":"#Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata"`,
		"RelationshipDefinitions/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata?$filter=SchemaName eq 'msdyn_decisionruleset_queue_msdyn_inqueueoverflowrulesetid'":                                               `"Delete":"Cascade"`,
		"GlobalOptionSetDefinitions(Name='componentstate')":                                                                                                                                                             `"Label":"Deleted Unpublished"`,
		"GlobalOptionSetDefinitions": `"Name":"componentstate"`,
	} {
		if a := o.get(resource); a.status != http.StatusOK || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d lacks %s: %.1500s", resource, a.status, want, a.body)
		}
	}
}

func TestMetadataFilters(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for filter, want := range map[string][]any{
		"TableType eq 'Elastic'":               {"msdyn_proactive_delivery", "msdyn_proactive_delivery_attribute"},
		"LogicalName eq 'queue' or false eq x": nil,
		"LogicalName eq 'queue' and OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'":           {"queue"},
		"LogicalName eq 'queue' and OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'OrganizationOwned'":   {},
		"IsIntersect eq true and CanCreateAttributes/Value eq true":                                              {},
		"IsIntersect and SchemaName ge 'TeamR'":                                                                  {"teamroles"},
		"not (IsCustomEntity eq true) and ChangeTrackingEnabled and PrimaryNameAttribute eq 'userinterfacename'": {},
		"OwnershipType eq 'UserOwned'":                                                                           nil,
		"OwnershipType eq Microsoft.Dynamics.CRM.SecurityTypes'UserOwned'":                                       nil,
		"DisplayName/UserLocalizedLabel/Label eq 'Queue'":                                                        nil,
		"DisplayName eq 'Queue'": nil,
		"'queue' eq LogicalName": nil,
		"Nothing eq 'x'":         nil,
	} {
		a := o.get("EntityDefinitions?$select=LogicalName&$filter=" + filter)
		if want == nil {
			if a.status != http.StatusBadRequest {
				t.Errorf("%s: %d, want 400: %.300s", filter, a.status, a.body)
			}
			continue
		}
		if got := a.column("LogicalName"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	required := o.get("EntityDefinitions(LogicalName='msdyn_overflowactionconfig')/Attributes?$select=LogicalName&$filter=" +
		"RequiredLevel/Value eq Microsoft.Dynamics.CRM.AttributeRequiredLevel'ApplicationRequired'").column("LogicalName")
	if !slices.Equal(required, []any{"msdyn_name", "msdyn_overflowactiondata"}) {
		t.Errorf("required %v", required)
	}
}

func TestMetadataRefusals(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for resource, status := range map[string]int{
		"EntityDefinitions(LogicalName='nothing')":                                                       404,
		"EntityDefinitions(SchemaName='Queue')":                                                          400,
		"EntityDefinitions('queue')":                                                                     400,
		"EntityDefinitions(LogicalName='queue',MetadataId=x)":                                            400,
		"EntityDefinitions(LogicalName='queue')/Nothing":                                                 404,
		"EntityDefinitions(LogicalName='queue')/LogicalName":                                             501,
		"EntityDefinitions/Attributes":                                                                   404,
		"EntityDefinitions?$select=Name":                                                                 400,
		"EntityDefinitions?$select=ObjectTypeCode":                                                       501, // real, and not served
		"EntityDefinitions?$top=1":                                                                       400,
		"EntityDefinitions?$expand=Attributes($select=MaxLength)":                                        400, // of a base type that has none
		"EntityDefinitions?$expand=Nothing":                                                              400,
		"EntityDefinitions?$expand=Attributes(":                                                          400,
		"EntityDefinitions?$filter=contains(LogicalName,'q')":                                            501,
		"EntityDefinitions(LogicalName='queue')?$filter=a eq b":                                          400,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='x')":                             404,
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.EnumAttributeMetadata": 400,
		"EntityDefinitions(LogicalName='queue')/Attributes(LogicalName='name')/Microsoft.Dynamics.CRM.MemoAttributeMetadata": 404,
		"RelationshipDefinitions(SchemaName='x')": 404,
		"GlobalOptionSetDefinitions(Name='x')":    404,
	} {
		if a := o.get(resource); a.status != status {
			t.Errorf("%s: %d, want %d: %.300s", resource, a.status, status, a.body)
		}
	}
	o.call(http.MethodPost, "EntityDefinitions", `{}`).want(http.StatusNotImplemented)
	if text := o.get("EntityDefinitions?$select=Name").wantError(400, "0x0"); text != "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.EntityMetadata'." {
		t.Error(text)
	}
}

// model is as much of the document as the tests look at.
type model struct {
	Schema struct {
		Namespace string `xml:",attr"`
		Entities  []struct {
			Name, BaseType string `xml:",attr"`
			Key            struct {
				PropertyRef []struct {
					Name string `xml:",attr"`
				}
			}
			Property           []modelProperty
			NavigationProperty []modelProperty
		} `xml:"EntityType"`
		Action, Function []struct {
			Name      string `xml:",attr"`
			Parameter []modelProperty
		}
		EntityContainer struct {
			EntitySet []struct {
				Name, EntityType          string `xml:",attr"`
				NavigationPropertyBinding []struct {
					Path, Target string `xml:",attr"`
				}
				Annotation []struct {
					Term string `xml:",attr"`
				}
			}
			ActionImport, FunctionImport []modelProperty
		}
	} `xml:"DataServices>Schema"`
}

type modelProperty struct {
	Name, Type, Partner string `xml:",attr"`
}

func TestTheModelHangsTogether(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.get("$metadata?annotations=true").want(http.StatusOK)
	if got := a.header.Get("Content-Type"); got != "application/xml" {
		t.Errorf("Content-Type %s", got)
	}
	var m model
	if err := xml.Unmarshal(a.body, &m); err != nil {
		t.Fatal(err)
	}
	types, navigations := map[string]bool{}, map[string]bool{}
	for _, entity := range m.Schema.Entities {
		types["mscrm."+entity.Name] = true
		names := map[string]bool{}
		for _, p := range slices.Concat(entity.Property, entity.NavigationProperty) {
			if names[p.Name] {
				t.Errorf("%s.%s is there twice", entity.Name, p.Name)
			}
			names[p.Name] = true
		}
		for _, p := range entity.NavigationProperty {
			navigations[entity.Name+"."+p.Name] = true
		}
	}
	for _, entity := range m.Schema.Entities {
		if entity.BaseType != "" && !types[entity.BaseType] {
			t.Errorf("%s has the base %s", entity.Name, entity.BaseType)
		}
		for _, p := range entity.NavigationProperty {
			target := strings.TrimSuffix(strings.TrimPrefix(p.Type, "Collection("), ")")
			if !types[target] {
				t.Errorf("%s.%s leads to %s", entity.Name, p.Name, p.Type)
			}
			if partner := strings.TrimPrefix(target, "mscrm.") + "." + p.Partner; p.Partner != "" && target != "mscrm.principal" && !navigations[partner] {
				t.Errorf("%s.%s has the partner %s", entity.Name, p.Name, partner)
			}
		}
	}
	sets := o.get("").rows()
	if len(sets) != len(m.Schema.EntityContainer.EntitySet) || len(sets) < 50 {
		t.Errorf("%d sets in the service document, %d in the model", len(sets), len(m.Schema.EntityContainer.EntitySet))
	}
	for _, set := range m.Schema.EntityContainer.EntitySet {
		if !types[strings.Replace(set.EntityType, "Microsoft.Dynamics.CRM.", "mscrm.", 1)] || len(set.Annotation) != 1 {
			t.Errorf("set %v", set)
		}
	}
	for _, name := range []string{"CCaaS_CreateProactiveVoiceDelivery", "CCaaS_CreateOperation"} {
		if !slices.ContainsFunc(m.Schema.EntityContainer.ActionImport, func(p modelProperty) bool { return p.Name == name }) {
			t.Errorf("no action %s", name)
		}
	}
	if !slices.ContainsFunc(m.Schema.EntityContainer.FunctionImport, func(p modelProperty) bool { return p.Name == "WhoAmI" }) {
		t.Error("no function WhoAmI")
	}
	o.call(http.MethodPost, "$metadata", `{}`).want(http.StatusNotFound)
	if plain := string(o.get("$metadata").body); strings.Contains(plain, "ChangeTracking") {
		t.Error("annotations without being asked for")
	}
}

// TestEveryRowIsOfTheModel: what rows show is declared, column by column.
func TestEveryRowIsOfTheModel(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	var m model
	if err := xml.Unmarshal(o.get("$metadata").body, &m); err != nil {
		t.Fatal(err)
	}
	declared := map[string]map[string]bool{}
	for _, entity := range m.Schema.Entities {
		declared[entity.Name] = map[string]bool{}
		for _, p := range entity.Property {
			declared[entity.Name][p.Name] = true
		}
	}
	for _, set := range m.Schema.EntityContainer.EntitySet {
		name := set.EntityType[strings.LastIndexByte(set.EntityType, '.')+1:]
		for _, row := range o.get(set.Name).rows() {
			for property := range row {
				if !strings.Contains(property, "@") && !declared[name][property] {
					t.Errorf("%s.%s is not in the model", name, property)
				}
			}
			if len(row)-1 != len(declared[name]) {
				t.Errorf("%s: %d properties, %d declared", name, len(row)-1, len(declared[name]))
			}
			break
		}
	}
}
