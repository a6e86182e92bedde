package dataverse

import "strings"

// parseOrder reads "a desc,b/c".
func parseOrder(s *schema, t *table, source string, aliases queryOptions) (all []ordering, err error) {
	if strings.TrimSpace(source) == "" {
		return nil, syntaxError(0, source, "Expression expected")
	}
	for _, item := range splitOutside(source, ',') {
		fields := strings.Fields(item)
		direction := "asc"
		switch len(fields) {
		case 1:
		case 2:
			direction = fields[1]
		default:
			return nil, syntaxError(0, source, "Syntax error: '%s' is not expected", item)
		}
		if direction != "asc" && direction != "desc" {
			return nil, syntaxError(strings.Index(source, direction), source, "Syntax error: '%s' is not expected", direction)
		}
		tree, err := parseExpression(fields[0], aliases)
		if err != nil {
			return nil, err
		}
		if tree.kind != nodePath {
			return nil, badRequest(codeCrmHTTP, "The $orderby expression must be a column: '%s'.", fields[0])
		}
		column, err := newBinder(s, t, source).path(tree)
		if err != nil {
			return nil, err
		}
		all = append(all, ordering{read: column.sortValue(s), descending: direction == "desc"})
	}
	return all, nil
}

// sortValue: a lookup sorts by the name of the row it points at.
func (o operand) sortValue(s *schema) func(*frame) any {
	if o.kind != kindLookup {
		return o.read
	}
	t := s.byName[o.column.targets[0].table]
	if t == nil || t.primaryName == "" {
		return o.read
	}
	name := t.at(t.primaryName)
	return func(f *frame) any {
		id, ok := o.read(f).(string)
		if !ok {
			return nil
		}
		if r := f.db.get(t, id, "", f.now); r != nil {
			return r.cells[name]
		}
		return nil
	}
}
