package dataverse

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Insert adds a row the way an admin would, past authentication. Keys are logical column names; a lookup takes the id
// of a row of its first target table. Values are those of the column's type: string, bool, any integer, time.Time,
// nil. The id is the primary key given in row, or a new one.
func (s *Server) Insert(table string, row map[string]any) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.insertSeed(table, row)
}

// insertSeed is Insert with the lock held.
func (s *Server) insertSeed(table string, row map[string]any) (id string, err error) {
	t, set, err := s.seedChanges(table, row)
	if err != nil {
		return "", err
	}
	r, err := s.insert(s.local(), t, "", set)
	if err != nil {
		return "", fmt.Errorf("dataverse mock: insert %s: %w", table, err)
	}
	return r.id, nil
}

// Update changes columns of an existing row, as an admin would in the portal.
func (s *Server) Update(table, id string, row map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, set, err := s.seedChanges(table, row)
	if err != nil {
		return err
	}
	old := s.db.get(t, strings.ToLower(id), "", s.now())
	if old == nil {
		return fmt.Errorf("dataverse mock: update %s: %w", table, notFoundRow(t, id))
	}
	_, err = s.update(s.local(), t, old, set)
	return err
}

// local is the request of the process itself.
func (s *Server) local() *request {
	return &request{now: s.now(), user: s.organisation.administrator}
}

func (s *Server) seedChanges(name string, row map[string]any) (*table, changes, error) {
	t := s.schema.byName[name]
	if t == nil {
		return nil, nil, unknownName("table", name)
	}
	set := changes{}
	for columnName, value := range row {
		if !t.has(columnName) {
			return nil, nil, unknownName("column", name+"."+columnName)
		}
		index := t.at(columnName)
		c := t.columns[index]
		cell, ok := c.fromGo(value)
		if !ok {
			return nil, nil, fmt.Errorf("dataverse mock: %s.%s takes no %T", name, columnName, value)
		}
		if err := c.check(t, cell); err != nil {
			return nil, nil, fmt.Errorf("dataverse mock: %w", err)
		}
		set[index] = cell
	}
	return t, set, nil
}

// fromGo converts a Go value for a column.
func (c *column) fromGo(value any) (cell any, ok bool) {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Truncate(time.Second), c.kind == kindDateTime
	case string:
		if c.kind != kindLookup {
			return c.fromJSON(v)
		}
		id, ok := parseGUID(v)
		return ref{c.targets[0].table, id}, ok
	case int, int32, int64:
		return c.fromJSON(json.Number(fmt.Sprint(v)))
	default:
		return c.fromJSON(v)
	}
}
