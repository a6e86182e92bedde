package dataverse

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// TestThePrivilegeOfTheWidestDepthCounts: a user has several roles, and there may be
// depths that nobody here knows.
func TestThePrivilegeOfTheWidestDepthCounts(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-4000-8000-00000000000"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "EntityDefinitions") {
				_, _ = io.WriteString(w, `{"value":[{"LogicalName":"queue","Privileges":[`+
					`{"PrivilegeType":"Read","Name":"prvReadQueue","PrivilegeId":"`+id+`1"},`+
					`{"PrivilegeType":"Write","Name":"prvWriteQueue","PrivilegeId":"`+id+`2"},`+
					`{"PrivilegeType":"Create","Name":"prvCreateQueue","PrivilegeId":"`+id+`3"}]}]}`)
				return
			}
			_, _ = io.WriteString(w, `{"RolePrivileges":[{"PrivilegeId":"`+id+`1","Depth":"Local"},{"PrivilegeId":"`+id+`1","Depth":"Deep"},`+
				`{"PrivilegeId":"`+id+`1","Depth":"Basic"},{"PrivilegeId":"`+id+`2","Depth":"RecordFilter"}]}`)
		})
		got, err := b.Privileges(t.Context(), "11111111-2222-4333-8444-555555555555", []string{"queue"})
		if err != nil {
			t.Fatal(err)
		}
		queue := got["queue"]
		if queue[VerbRead].Depth != DepthUnits || queue[VerbWrite].Depth != "RecordFilter" || queue[VerbCreate].Depth != DepthNone {
			t.Errorf("%+v", queue)
		}
	})
}
