package proactive

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/dataverse"
)

const (
	deliverySet = "msdyn_proactive_deliveries"
	// reportChunk is well below the 500 conditions that a query may have.
	reportChunk = 100
)

// deliveryColumns are those of a report. Organizations of 2026 lack some of them.
func deliveryColumns() []string {
	return []string{
		"msdyn_delivery_id", "msdyn_tracking_id", "msdyn_status", "msdyn_result",
		"msdyn_sip_diagnostics", "msdyn_end_date", "msdyn_result_date", "msdyn_window_end_date",
	}
}

// Reports reads what became of deliveries. One that is missing is not there yet:
// the table is elastic, and a row appears up to half a minute after the answer. Where
// there is a task it is asked too, when the row is missing or its delivery over.
func (c *Client) Reports(ctx context.Context, known []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	var reports []adapter.DeliveryReport
	for chunk := range slices.Chunk(known, reportChunk) {
		// Text columns: a GUID is compared as a string here.
		names := make([]string, len(chunk))
		for i, d := range chunk {
			names[i] = string(d.ID)
		}
		found, err := c.reports(ctx, c.dataverse, dataverse.In("msdyn_delivery_id", names...))
		if err != nil {
			return nil, fmt.Errorf("read delivery reports: %w", err)
		}
		followed, err := c.follow(ctx, chunk, found)
		if err != nil {
			return nil, fmt.Errorf("read delivery tasks: %w", err)
		}
		reports = append(reports, followed...)
	}
	return reports, nil
}

// follow asks the tasks of deliveries for what the rows do not say.
func (c *Client) follow(ctx context.Context, known []adapter.Delivery, rows []adapter.DeliveryReport) ([]adapter.DeliveryReport, error) {
	reports := make([]adapter.DeliveryReport, 0, len(known))
	for _, d := range known {
		i := slices.IndexFunc(rows, func(row adapter.DeliveryReport) bool { return row.ID == d.ID })
		report, there := adapter.DeliveryReport{}, i >= 0
		if there {
			report = rows[i]
		}
		switch {
		case there && !over(report.Status):
		case d.Task != "":
			var err error
			if report, there, err = c.followTask(ctx, d, report, there); err != nil {
				return nil, err
			}
		case c.options.API == APITask:
			// There is a task, but its name was lost with the answer.
			report.GoesOn = true
		}
		if there {
			reports = append(reports, report)
		}
	}
	return reports, nil
}

// Find looks for the delivery that may have come of a request whose answer was
// lost: by request id when Dynamics was told one, else by what makes an attempt
// unique: configuration, number and the second at which its window starts.
// Not found means nothing before the elastic table has caught up.
func (c *Client) Find(ctx context.Context, r adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	var ways []dataverse.Filter
	if (c.options.SendRequestID || c.options.API == APITask) && r.RequestID != "" && !c.lacks("msdyn_tracking_id") {
		ways = append(ways, dataverse.Eq("msdyn_tracking_id", r.RequestID))
	}
	start := r.Window.Start.Truncate(time.Second)
	ways = append(ways, dataverse.And(
		dataverse.Eq("msdyn_proactive_engagement_config_id", string(r.Configuration)),
		dataverse.Eq("msdyn_to_address", r.Phone.E164()),
		dataverse.Ge("msdyn_window_start_date", start),
		dataverse.Lt("msdyn_window_start_date", start.Add(time.Second)),
	))
	for _, way := range ways {
		found, err := c.reports(ctx, c.private, way)
		if err != nil {
			return adapter.DeliveryReport{}, false, fmt.Errorf("find delivery: %w", err)
		}
		for _, report := range found {
			// Another attempt's request id on the row says that it is not ours.
			if report.RequestID == "" || report.RequestID == r.RequestID {
				return report, true, nil
			}
		}
	}
	return adapter.DeliveryReport{}, false, nil
}

// reports gives one report a delivery. The same row can exist in two partitions
// of an elastic table; the one that says more wins.
func (c *Client) reports(ctx context.Context, client *dataverse.Client, filter dataverse.Filter) ([]adapter.DeliveryReport, error) {
	byID := map[adapter.DeliveryID]adapter.DeliveryReport{}
	for row, err := range client.Query(ctx, dataverse.Query{
		Set:     deliverySet,
		Select:  slices.DeleteFunc(deliveryColumns(), c.lacks),
		Filter:  filter,
		Dropped: c.drop,
	}) {
		if err != nil {
			return nil, err
		}
		report, err := readReport(row)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", deliverySet, err)
		}
		if known, ok := byID[report.ID]; !ok || !over(known.Status) {
			byID[report.ID] = report
		}
	}
	ids := slices.Sorted(maps.Keys(byID))
	reports := make([]adapter.DeliveryReport, len(ids))
	for i, id := range ids {
		reports[i] = byID[id]
	}
	return reports, nil
}

func readReport(row dataverse.Row) (adapter.DeliveryReport, error) {
	r := row.Read()
	report := adapter.DeliveryReport{
		ID:        adapter.DeliveryID(adapter.NormalizeID(r.String("msdyn_delivery_id"))),
		RequestID: r.String("msdyn_tracking_id"),
		Status:    r.String("msdyn_status"),
		Result:    r.String("msdyn_result"),
		SIP:       r.String("msdyn_sip_diagnostics"),

		RingsUntil: r.Time("msdyn_window_end_date"),
	}
	ended, resulted := r.Time("msdyn_end_date"), r.Time("msdyn_result_date")
	switch {
	case !over(report.Status):
	case !ended.IsZero():
		report.EndedAt = ended
	default:
		report.EndedAt = resulted
	}
	return report, r.Err()
}

// lacks tells whether the organization is known not to have a column; asking for
// it again would cost a refused request at every poll. A new column is noticed
// after a restart.
func (c *Client) lacks(column string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lacking[column]
}

func (c *Client) drop(column string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lacking[column] = true
}

// over tells whether a delivery with this msdyn_status has ended.
func over(status string) bool {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "complete", "expired", "cancelled", "error":
		return true
	}
	return false
}
