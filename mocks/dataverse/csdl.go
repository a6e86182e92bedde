package dataverse

import (
	"encoding/xml"
	"net/http"
)

// The entity data model, OData 4.0, as much of it as the schema here says. Elements and attributes stand in the order
// they are written.

type csdlDocument struct {
	XMLName xml.Name   `xml:"edmx:Edmx"`
	Version string     `xml:"Version,attr"`
	Edmx    string     `xml:"xmlns:edmx,attr"`
	Schema  csdlSchema `xml:"edmx:DataServices>Schema"`
}

type csdlSchema struct {
	XMLNS     string          `xml:"xmlns,attr"`
	Namespace string          `xml:"Namespace,attr"`
	Alias     string          `xml:"Alias,attr"`
	Enums     []csdlEnum      `xml:"EnumType"`
	Complex   []csdlType      `xml:"ComplexType"`
	Entities  []csdlType      `xml:"EntityType"`
	Actions   []csdlOperation `xml:"Action"`
	Functions []csdlOperation `xml:"Function"`
	Container csdlContainer   `xml:"EntityContainer"`
}

type csdlEnum struct {
	Name    string       `xml:"Name,attr"`
	Members []csdlMember `xml:"Member"`
}

type csdlMember struct {
	Name  string `xml:"Name,attr"`
	Value int    `xml:"Value,attr"`
}

type csdlType struct {
	Name        string           `xml:"Name,attr"`
	Base        string           `xml:"BaseType,attr,omitempty"`
	Abstract    bool             `xml:"Abstract,attr,omitempty"`
	Key         *csdlKey         `xml:"Key"`
	Properties  []csdlProperty   `xml:"Property"`
	Navigations []csdlNavigation `xml:"NavigationProperty"`
}

type csdlKey struct {
	Refs []csdlRef `xml:"PropertyRef"`
}

type csdlRef struct {
	Name string `xml:"Name,attr"`
}

type csdlProperty struct {
	Name     string `xml:"Name,attr"`
	Type     string `xml:"Type,attr"`
	Nullable string `xml:"Nullable,attr,omitempty"`
	Unicode  string `xml:"Unicode,attr,omitempty"`
	Scale    string `xml:"Scale,attr,omitempty"`
}

type csdlNavigation struct {
	Name       string          `xml:"Name,attr"`
	Type       string          `xml:"Type,attr"`
	Nullable   string          `xml:"Nullable,attr,omitempty"`
	Partner    string          `xml:"Partner,attr,omitempty"`
	Constraint *csdlConstraint `xml:"ReferentialConstraint"`
}

type csdlConstraint struct {
	Property   string `xml:"Property,attr"`
	Referenced string `xml:"ReferencedProperty,attr"`
}

type csdlOperation struct {
	Name       string         `xml:"Name,attr"`
	Bound      bool           `xml:"IsBound,attr,omitempty"`
	Parameters []csdlProperty `xml:"Parameter"`
	Return     *csdlReturn    `xml:"ReturnType"`
}

type csdlReturn struct {
	Type     string `xml:"Type,attr"`
	Nullable string `xml:"Nullable,attr"`
}

type csdlContainer struct {
	Name      string       `xml:"Name,attr"`
	Sets      []csdlSet    `xml:"EntitySet"`
	Actions   []csdlImport `xml:"ActionImport"`
	Functions []csdlImport `xml:"FunctionImport"`
}

type csdlSet struct {
	Name        string           `xml:"Name,attr"`
	Type        string           `xml:"EntityType,attr"`
	Bindings    []csdlBinding    `xml:"NavigationPropertyBinding"`
	Annotations []csdlAnnotation `xml:"Annotation"`
}

type csdlBinding struct {
	Path   string `xml:"Path,attr"`
	Target string `xml:"Target,attr"`
}

type csdlAnnotation struct {
	Term     string             `xml:"Term,attr"`
	Property *csdlPropertyValue `xml:"Record>PropertyValue"`
}

type csdlPropertyValue struct {
	Property string `xml:"Property,attr"`
	Bool     bool   `xml:"Bool,attr"`
}

type csdlImport struct {
	Name     string `xml:"Name,attr"`
	Action   string `xml:"Action,attr,omitempty"`
	Function string `xml:"Function,attr,omitempty"`
}

