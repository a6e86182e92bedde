package servicebus

import (
	"strings"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// Addresses that are not entities.
const (
	cbsAddress       = "$cbs"
	managementSuffix = "/$management"
)

// Positions in source and target (part 3, sections 3.5.3 and 3.5.4).
const (
	terminusAddress = 0
	sourceFilter    = 7
)

// nodeKind is what an address leads to.
type nodeKind int

const (
	nodeEntity nodeKind = iota
	nodeTokens
	nodeManagement
)

type node struct {
	kind  nodeKind
	queue *broker.Queue // nil for $cbs
}

// resolve finds what a terminus addresses.
func (s *Server) resolve(terminus any) (node, *wire.Error) {
	d, ok := terminus.(wire.Described)
	switch {
	case !ok:
		return node{}, &wire.Error{Condition: invalidField, Description: "the link has no address"}
	case d.Code() == wire.CodeCoordinator || d.Descriptor == wire.Symbol("amqp:coordinator:list"):
		return node{}, &wire.Error{Condition: notImplemented, Description: "transactions are not supported"}
	}
	return s.find(address(terminus))
}

// find is what a path leads to.
func (s *Server) find(path string) (node, *wire.Error) {
	if strings.EqualFold(strings.Trim(path, "/"), cbsAddress) {
		return node{kind: nodeTokens}, nil
	}
	n := node{kind: nodeEntity}
	if entity, found := cutSuffixFold(path, managementSuffix); found {
		n.kind, path = nodeManagement, entity
	}
	if n.queue = s.broker.Lookup(path); n.queue == nil {
		return node{}, &wire.Error{Condition: broker.NotFound, Description: "the messaging entity '" + path + "' could not be found"}
	}
	return n, nil
}

// path is where tokens for the node are put.
func (n node) path() string {
	switch n.kind {
	case nodeTokens:
		return cbsAddress
	case nodeManagement:
		return n.queue.Name() + managementSuffix
	case nodeEntity:
	}
	return n.queue.Name()
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

// address of a terminus; "" for none.
func address(terminus any) string {
	d, ok := terminus.(wire.Described)
	if !ok {
		return ""
	}
	fields, _ := d.Value.(wire.List)
	if len(fields) <= terminusAddress {
		return ""
	}
	text, _ := fields[terminusAddress].(string)
	return text
}
