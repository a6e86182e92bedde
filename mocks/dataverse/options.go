package dataverse

import (
	"net/url"
	"slices"
	"strings"
)

// option is one name=value of a query string.
type option struct {
	name, value string
	raw         string // as sent, for the next link
}

// queryOptions in the order sent.
type queryOptions []option

// parseOptions splits a query string. A raw semicolon belongs to a nested option, so the standard library's parser,
// which drops such pairs, is of no use. '+' is a space. Some documented queries put a second question mark before
// an alias; it separates too.
func parseOptions(query string) (queryOptions, error) {
	var all queryOptions
	for raw := range strings.SplitSeq(separateAliases(query), "&") {
		if raw == "" {
			continue
		}
		name, value, _ := strings.Cut(raw, "=")
		o := option{raw: raw}
		var err1, err2 error
		o.name, err1 = url.QueryUnescape(name)
		o.value, err2 = url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, badRequest(codeCrmHTTP, "Malformed escape in the query string.")
		}
		if _, repeated := all.get(o.name); repeated {
			return nil, badRequest(codeCrmHTTP, "Query option '%s' was specified more than once, but it must be specified at most once.", o.name)
		}
		all = append(all, o)
	}
	return all, nil
}

// separateAliases writes "&@" for each "?@" outside a text.
func separateAliases(query string) string {
	if !strings.Contains(query, "?@") {
		return query
	}
	out := []byte(query)
	quoted := false
	for i := range len(query) {
		switch rest := query[i:]; {
		case rest[0] == '\'', strings.HasPrefix(rest, "%27"):
			quoted = !quoted // a doubled quote toggles twice
		case !quoted && strings.HasPrefix(rest, "?@"):
			out[i] = '&'
		}
	}
	return string(out)
}

func (q queryOptions) get(name string) (value string, ok bool) {
	for _, o := range q {
		if o.name == name {
			return o.value, true
		}
	}
	return "", false
}

// without is the query string as sent, less one option.
func (q queryOptions) without(name string) string {
	var kept []string
	for _, o := range q {
		if o.name != name {
			kept = append(kept, o.raw)
		}
	}
	return strings.Join(kept, "&")
}

// allow refuses every option not named; aliases are always welcome. What Dataverse itself refuses is 400. What only
// the mock lacks is 501, and so is any option without a dollar sign that is unknown here: Dataverse's own have none.
func (q queryOptions) allow(names ...string) error {
	for _, o := range q {
		if strings.HasPrefix(o.name, "@") || slices.Contains(names, o.name) {
			continue
		}
		switch {
		case o.name == "$skip":
			return badRequest(codeCrmHTTP, "Skip Clause is not supported in CRM")
		case slices.Contains([]string{"$apply", "$deltatoken", "$skiptoken", "$id"}, o.name), !strings.HasPrefix(o.name, "$"):
			return unsupported("the query option %s here", o.name)
		default:
			return badRequest(codeCrmHTTP, "The query parameter %s is not supported", o.name)
		}
	}
	return nil
}
