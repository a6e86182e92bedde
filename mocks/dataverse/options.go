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
	for raw := range strings.SplitSeq(strings.ReplaceAll(query, "?@", "&@"), "&") {
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

// verdicts on query options. Names are case-sensitive.
const (
	refused = "400" // Dataverse refuses it
	unbuilt = "501" // only the mock does
)

// optionVerdicts for everything that is known and not served. What is not here and not allowed is refused when it
// begins with a dollar sign and unbuilt otherwise: Dataverse's own parameters have no dollar sign.
func optionVerdicts() map[string]string {
	return map[string]string{
		"$skip": refused, "$search": refused, "$format": refused, "$compute": refused,
		"$apply": unbuilt, "$deltatoken": unbuilt, "$skiptoken": unbuilt, "$id": unbuilt, "$levels": refused,
	}
}

// allow refuses every option not named. Aliases are always welcome.
func (q queryOptions) allow(names ...string) error {
	verdicts := optionVerdicts()
	for _, o := range q {
		if strings.HasPrefix(o.name, "@") || slices.Contains(names, o.name) {
			continue
		}
		verdict, known := verdicts[o.name]
		switch {
		case verdict == unbuilt, !known && !strings.HasPrefix(o.name, "$"):
			return unsupported("the query option %s here", o.name)
		case o.name == "$skip":
			return badRequest(codeCrmHTTP, "Skip Clause is not supported in CRM")
		default:
			return badRequest(codeCrmHTTP, "The query parameter %s is not supported", o.name)
		}
	}
	return nil
}
