package dataverse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"
)

// maxMessage is the size above which a message loses its content.
const maxMessage = 192 << 10

// claims is the prefix of the application properties.
const claims = "http://schemas.microsoft.com/xrm/2011/Claims/"

// pair is one entry of a dictionary as .NET writes it.
type pair struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// remoteContext is a RemoteExecutionContext, its members in the order .NET writes them.
type remoteContext struct {
	BusinessUnitID         string `json:"BusinessUnitId"`
	CorrelationID          string `json:"CorrelationId"`
	Depth                  int
	InitiatingUserAgent    string
	InitiatingUserObjectID string  `json:"InitiatingUserAzureActiveDirectoryObjectId"`
	InitiatingUserID       string  `json:"InitiatingUserId"`
	InputParameters        *[]pair `json:",omitempty"`
	IsExecutingOffline     bool
	IsInTransaction        bool
	IsOfflinePlayback      bool
	IsolationMode          int
	MessageName            string
	Mode                   int
	OperationCreatedOn     string
	OperationID            string `json:"OperationId"`
	OrganizationID         string `json:"OrganizationId"`
	OrganizationName       string
	OutputParameters       []pair
	OwningExtension        entityReference
	ParentContext          *json.RawMessage `json:",omitempty"`
	PostEntityImages       *[]pair          `json:",omitempty"`
	PreEntityImages        *[]pair          `json:",omitempty"`
	PrimaryEntityID        string           `json:"PrimaryEntityId"`
	PrimaryEntityName      string
	RequestID              string `json:"RequestId"`
	SecondaryEntityName    string
	SharedVariables        []pair
	Stage                  int
	UserObjectID           string `json:"UserAzureActiveDirectoryObjectId"`
	UserID                 string `json:"UserId"`
}

// entityReference is an EntityReference.
type entityReference struct {
	Type          string `json:"__type,omitempty"`
	ID            string `json:"Id"`
	KeyAttributes []pair
	LogicalName   string
	Name          *string
	RowVersion    *string
}

// entity is an Entity; in images it goes without its type.
type entity struct {
	Type            string `json:"__type,omitempty"`
	Attributes      []pair
	EntityState     *int
	FormattedValues []pair
	ID              string `json:"Id"`
	KeyAttributes   []pair
	LogicalName     string
	RelatedEntities []pair
	RowVersion      *string
}

// valueOf is a value that is not a plain one.
type valueOf struct {
	Type  string `json:"__type"`
	Value any
}

const (
	noID           = "00000000-0000-0000-0000-000000000000"
	contractSchema = ":http://schemas.microsoft.com/xrm/2011/Contracts"
	primaryImage   = "AsynchronousStepPrimaryName"
)

// compose writes a job's message: what happened, what the row was and is, and who did it.
func (s *Server) compose(j *job, step *row, e rowEvent) {
	steps := s.schema.byName["sdkmessageprocessingstep"]
	inputs, pre, post := []pair{{"Target", s.target(e)}}, s.images(step, e, imagePre), s.images(step, e, imagePost)
	c := s.newContext(j, e)
	c.InputParameters, c.PreEntityImages, c.PostEntityImages = &inputs, &pre, &post
	c.OutputParameters, c.OwningExtension.ID = outputs(e), step.id
	if as, ok := step.cells[steps.at("impersonatinguserid")].(ref); ok {
		c.UserID = as.id
	}
	j.seal(c, e)
}

// newContext is what every message says.
func (s *Server) newContext(j *job, e rowEvent) *remoteContext {
	parent := json.RawMessage("null")
	return &remoteContext{
		BusinessUnitID: s.organisation.businessUnit, CorrelationID: j.correlation, Depth: 1,
		InitiatingUserAgent: e.agent, InitiatingUserObjectID: noID, InitiatingUserID: e.user, InputParameters: &[]pair{},
		IsolationMode: 1, MessageName: e.message, Mode: modeAsynchronous, OperationCreatedOn: wcfTime(e.at, "+0000"),
		OperationID: j.id, OrganizationID: s.organisation.id, OrganizationName: s.uniqueName(), OutputParameters: []pair{},
		OwningExtension: entityReference{KeyAttributes: []pair{}, LogicalName: "sdkmessageprocessingstep"}, ParentContext: &parent,
		PostEntityImages: &[]pair{}, PreEntityImages: &[]pair{}, PrimaryEntityID: e.row().id, PrimaryEntityName: e.table.name,
		RequestID: j.request, SecondaryEntityName: "none",
		SharedVariables: []pair{{"IsAutoTransact", true}}, Stage: stagePostOperation, UserObjectID: noID, UserID: e.user,
	}
}

// seal puts a context into the job's message; one that is too big loses its content.
func (j *job) seal(c *remoteContext, e rowEvent) {
	j.message.ContentType = "application/json"
	j.message.Properties = map[string]any{
		claims + "Organization": c.OrganizationName, claims + "User": c.UserID, claims + "InitiatingUser": c.InitiatingUserID,
		claims + "EntityLogicalName": e.table.name, claims + "RequestName": e.message,
	}
	if j.message.Body = c.encode(); len(j.message.Body) <= maxMessage {
		return
	}
	c.ParentContext, c.InputParameters, c.PreEntityImages, c.PostEntityImages = nil, nil, nil, nil
	j.message.Properties["MessageMaxSizeExceeded"] = true
	j.message.Body = c.encode()
	j.tooBig = len(j.message.Body) > maxMessage
}

