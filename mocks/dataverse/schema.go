package dataverse

import (
	"fmt"
	"slices"
)

// kind is how a column's values are stored and sent. What the entity reference calls its type is attribute.
type kind uint8

const (
	kindKey      kind = iota // Uniqueidentifier that is the primary key
	kindGUID                 // any other Uniqueidentifier
	kindString               // String, Memo and EntityName: one type on the wire
	kindInteger              // Integer
	kindBigInt               // BigInt
	kindDouble               // Double, Decimal and Money
	kindBoolean              // Boolean
	kindChoice               // Picklist, State and Status
	kindDateTime             // DateTime, always UTC here
	kindDate                 // DateTime whose behaviour is DateOnly
	kindLookup               // Lookup, Owner and Customer
)

// edm is the type's name in OData error texts and in $metadata.
func (k kind) edm() string {
	switch k {
	case kindKey, kindGUID, kindLookup:
		return "Edm.Guid"
	case kindInteger, kindChoice:
		return "Edm.Int32"
	case kindBigInt:
		return "Edm.Int64"
	case kindDouble:
		return "Edm.Double"
	case kindBoolean:
		return "Edm.Boolean"
	case kindDateTime:
		return "Edm.DateTimeOffset"
	case kindDate:
		return "Edm.Date"
	default:
		return "Edm.String"
	}
}

// access says who may write a column.
type access uint8

const (
	readWrite access = iota
	createOnly
	readOnly // set by the server itself
)

// evidence says how well a declaration is founded. What is merely supposed is not declared at all.
type evidence uint8

const (
	documented evidence = iota // on Microsoft's page
	observed                   // in the public metadata of real organisations or in public code, on no page
	inferred                   // follows from documented facts
)

// label is one option of a choice.
type label struct {
	value int64
	text  string
}

// target is a table a lookup can point at: a many-to-one relationship. Its navigation property need not have the
// column's name: queue.msdyn_prequeueoverflowrulesetid is reached through msdyn_decisionrulesetid.
type target struct {
	table  string
	nav    string // navigation property from here to there
	schema string // the relationship's schema name; as a rule also the collection that leads back
	back   string // that collection's name where it differs
}

// column is one row of an entity reference page.
type column struct {
	name      string // logical name
	schema    string // schema name, as the page lists it
	kind      kind
	attribute string // the type the page prints, where it is not the kind's usual one
	evidence  evidence
	length    int   // of a text, in characters
	low, high int64 // of an integer
	labels    []label
	stateOf   map[int64]int64 // of a status: the state each belongs to; nil when there is one a state
	optionSet string          // name of the global choice its labels belong to
	targets   []target
	initial   any    // value of a new row that does not say otherwise
	tells     string // of a yes/no: the column whose having a value it reports
	required  bool   // application required: metadata only, the Web API does not enforce it
	cascade   bool   // of a lookup: the row goes with the one it points at
	restrict  bool   // of a lookup: the row it points at cannot go before it
	secret    bool   // can be written and never read
	zoneless  bool   // of a date and time: behaviour TimeZoneIndependent
	access    access
	absent    bool // this organisation is older: the wire knows nothing of it; guarded by Server.mu
}

// property is the column's name on the wire.
func (c *column) property() string {
	if c.kind == kindLookup {
		return "_" + c.name + "_value"
	}
	return c.name
}

func (c *column) label(value int64) (text string, ok bool) {
	for _, l := range c.labels {
		if l.value == value {
			return l.text, true
		}
	}
	return "", false
}

// collection is a collection-valued navigation property. One to many: the rows of table whose lookup column points
// here. Many to many: table is the intersect, column its side that points here, far the other side.
type collection struct {
	nav           string
	table, column string
	farTable, far string
}

// Key declares an alternate key. Which tables have one is each organisation's own customisation.
type Key struct {
	Table   string   // logical name
	Name    string   // display name, which the duplicate error prints
	Columns []string // logical names; lookups included
}

// intersect makes a table the middle of a many-to-many relationship between the keys of two others.
type intersect struct {
	schema string // the relationship, and both its navigation properties
	tables [2]string
}