// modelDocument is GET $metadata; annotations=true adds what tables can do.
func (s *Server) modelDocument(rq *request) (*response, error) {
	if rq.Method != http.MethodGet || len(rq.segments) > 1 {
		return nil, noMethod(rq.base + rq.path)
	}
	if err := rq.options.allow("annotations"); err != nil {
		return nil, err
	}
	annotated, _ := rq.options.get("annotations")
	d := csdlDocument{Version: "4.0", Edmx: "http://docs.oasis-open.org/odata/ns/edmx", Schema: s.schema.model(annotated == "true")}
	body, err := xml.Marshal(d)
	if err != nil {
		return nil, err
	}
	r := newResponse(http.StatusOK, append([]byte(`<?xml version="1.0" encoding="utf-8"?>`), body...))
	return r.set("Content-Type", "application/xml"), nil
}

const alias = "mscrm."

// qualified shortens the namespace to its alias.
func qualified(kind string) string {
	if name, ok := cutNamespace(kind); ok {
		return alias + name
	}
	return kind
}

func (s *schema) model(annotated bool) csdlSchema {
	m := csdlSchema{
		XMLNS: "http://docs.oasis-open.org/odata/ns/edm", Namespace: "Microsoft.Dynamics.CRM", Alias: "mscrm",
		Enums: []csdlEnum{
			{"EndpointAccessType", []csdlMember{{"Default", 0}, {"Internet", 1}, {"Intranet", 2}}},
			{"PrivilegeDepth", []csdlMember{{"Basic", 0}, {"Local", 1}, {"Deep", 2}, {"Global", 3}, {"RecordFilter", 4}}},
		},
		Entities: []csdlType{
			{Name: "crmbaseentity", Abstract: true},
			// Users and teams are principals: what owns rows, under one key.
			{Name: "principal", Base: alias + "crmbaseentity", Key: &csdlKey{[]csdlRef{{"ownerid"}}}, Properties: []csdlProperty{{Name: "ownerid", Type: "Edm.Guid"}}},
		},
		Container: csdlContainer{Name: "System"},
	}
	for _, t := range s.all {
		entity := s.modelOf(t)
		m.Entities = append(m.Entities, entity)
		m.Container.Sets = append(m.Container.Sets, s.setOf(t, annotated))
	}
	for _, o := range signatures() {
		m.add(o)
	}
	m.Complex = append(m.Complex, rolePrivilege(), organizationDetail(), csdlType{Name: "EndpointCollection", Properties: []csdlProperty{
		{Name: "Count", Type: "Edm.Int32", Nullable: "false"},
		{Name: "IsReadOnly", Type: "Edm.Boolean", Nullable: "false"},
		{Name: "Keys", Type: "Collection(Edm.String)"},
		{Name: "Values", Type: "Collection(Edm.String)"},
	}})
	return m
}

func rolePrivilege() csdlType {
	return csdlType{Name: "RolePrivilege", Properties: []csdlProperty{
		{Name: "Depth", Type: alias + "PrivilegeDepth", Nullable: "false"},
		{Name: "PrivilegeId", Type: "Edm.Guid", Nullable: "false"},
		{Name: "BusinessUnitId", Type: "Edm.Guid", Nullable: "false"},
		{Name: "PrivilegeName", Type: "Edm.String", Unicode: "false"},
		{Name: "RecordFilterId", Type: "Edm.Guid", Nullable: "false"},
		{Name: "RecordFilterUniqueName", Type: "Edm.String", Unicode: "false"},
	}}
}

func organizationDetail() csdlType {
	t := csdlType{Name: "OrganizationDetail", Properties: []csdlProperty{{Name: "OrganizationId", Type: "Edm.Guid", Nullable: "false"}}}
	for _, name := range []string{
		"FriendlyName", "OrganizationVersion", "EnvironmentId", "DatacenterId", "Geo", "TenantId", "UrlName", "UniqueName",
		"State", "OrganizationType", "SchemaType",
	} {
		t.Properties = append(t.Properties, csdlProperty{Name: name, Type: "Edm.String", Unicode: "false"})
	}
	t.Properties = append(t.Properties, csdlProperty{Name: "Endpoints", Type: alias + "EndpointCollection"})
	return t
}

