package dataverse

import (
	"net/http"
	"slices"
	"strings"
)

// metadataSet is one of the three ways into the metadata.
type metadataSet struct {
	kind string // declared type of its members
	key  string // the property they are named by
	all  func(s *schema) []definition
	// missing is the error of a name that is not there.
	missing func(name string) error
}

func metadataSets() map[string]metadataSet {
	return map[string]metadataSet{
		"EntityDefinitions": {"EntityMetadata", "LogicalName", func(s *schema) []definition {
			var all []definition
			for _, t := range s.all {
				all = append(all, s.define(t))
			}
			return all
		}, func(name string) error {
			return fail(http.StatusNotFound, codeNoTable,
				"The entity with a name = '%s' with namemapping = 'Logical' was not found in the MetadataCache.", name)
		}},
		"RelationshipDefinitions": {"RelationshipMetadataBase", "SchemaName", (*schema).allRelationships, func(name string) error {
			return fail(http.StatusNotFound, codeNone, "Could not find a relationship with name '%s'.", name)
		}},
		"GlobalOptionSetDefinitions": {"OptionSetMetadataBase", "Name", (*schema).globalChoices, func(name string) error {
			return fail(http.StatusNotFound, codeNone, "Could not find optionset with name '%s'.", name)
		}},
	}
}

// walk is a place in the metadata: some definitions or one of them, and how the path there is written.
type walk struct {
	many    []definition
	one     *definition // set when the path has come to a single one
	single  bool
	kind    string // declared type of what is there
	context string
}

// readMetadata answers GET below one of the sets.
func (s *Server) readMetadata(rq *request, set metadataSet) (*response, error) {
	if rq.Method != http.MethodGet {
		return nil, unsupported("%s on %s: the schema is fixed", rq.Method, rq.segments[0].name)
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	at := walk{kind: set.kind, many: set.all(s.schema), context: rq.segments[0].name}
	if err := at.choose(rq.segments[0], set.key, set.missing); err != nil {
		return nil, err
	}
	for _, segment := range rq.segments[1:] {
		if err := at.step(segment); err != nil {
			return nil, err
		}
	}
	return s.answerMetadata(rq, at)
}

// step takes one more segment of the path.
func (at *walk) step(segment segment) error {
	if cast, ok := strings.CutPrefix(segment.name, queryNamespace); ok && !segment.called {
		return at.cast(cast)
	}
	if !at.single || at.one == nil || at.one.nav == nil {
		return notFoundSegment(segment.name)
	}
	r, ok := at.one.nav(segment.name)
	if !ok {
		if _, isFact := at.one.fact(segment.name); isFact {
			return unsupported("a single property of the metadata: %s", segment.name)
		}
		return notFoundSegment(segment.name)
	}
	at.context += "/" + segment.name
	if at.kind, at.many, at.one, at.single = r.kind, r.many, r.one, r.many == nil; at.single {
		return nil
	}
	return at.choose(segment, "LogicalName", func(name string) error {
		return fail(http.StatusNotFound, codeNoColumn, "Could not find an attribute with specified name: %s", name)
	})
}

// choose applies a key, if the segment has one.
func (at *walk) choose(segment segment, key string, missing func(string) error) error {
	if !segment.called {
		return nil
	}
	parts := parseKey(segment.arguments)
	if len(parts) != 1 {
		return badMetadataKey(segment.name)
	}
	name, literal := parts[0].name, parts[0].literal
	value, isText := strings.CutPrefix(literal, "'")
	value, closed := strings.CutSuffix(value, "'")
	id, isID := parseGUID(literal)
	switch {
	case name == key && isText && closed:
		value = strings.ReplaceAll(value, "''", "'")
	case (name == "MetadataId" || name == "") && isID:
		key, value = "MetadataId", id
	default:
		return badMetadataKey(segment.name)
	}
	i := slices.IndexFunc(at.many, func(d definition) bool { return d.text(key) == value })
	if i < 0 {
		return missing(value)
	}
	at.one, at.single, at.context = &at.many[i], true, at.context+"("+at.many[i].text("MetadataId")+")"
	return nil
}

func badMetadataKey(set string) error {
	return badRequest(codeCrmHTTP, "The key in the request URI is not valid for '%s'.", set)
}

// castTypes are the types definitions can be cast to. EnumAttributeMetadata is not among them: Dataverse refuses it.
func castTypes() []string {
	return strings.Fields(`StringAttributeMetadata MemoAttributeMetadata IntegerAttributeMetadata BigIntAttributeMetadata
		DoubleAttributeMetadata DecimalAttributeMetadata MoneyAttributeMetadata BooleanAttributeMetadata PicklistAttributeMetadata
		MultiSelectPicklistAttributeMetadata StateAttributeMetadata StatusAttributeMetadata DateTimeAttributeMetadata
		LookupAttributeMetadata UniqueIdentifierAttributeMetadata EntityNameAttributeMetadata ImageAttributeMetadata
		FileAttributeMetadata ManagedPropertyAttributeMetadata OneToManyRelationshipMetadata ManyToManyRelationshipMetadata
		OptionSetMetadata BooleanOptionSetMetadata`)
}

// cast keeps the definitions of a type; a table without such columns has an empty list, not an error.
func (at *walk) cast(kind string) error {
	if !slices.Contains(castTypes(), kind) {
		return badRequest(codeCrmHTTP, "The type '%s' cannot be used in a cast here.", queryNamespace+kind)
	}
	at.kind, at.context = kind, at.context+"/"+queryNamespace+kind
	if at.single {
		if at.one == nil || at.one.kind != kind {
			return fail(http.StatusNotFound, codeNone, "The definition is not of the type '%s'.", queryNamespace+kind)
		}
		return nil
	}
	at.many = slices.DeleteFunc(slices.Clone(at.many), func(d definition) bool { return d.kind != kind })
	return nil
}

// answerMetadata writes what the path has come to.
func (s *Server) answerMetadata(rq *request, at walk) (*response, error) {
	allowed := []string{"$select", "$expand", "LabelLanguages"}
	if !at.single {
		allowed = append(allowed, "$filter")
	}
	if err := rq.options.allow(allowed...); err != nil {
		return nil, err
	}
	seen, err := newOutline(s.prototypes, at.kind, rq.options)
	if err != nil {
		return nil, err
	}
	w := &jsonWriter{}
	if at.single {
		if at.one == nil {
			return newResponse(http.StatusNoContent, nil), nil
		}
		w.open('{')
		w.member("@odata.context", rq.root+"$metadata#"+at.context+seen.context()+"/$entity")
		if err := seen.write(w, *at.one); err != nil {
			return nil, err
		}
		w.close('}')
		return rq.applied(newResponse(http.StatusOK, w.buf)), nil
	}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#"+at.context+seen.context())
	w.name("value")
	if err := seen.list(w, at.many); err != nil {
		return nil, err
	}
	w.close('}')
	return rq.applied(newResponse(http.StatusOK, w.buf)), nil
}
