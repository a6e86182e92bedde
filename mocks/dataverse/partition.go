package dataverse

import (
	"slices"
	"strings"
)

// An elastic row is found by its key and its partition. The partition stands in the key predicate as partitionid='x',
// or behind the question mark as partitionId='x', with or without quotes.

const optionPartition = "partitionId"

// placing is the query option that names a partition, where a table has any.
func (t *table) placing() []string {
	if t.elastic {
		return []string{optionPartition}
	}
	return nil
}

// spelled refuses these options in another case, before a row is missed in the partition that was not read. What
// Dataverse makes of them no page says.
func (q queryOptions) spelled(names ...string) error {
	for _, o := range q {
		for _, name := range names {
			if o.name != name && strings.EqualFold(o.name, name) {
				return unsupported("the query option %s here: it is written %s", o.name, name)
			}
		}
	}
	return nil
}

// partition reads the query option.
func (rq *request) partition() (value string, given bool) {
	value, given = rq.options.get(optionPartition)
	if inner, quoted := strings.CutPrefix(value, "'"); quoted && strings.HasSuffix(inner, "'") {
		value = strings.ReplaceAll(strings.TrimSuffix(inner, "'"), "''", "'")
	}
	return value, given
}

// inPartition leaves the rows of the partition asked for.
func (rq *request) inPartition(rows []*row) []*row {
	wanted, given := rq.partition()
	if !given {
		return rows
	}
	return slices.DeleteFunc(rows, func(r *row) bool { return r.partition != wanted })
}

const maxPartition = 1024 // bytes

// checkPartition refuses what cannot be a partition's value.
func checkPartition(value string) error {
	if len(value) > maxPartition {
		return badRequest(codeInvalidArgument, "The value of 'partitionid' is longer than %d bytes.", maxPartition)
	}
	if strings.ContainsAny(value, `/<>*%&:\?`) {
		return badRequest(codeInvalidArgument, `The value of 'partitionid' contains one of / < > * %% & : \ ?.`)
	}
	return nil
}