// ownership as the entity reference prints it.
type ownership string

const (
	ownedByUser         ownership = "UserOwned"
	ownedByBusiness     ownership = "BusinessOwned"
	ownedByOrganisation ownership = "OrganizationOwned"
	ownedByNobody       ownership = "None"
)

// table is one entity reference page.
type table struct {
	name, set   string // logical name; entity set name
	schema      string // schema name where it is not the logical name
	display     string
	primaryName string // the column a lookup shows
	ownership   ownership
	elastic     bool
	untracked   bool   // no change tracking
	pessimistic bool   // no optimistic concurrency
	fixed       bool   // rows are Dataverse's own and cannot be written
	silent      bool   // no create, update and delete events
	activity    bool   // an activity: its navigation properties carry the table's name
	audit       string // schema names of the relationships to who created and changed a row; %s is the column
	columns     []*column
	collections []collection
	intersect   *intersect
	keys        []Key

	number     int            // place among the tables; stable, for identifiers of metadata
	indexed    []int          // columns that collections and clients look rows up by
	byProperty map[string]int // wire name → index in columns
	byColumn   map[string]int // logical name → index in columns
	byNav      map[string]reach
}

// reach is where a single-valued navigation property leads: a column, and which of its targets.
type reach struct{ column, target int }

func (t *table) key() *column { return t.columns[0] }

// at is the index of a column by logical name; the schema is complete or the program is wrong.
func (t *table) at(name string) int {
	i, ok := t.byColumn[name]
	if !ok {
		panic("no column " + name + " in " + t.name)
	}
	return i
}

// has is for the columns only some tables have.
func (t *table) has(name string) bool { _, ok := t.byColumn[name]; return ok }

// lookupByNav finds the single-valued navigation property.
func (t *table) lookupByNav(nav string) (index int, ok bool) {
	r, ok := t.byNav[nav]
	return r.column, ok && !t.columns[r.column].absent
}

func (t *table) collectionByNav(nav string) (c collection, ok bool) {
	i := slices.IndexFunc(t.collections, func(c collection) bool { return c.nav == nav })
	if i < 0 {
		return collection{}, false
	}
	return t.collections[i], true
}

// type name as error texts print it.
func (t *table) typeName() string { return "Microsoft.Dynamics.CRM." + t.name }

// schema is every table the mock serves.
type schema struct {
	all       []*table
	byName    map[string]*table
	bySet     map[string]*table
	reader    *rights // nil: the organisation itself; see readBy
	functions map[string]queryFunction
}

func newSchema(keys []Key) (*schema, error) {
	s := &schema{all: tables(), byName: map[string]*table{}, bySet: map[string]*table{}, functions: newQueryFunctions()}
	for i, t := range s.all {
		t.complete(i)
		s.byName[t.name], s.bySet[t.set] = t, t
	}
	for _, t := range s.all {
		s.relate(t)
	}
	s.chooseIndexes()
	for _, k := range keys {
		t, ok := s.byName[k.Table]
		if !ok {
			return nil, unknownName("table", k.Table)
		}
		for _, name := range k.Columns {
			if !t.has(name) {
				return nil, unknownName("column", k.Table+"."+name)
			}
		}
		t.keys = append(t.keys, k)
	}
	return s, nil
}

// complete fills in what follows from the declaration.
func (t *table) complete(number int) {
	t.number = number
	t.byProperty, t.byColumn, t.byNav = map[string]int{}, map[string]int{}, map[string]reach{}
	if t.schema == "" {
		t.schema = t.name
	}
	if t.display == "" {
		t.display = t.schema
	}
	if t.audit == "" {
		t.audit = "lk_" + t.name + "_%s"
	}
	if t.ownership == "" {
		t.ownership = ownedByOrganisation
		if i := slices.IndexFunc(t.columns, func(c *column) bool { return c.attribute == "Owner" }); i >= 0 {
			t.ownership = ownedByUser
		}
	}
	for i, c := range t.columns {
		t.byProperty[c.property()], t.byColumn[c.name] = i, i
		for j := range c.targets {
			c.targets[j].complete(t, c)
			if _, taken := t.byNav[c.targets[j].nav]; !taken { // an owner's targets share one
				t.byNav[c.targets[j].nav] = reach{i, j}
			}
		}
	}
}

