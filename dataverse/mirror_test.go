package dataverse

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

const (
	idA = "60c4e274-0d87-e711-80e5-00155db19e6d"
	idB = "1dd16e38-0d87-e711-80e5-00155db19e6d"
)

func TestMirror(t *testing.T) {
	t.Parallel()
	deletedA := strings.Replace(deletedRow, "2E451703-C3F7-4FD3-B2B5-0E4BB6EBD6B4", idA, 1)
	link := func(token string) []string { return []string{"deltaLink", deltaRoot + "$deltatoken=" + token} }
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(
			wirePage(rowA+","+rowB, link("1")...),
			wirePage(strings.Replace(rowB, `"b"`, `"c"`, 1)+","+deletedA+","+deletedRow, link("2")...),
			wirePage(rowA, "nextLink", deltaRoot+"$skiptoken=1"), refuse(403, ""), // breaks off
			refuse(400, "0x80044352"), wirePage(rowA, link("3")...), // too old
			wirePage(strings.Replace(rowA, "accountid", "x", 1), link("4")...),
		))
		m := b.Mirror(Tracked{Set: "accounts", Select: []string{"name"}}, "accountid")
		steps := []struct {
			name string
			want Refreshed
			rows []string
			is   error
		}{
			{"all", Refreshed{Upserted: []string{idB, idA}, Whole: true}, []string{idB, idA}, nil},
			{"changes", Refreshed{Upserted: []string{idB}, Deleted: []string{idA}}, []string{idB}, nil},
			{"breaks off", Refreshed{}, []string{idB}, ErrForbidden},
			{"too old", Refreshed{Upserted: []string{idA}, Deleted: []string{idB}, Whole: true}, []string{idA}, nil},
		}
		for _, step := range steps {
			before := m.Token()
			got, err := m.Refresh(t.Context())
			if diff := cmp.Diff(step.want, got); diff != "" || !errors.Is(err, step.is) {
				t.Errorf("%s: %v %s", step.name, err, diff)
			}
			if diff := cmp.Diff(step.rows, slices.Sorted(maps.Keys(m.Rows()))); diff != "" {
				t.Errorf("%s: %s", step.name, diff)
			}
			if moved := m.Token() != before; moved != (step.is == nil) {
				t.Errorf("%s: token moved: %t", step.name, moved)
			}
		}
		if _, err := m.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "column accountid") {
			t.Errorf("a row without its key: %v", err)
		}
	})
}
