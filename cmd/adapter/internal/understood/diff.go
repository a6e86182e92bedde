package understood

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is one value that is not the same; an empty one is not there.
type Difference struct {
	Where  string `json:"where"` // "Retail banking, beforeQueued, rule 1, when"
	Before string `json:"before"`
	After  string `json:"after"`
}

// Diff lists what differs, by where it stands.
func Diff(before, after Document) ([]Difference, error) {
	was, err := flatten(before)
	if err != nil {
		return nil, err
	}
	is, err := flatten(after)
	if err != nil {
		return nil, err
	}
	var all []Difference
	for _, where := range slices.Sorted(maps.Keys(merge(was, is))) {
		if was[where] != is[where] {
			all = append(all, Difference{where, was[where], is[where]})
		}
	}
	return all, nil
}

func merge(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// flatten gives each value the path to it.
func flatten(d Document) (map[string]string, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return nil, err
	}
	all := map[string]string{}
	walk(all, nil, tree)
	return all, nil
}

func walk(into map[string]string, path []string, node any) {
	switch value := node.(type) {
	case map[string]any:
		if text := whole(value); text != "" {
			into[where(path)] = text
			return
		}
		for name, child := range value {
			walk(into, append(slices.Clip(path), name), child)
		}
	case []any:
		seen := map[string]int{}
		for i, child := range value {
			name := label(child, i)
			if seen[name]++; seen[name] > 1 { // two queues of one name
				name = fmt.Sprintf("%s (%d)", name, seen[name])
			}
			walk(into, append(slices.Clip(path), name), child)
		}
	default:
		into[where(path)] = fmt.Sprint(value)
	}
}

// where joins a path; "queues" says nothing in front of a queue's name.
func where(path []string) string { return strings.TrimPrefix(strings.Join(path, ", "), "queues, ") }

// whole writes a rule or a finding in one line: that one came or went is one
// difference and not five. Other rows are compared value by value.
func whole(row map[string]any) string {
	text := func(name string) string { s, _ := row[name].(string); return s }
	switch {
	case row["rule"] != nil:
		line := text("when") + " → " + text("then")
		if target := text("target"); target != "" {
			line += ": " + target
		}
		if terms := text("terms"); terms != "" {
			line += ". " + terms
		}
		if row["disabled"] == true {
			line += ", disabled"
		}
		if name := text("name"); name != "" {
			line = name + ": " + line
		}
		if action := text("action"); action != "" {
			line += " (action row " + action + ")"
		}
		return line
	case row["code"] != nil:
		return text("reason")
	default:
		return ""
	}
}

// label names an element by what stays when others come or go.
func label(element any, index int) string {
	row, _ := element.(map[string]any)
	if line, is := element.(string); is { // such as "2026-12-25: closed"
		when, _, _ := strings.Cut(line, ": ")
		return when
	}
	switch {
	case row["rule"] != nil:
		return fmt.Sprintf("rule %v", row["rule"])
	case row["name"] != nil:
		return fmt.Sprint(row["name"])
	case row["code"] != nil:
		return fmt.Sprint(row["code"])
	case row["event"] != nil:
		return strings.TrimSpace(fmt.Sprintf("%v %v %v", row["event"], row["locale"], row["id"]))
	default:
		return strconv.Itoa(index)
	}
}