func (s *schema) modelOf(t *table) csdlType {
	m := csdlType{Name: t.name, Base: alias + "crmbaseentity", Key: &csdlKey{[]csdlRef{{t.key().name}}}}
	if t.isPrincipal() {
		m.Base, m.Key = alias+"principal", nil
	}
	for _, c := range t.columns {
		p := csdlProperty{Name: c.property(), Type: c.kind.edm()}
		if c.kind == kindString {
			p.Unicode = "false"
		}
		if c.attribute == "Money" {
			p.Type, p.Scale = "Edm.Decimal", "Variable"
		}
		m.Properties = append(m.Properties, p)
		for i, g := range c.targets {
			far := s.byName[g.table]
			if far == nil || c.attribute == "Owner" && i > 0 {
				continue // a navigation property needs a type that is there
			}
			n := csdlNavigation{
				Name: g.nav, Type: alias + g.table, Nullable: "false", Partner: g.back,
				Constraint: &csdlConstraint{c.property(), far.keyName()},
			}
			if c.attribute == "Owner" {
				n.Type, n.Partner = alias+"principal", ""
			}
			m.Navigations = append(m.Navigations, n)
		}
	}
	for _, c := range t.collections {
		var partner string
		far := c.table
		if c.far != "" {
			far, partner = c.farTable, c.nav
		} else {
			many := s.byName[c.table]
			partner = many.columns[many.at(c.column)].nav(t.name)
		}
		m.Navigations = append(m.Navigations, csdlNavigation{Name: c.nav, Type: "Collection(" + alias + far + ")", Partner: partner})
	}
	return m
}

func (s *schema) setOf(t *table, annotated bool) csdlSet {
	m := csdlSet{Name: t.set, Type: qualified(t.typeName())}
	for _, c := range t.columns {
		for _, g := range c.targets {
			if far := s.byName[g.table]; far != nil && c.attribute != "Owner" {
				m.Bindings = append(m.Bindings, csdlBinding{g.nav, far.set})
			}
		}
	}
	for _, c := range t.collections {
		far := s.byName[c.table]
		if c.far != "" {
			far = s.byName[c.farTable]
		}
		m.Bindings = append(m.Bindings, csdlBinding{c.nav, far.set})
	}
	if annotated {
		m.Annotations = []csdlAnnotation{{"Org.OData.Capabilities.V1.ChangeTracking", &csdlPropertyValue{"Supported", !t.untracked}}}
	}
	return m
}

// add declares an operation, its response type and, unless it is bound, its import.
func (m *csdlSchema) add(o signature) {
	op := csdlOperation{Name: o.name, Bound: o.bound != ""}
	if o.bound != "" {
		kind := alias + o.bound
		if o.function && !o.ofRow {
			kind = "Collection(" + kind + ")"
		}
		op.Parameters = append(op.Parameters, csdlProperty{Name: "entity", Type: kind, Nullable: "false"})
	}
	for _, p := range o.parameters {
		op.Parameters = append(op.Parameters, p.property())
	}
	switch {
	case o.collection != "":
		op.Return = &csdlReturn{"Collection(" + alias + o.collection + ")", "false"}
	case o.returns != nil || o.function:
		op.Return = &csdlReturn{alias + o.name + "Response", "false"}
		response := csdlType{Name: o.name + "Response"}
		for _, p := range o.returns {
			response.Properties = append(response.Properties, p.property())
		}
		m.Complex = append(m.Complex, response)
	}
	switch {
	case o.function:
		m.Functions = append(m.Functions, op)
	default:
		m.Actions = append(m.Actions, op)
	}
	if o.bound != "" {
		return
	}
	if o.function {
		m.Container.Functions = append(m.Container.Functions, csdlImport{Name: o.name, Function: alias + o.name})
	} else {
		m.Container.Actions = append(m.Container.Actions, csdlImport{Name: o.name, Action: alias + o.name})
	}
}

func (p parameter) property() csdlProperty {
	c := csdlProperty{Name: p.name, Type: qualified(p.kind)}
	if p.kind == "Edm.String" {
		c.Unicode = "false"
	}
	if p.required {
		c.Nullable = "false"
	}
	return c
}
