package dataverse

import (
	"net/http"
	"strconv"
	"strings"
)

// preferences of one request.
type preferences struct {
	representation  bool
	annotations     annotations
	pageSize        int // 0: not asked for
	continueOnError bool
	tracking        bool // of changes
	applied         []string
}

const preferContinue = "odata.continue-on-error"

const maxPage = 5000

// parsePreferences reads tokens that come comma-joined in one header, or as several headers, or both. Commas inside
// quotes belong to the token. A preference the mock does not know is refused: a server may ignore one, but a client
// that sends it expects something.
func parsePreferences(h http.Header) (p preferences, err error) {
	for _, line := range h.Values("Prefer") {
		for _, raw := range splitQuoted(line) {
			name, value, _ := strings.Cut(raw, "=")
			value = strings.Trim(value, `"`)
			switch name {
			case "return":
				if value != "representation" {
					return p, unsupported("Prefer: %s", raw)
				}
				p.representation = true
			case "odata.include-annotations":
				if p.annotations, err = parseAnnotations(value); err != nil {
					return p, err
				}
			case "odata.maxpagesize":
				n, err := strconv.Atoi(value)
				if err != nil || n < 1 {
					return p, badRequest(codeCrmHTTP, "Invalid value '%s' for the preference odata.maxpagesize.", value)
				}
				p.pageSize = min(n, maxPage)
			case preferContinue:
				if value != "" && value != "true" {
					return p, unsupported("Prefer: %s", raw)
				}
				p.continueOnError = true
			case "odata.track-changes":
				p.tracking = true
			default:
				return p, unsupported("Prefer: %s", raw)
			}
			p.applied = append(p.applied, raw)
		}
	}
	return p, nil
}

// splitQuoted splits at commas outside double quotes.
func splitQuoted(line string) (parts []string) {
	quoted, start := false, 0
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				parts = append(parts, line[start:i])
				start = i + 1
			}
		}
	}
	parts = append(parts, line[start:])
	kept := parts[:0]
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

// annotations are the patterns asked for: names, or prefixes ending in an asterisk.
type annotations []string

func parseAnnotations(value string) (annotations, error) {
	var all annotations
	for pattern := range strings.SplitSeq(value, ",") {
		pattern = strings.TrimSpace(pattern)
		if strings.HasPrefix(pattern, "-") || pattern == "" {
			return nil, unsupported("the annotation pattern '%s'", pattern)
		}
		all = append(all, pattern)
	}
	return all, nil
}

func (a annotations) want(name string) bool {
	for _, pattern := range a {
		if prefix, wild := strings.CutSuffix(pattern, "*"); wild && strings.HasPrefix(name, prefix) || pattern == name {
			return true
		}
	}
	return false
}

// The annotations this mock can give.
const (
	annotationFormatted  = "OData.Community.Display.V1.FormattedValue"
	annotationLookupName = "Microsoft.Dynamics.CRM.lookuplogicalname"
	annotationNavigation = "Microsoft.Dynamics.CRM.associatednavigationproperty"
	annotationTotal      = "Microsoft.Dynamics.CRM.totalrecordcount"
	annotationExceeded   = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
	annotationMetadata   = "Microsoft.Dynamics.CRM.globalmetadataversion"
)
