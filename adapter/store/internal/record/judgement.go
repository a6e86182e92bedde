package record

import "directcallback/adapter"

// JudgementColumns are those of table decisions that [ScanJudgement] reads.
const JudgementColumns = `at, moment, verdict, trace`

// ScanJudgement reads a row of JudgementColumns.
func ScanJudgement(row Scanner) (adapter.Judgement, error) {
	var j adapter.Judgement
	var at int64
	err := row.Scan(&at, &j.Moment, &j.Verdict, &j.Trace)
	j.At = Instant(at)
	return j, err
}