// encode writes JSON the way WCF does: slashes escaped, angle brackets not.
func (c *remoteContext) encode() []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c); err != nil {
		panic(errors.Join(errors.New("a context always encodes"), err))
	}
	return bytes.ReplaceAll(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("/"), []byte(`\/`))
}

func (e rowEvent) row() *row {
	if e.after != nil {
		return e.after
	}
	return e.before
}

// target is what the request was about: the whole new row, what an update carries, or the name of what is gone.
func (s *Server) target(e rowEvent) any {
	r := e.row()
	switch e.message {
	case "Delete":
		return e.reference()
	case "Create":
		var columns []int
		for i := range e.table.columns {
			if r.cells[i] != nil {
				columns = append(columns, i)
			}
		}
		return e.entity(r, columns, "Entity"+contractSchema)
	default:
		columns := e.columns()
		if e.table.has("modifiedon") {
			columns = append(slices.Clip(columns), e.table.at("modifiedon"))
		}
		return e.entity(r, append(columns, 0), "Entity"+contractSchema)
	}
}

// reference names the row.
func (e rowEvent) reference() entityReference {
	return entityReference{Type: "EntityReference" + contractSchema, ID: e.row().id, KeyAttributes: []pair{}, LogicalName: e.table.name}
}

func outputs(e rowEvent) []pair {
	if e.message == "Create" {
		return []pair{{"id", e.after.id}}
	}
	return []pair{}
}

// images are what the step asked to see of the row before or after. There is none before a Create nor after a
// Delete. The platform adds one of its own with the row's name.
func (s *Server) images(step *row, e rowEvent, which int64) []pair {
	all := []pair{}
	r := e.before
	if which == imagePost {
		r = e.after
	}
	if r == nil {
		return all
	}
	images := s.schema.byName["sdkmessageprocessingstepimage"]
	for image := range s.db.matching(images, images.at("sdkmessageprocessingstepid"), step.id, e.at) {
		if kind, _ := image.cells[images.at("imagetype")].(int64); kind != which && kind != imageBoth {
			continue
		}
		alias, _ := image.cells[images.at("entityalias")].(string)
		attributes, _ := image.cells[images.at("attributes")].(string)
		all = append(all, pair{alias, e.image(r, names(attributes))})
	}
	if which == imagePost && e.table.primaryName != "" {
		all = append(all, pair{primaryImage, e.image(r, []string{e.table.primaryName})})
	}
	return all
}

// image shows the named columns, or all.
func (e rowEvent) image(r *row, wanted []string) entity {
	columns := []int{}
	for _, name := range wanted {
		if e.table.has(name) {
			columns = append(columns, e.table.at(name))
		}
	}
	if len(wanted) == 0 {
		for i := range e.table.columns {
			if r.cells[i] != nil {
				columns = append(columns, i)
			}
		}
	}
	image := e.entity(r, columns, "")
	image.FormattedValues, image.RowVersion = []pair{}, nil
	return image
}

func (e rowEvent) entity(r *row, columns []int, typeName string) entity {
	version := strconv.FormatInt(r.version, 10)
	all := entity{
		Type: typeName, Attributes: []pair{}, FormattedValues: []pair{}, ID: r.id, KeyAttributes: []pair{},
		LogicalName: e.table.name, RelatedEntities: []pair{}, RowVersion: &version,
	}
	for _, index := range columns {
		c, cell := e.table.columns[index], r.cells[index]
		if c.secret {
			continue
		}
		all.Attributes = append(all.Attributes, pair{c.name, c.contract(cell)})
		if n, ok := cell.(int64); ok && c.kind == kindChoice {
			if text, ok := c.label(n); ok {
				all.FormattedValues = append(all.FormattedValues, pair{c.name, text})
			}
		}
	}
	return all
}

// contract is a value as the data contracts of the platform write it.
func (c *column) contract(cell any) any {
	switch v := cell.(type) {
	case ref:
		return entityReference{Type: "EntityReference" + contractSchema, ID: v.id, KeyAttributes: []pair{}, LogicalName: v.table}
	case time.Time:
		return wcfTime(v, "")
	case int64:
		if c.kind == kindChoice {
			return valueOf{"OptionSetValue" + contractSchema, v}
		}
		return v
	case float64:
		if c.attribute == "Money" {
			return valueOf{"Money" + contractSchema, v}
		}
		return v
	default:
		return v
	}
}

func wcfTime(at time.Time, zone string) string {
	return "/Date(" + strconv.FormatInt(at.UnixMilli(), 10) + zone + ")/"
}

// uniqueName of the organisation; it has nothing to do with its display name.
func (s *Server) uniqueName() string { return "unq" + s.organisation.id[:8] }

// derivedID identifies something that belongs to a change, the same however often it is asked for.
func derivedID(what, whose string, e rowEvent) string {
	h := fnv.New128a()
	_, _ = fmt.Fprint(h, what, whose, e.table.name, e.row().id, e.version(), e.message) // never fails
	return guid([16]byte(h.Sum(nil)))
}
