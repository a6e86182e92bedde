package dataverse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNestedExpandPagesItsCollections(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const nav = "msdyn_proactive_engagement_config_queue_queue"
	for i := range 4 {
		if _, err := o.mock.Insert("msdyn_proactive_engagement_config", map[string]any{
			"msdyn_name": fmt.Sprint("more ", i), "msdyn_description": "x", "msdyn_queue": o.demo.RetailQueue, "msdyn_workstream": o.demo.Workstream,
		}); err != nil {
			t.Fatal(err)
		}
	}
	expand := nav + "($select=msdyn_name;$expand=msdyn_workstream($select=msdyn_name);$filter=startswith(msdyn_name,'more'))"
	a := o.get("queues("+o.demo.RetailQueue+")?$select=name&$expand="+expand, "Prefer: odata.maxpagesize=3")
	row := a.object()
	if context := fmtAny(row["@odata.context"]); !strings.HasSuffix(context, "(name,"+nav+"(msdyn_name,msdyn_workstream(msdyn_name)))/$entity") {
		t.Errorf("context %s", context)
	}
	names := []string{}
	collect := func(rows []any) {
		for _, r := range rows {
			config, _ := r.(map[string]any)
			stream, _ := config["msdyn_workstream"].(map[string]any)
			if stream["msdyn_liveworkstreamid"] != o.demo.Workstream {
				t.Errorf("nested row %v", config)
			}
			names = append(names, fmtAny(config["msdyn_name"]))
		}
	}
	first, _ := row[nav].([]any)
	collect(first)
	next, _ := row[nav+"@odata.nextLink"].(string)
	if len(first) != 3 || !strings.Contains(next, "$skiptoken=") {
		t.Fatalf("%d rows, next %s", len(first), next)
	}
	second := o.get(next, "Prefer: odata.maxpagesize=3").object()
	rest, _ := second["value"].([]any)
	collect(rest)
	slices.Sort(names)
	if !slices.Equal(names, []string{"more 0", "more 1", "more 2", "more 3"}) || second["@odata.nextLink"] != nil {
		t.Errorf("names %v, then %v", names, second["@odata.nextLink"])
	}
	whole := o.get("queues(" + o.demo.RetailQueue + ")?$select=name&$expand=" + expand).object()
	if all, _ := whole[nav].([]any); len(all) != 4 || whole[nav+"@odata.nextLink"] != nil {
		t.Errorf("unpaged %v", whole)
	}
}

func TestACollectionInsideALookup(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := o.get("msdyn_proactive_engagement_configs(" + o.demo.RetailEngagement + ")?$select=msdyn_name&$expand=msdyn_queue($select=name;$expand=" +
		"msdyn_proactive_engagement_config_queue_queue($select=msdyn_name;$filter=contains(msdyn_name,'retail')))").want(200).object()
	queue, _ := row["msdyn_queue"].(map[string]any)
	if inner, _ := queue["msdyn_proactive_engagement_config_queue_queue"].([]any); len(inner) != 1 {
		t.Errorf("row %v", row)
	}
}