// complete names a relationship that the declaration leaves to the rules: those of the columns every table has, and
// the one the portal's designer follows for all others.
func (g *target) complete(t *table, c *column) {
	system := isEverywhere(c.name)
	if g.schema == "" && t.activity && system {
		g.schema = t.name + "_" + g.table + "_" + c.name
	}
	if g.schema == "" {
		switch c.name {
		case "createdby", "createdonbehalfby", "modifiedby", "modifiedonbehalfby":
			g.schema = fmt.Sprintf(t.audit, c.name)
		case "ownerid":
			g.schema = "owner_" + t.name
		case "owninguser":
			g.schema = "user_" + t.name
		case "owningteam":
			g.schema = "team_" + t.name
		case "owningbusinessunit":
			g.schema = "business_unit_" + t.name
		default:
			g.schema = g.table + "_" + t.name + "_" + c.name
		}
	}
	if g.back == "" {
		g.back = g.schema
	}
	if g.nav == "" {
		g.nav = c.name
		if isCustom(c.name) {
			g.nav = c.schema // of custom columns the navigation property keeps the schema name's capitals
		}
		if t.activity {
			g.nav += "_" + t.name
		} else if len(c.targets) > 1 && c.attribute != "Owner" {
			g.nav += "_" + g.table
		}
	}
}

// isCustom knows what a solution of its own brought: such names have the publisher's prefix.
func isCustom(name string) bool { return len(name) > 6 && name[:6] == "msdyn_" }

// relate adds the way back of every relationship to the table it points at.
func (s *schema) relate(t *table) {
	for _, c := range t.columns {
		for _, g := range c.targets {
			if far := s.byName[g.table]; far != nil && (c.attribute != "Owner" || g.table == "systemuser") {
				far.collections = append(far.collections, collection{nav: g.back, table: t.name, column: c.name})
			}
		}
	}
	if t.intersect == nil {
		return
	}
	for i, name := range t.intersect.tables {
		near, far := s.byName[name], s.byName[t.intersect.tables[1-i]]
		near.collections = append(near.collections, collection{
			nav: t.intersect.schema, table: t.name, column: near.key().name, farTable: far.name, far: far.key().name,
		})
	}
}

// chooseIndexes: what the tables' own collections are read by, and the identifiers clients search for. Who created or
// owns a row is not indexed: every table has those columns and nobody lists a user's rows.
func (s *schema) chooseIndexes() {
	choose := func(table, column string) {
		t := s.byName[table]
		if i := t.at(column); !slices.Contains(t.indexed, i) {
			t.indexed = append(t.indexed, i)
		}
	}
	for _, t := range s.all {
		for _, c := range t.collections {
			if !isEverywhere(c.column) {
				choose(c.table, c.column)
			}
		}
	}
	choose("msdyn_proactive_delivery", "msdyn_delivery_id")
	choose("systemuser", "applicationid")
	choose("systemuser", "azureactivedirectoryobjectid")
	choose("systemuserroles", "systemuserid")
	choose("roleprivileges", "roleid")
	choose("roleprivileges", "privilegeid")
}

// isEverywhere knows the lookups every table has.
func isEverywhere(column string) bool {
	return slices.Contains([]string{
		"createdby", "createdonbehalfby", "modifiedby", "modifiedonbehalfby",
		"ownerid", "owninguser", "owningteam", "owningbusinessunit", "organizationid",
	}, column)
}

// tables in the order a reader meets them; each file holds the ones that belong together.
func tables() []*table {
	return slices.Concat(
		queueTables(), overflowTables(), messageTables(), workstreamTables(), routingTables(), hoursTables(),
		conversationTables(), presenceTables(), engagementTables(), deliveryTables(),
		peopleTables(), securityTables(), eventTables(), systemTables(),
	)
}
