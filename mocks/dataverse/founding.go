package dataverse

import (
	"fmt"
	_ "time/tzdata" // the functions of time zones must answer on machines without a table of their own
)

// founding rows are those of every organisation: itself, its messages and their filters, its time zones.

// foundOrganisation creates what the business unit and the users are part of.
func (s *Server) foundOrganisation() error {
	s.organisation.id = s.newID()
	rows := []foundingRow{{"organization", map[string]any{
		"organizationid": s.organisation.id, "name": organisationName, "languagecode": language, "localeid": language,
	}}}
	for _, z := range zones() {
		bias, err := z.bias()
		if err != nil {
			return fmt.Errorf("time zone %s: %w", z.standard, err)
		}
		rows = append(rows, foundingRow{"timezonedefinition", map[string]any{
			"timezonecode": z.code, "standardname": z.standard, "userinterfacename": z.interfaceDisplay, "bias": bias, "retiredorder": 0,
		}})
	}
	return s.insertAll(append(rows, s.messages()...))
}

type foundingRow struct {
	table string
	row   map[string]any
}

func (s *Server) insertAll(rows []foundingRow) error {
	for _, r := range rows {
		if _, err := s.Insert(r.table, r.row); err != nil {
			return err
		}
	}
	return nil
}

const (
	organisationName = "Contoso Bank"
	language         = 1033 // English, the only language here
)

// messages are the write messages and a filter for each table that raises them as events.
func (s *Server) messages() []foundingRow {
	var rows []foundingRow
	for _, name := range []string{"Create", "Update", "Delete"} {
		message := s.newID()
		rows = append(rows, foundingRow{"sdkmessage", map[string]any{
			"sdkmessageid": message, "name": name, "isactive": true, "isprivate": false, "autotransact": true,
		}})
		for _, t := range s.schema.all {
			if !t.silent {
				rows = append(rows, foundingRow{"sdkmessagefilter", map[string]any{
					"sdkmessageid": message, "primaryobjecttypecode": t.name, "secondaryobjecttypecode": "none",
					"iscustomprocessingstepallowed": true, "isvisible": true,
				}})
			}
		}
	}
	return rows
}
