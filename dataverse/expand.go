package dataverse

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Expand asks for the rows that the found ones point to. Filter, OrderBy and Top
// are for collections; Dataverse refuses OrderBy and Top beside Expand.
type Expand struct {
	Navigation string
	Select     []string // at least one column
	Filter     Filter
	OrderBy    []string
	Top        int
	Expand     []Expand
}

func expansions(all []Expand) (string, error) {
	parts := make([]string, len(all))
	for i, e := range all {
		text, err := e.write()
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	return strings.Join(parts, ","), nil
}

func (e Expand) write() (string, error) {
	if !columnPattern.MatchString(e.Navigation) || len(e.Select) == 0 {
		return "", errors.New("an Expand needs a navigation and columns")
	}
	nested, err := expansions(e.Expand)
	if err := errors.Join(err, checkColumns(e.Select), checkOrder(e.OrderBy), e.Filter.err); err != nil {
		return "", fmt.Errorf("expand %s: %w", e.Navigation, err)
	}
	options := []string{"$select=" + strings.Join(e.Select, ",")}
	add := func(name, value string) {
		if value != "" {
			options = append(options, name+"="+value)
		}
	}
	add("$filter", e.Filter.text)
	add("$orderby", strings.Join(e.OrderBy, ","))
	if e.Top > 0 {
		add("$top", strconv.Itoa(e.Top))
	}
	add("$expand", nested)
	return e.Navigation + "(" + strings.Join(options, ";") + ")", nil
}

// annotations is the preference for what is not in the row itself.
func annotations(formatted bool, others []string) []string {
	if formatted {
		others = append([]string{formattedValue}, others...)
	}
	if len(others) == 0 {
		return nil
	}
	return []string{`odata.include-annotations="` + strings.Join(others, ",") + `"`}
}

var annotationPattern = regexp.MustCompile(`^[A-Za-z0-9_.]*\*?$`)

func checkAnnotations(names []string) error {
	for _, name := range names {
		if name == "" || !annotationPattern.MatchString(name) {
			return fmt.Errorf("%q is not an annotation", name)
		}
	}
	return nil
}
