package phone

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
)

const header = "day,call_id,customer_id,priority,type,ivr_entry,ivr_exit,queue_start,queue_exit,queue_seconds,outcome,service_start,service_exit,service_seconds,server\n"

func zipped(tb testing.TB, text string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestReadTraceTellsCallersApart(t *testing.T) {
	t.Parallel()
	text := header +
		"2,1,77,2,PS,36000,36010,36010,36070,60,AGENT,36070,36200,130,s01\n" + // waited and was served
		"2,2,0,0,PS,36000,36020,36020,36120,100,HANG,0,0,0,\n" + // waited and hung up
		"2,3,77,1,NW,36000,36300,0,0,0,AGENT,36299,36400,101,s01\n" + // never waited
		"2,4,0,0,PS,36000,36030,0,0,0,HANG,0,0,0,\n" + // gave up in the menu
		"2,5,0,0,PS,36000,36030,36030,36040,10,PHANTOM,0,0,0,\n" +
		"2,6,99,1,TT,36500,36500,0,0,0,AGENT,36500,36560,60,s02\n" + // outbound
		"3,7,0,0,PS,36000,36030,36030,36040,10,HANG,0,0,0,\n" +
		"2,8,0,0,PS,86380,86390,86390,5,15,AGENT,5,30,25,s02\n" // over midnight
	for name, input := range map[string][]byte{"plain": []byte(text), "gzip": zipped(t, text)} {
		got, broken, err := ReadTrace(bytes.NewReader(input), 2)
		if err != nil || len(broken) > 0 {
			t.Fatal(name, err, broken)
		}
		numbers := map[string]string{}
		for i := range got.Arrivals {
			numbers[got.Arrivals[i].Customer] = got.Arrivals[i].Phone
			got.Arrivals[i].Phone = ""
		}
		want := []Arrival{
			{Call: "1", Customer: "customer 77", Type: "PS", Priority: 1, At: 36010 * time.Second, Wait: time.Minute, Service: 130 * time.Second},
			{Call: "2", Customer: "call 2", Type: "PS", At: 36020 * time.Second, Wait: 100 * time.Second, HungUp: true},
			{Call: "3", Customer: "customer 77", Type: "NW", At: 36299 * time.Second, Service: 101 * time.Second},
			{Call: "8", Customer: "call 8", Type: "PS", At: 86390 * time.Second, Wait: 15 * time.Second, Service: 25 * time.Second},
		}
		if diff := cmp.Diff(want, got.Arrivals); diff != "" {
			t.Errorf("%s: arrivals (-want +got):\n%s", name, diff)
		}
		if len(numbers) != 3 || numbers["customer 77"] == numbers["call 2"] {
			t.Errorf("%s: numbers %v", name, numbers)
		}
		if want := 175 * time.Second; got.MeanPatience != want {
			t.Errorf("%s: mean patience %v, want %v", name, got.MeanPatience, want)
		}
	}
}

func TestReadTraceNamesBrokenRowsAndGoesOn(t *testing.T) {
	t.Parallel()
	good := "2,1,77,2,PS,36000,36010,36010,36070,60,AGENT,36070,36200,130,s01\n"
	text := header + good +
		"2,2,77,2,PS,36000,36010,x,36070,60,AGENT,36070,36200,130,s01\n" +
		"2,3,77,5,PS,36000,36010,36010,36070,60,AGENT,36070,36200,130,s01\n" +
		"2,4,77,2,PS,36000,36010,36010,36070,60,LOST,36070,36200,130,s01\n" +
		"2,5,77,2,PS,36000\n" +
		"2,6,77,2,PS,36000,36010,36010,36070,61,AGENT,36070,36200,130,s01\n" +
		"two,7,77,2,PS,36000,36010,36010,36070,60,AGENT,36070,36200,130,s01\n" +
		"2,8,\"77,2\"x,PS\n" +
		good
	traffic, broken, err := ReadTrace(strings.NewReader(text), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []RowError{
		{3, "queue_start", `"x" is not a whole number`},
		{4, "priority", "5 is not in 0 to 2"},
		{5, "outcome", `"LOST" is none of AGENT, HANG, PHANTOM`},
		{6, "outcome", "is missing"},
		{7, "queue_seconds", "1m1s does not lie between queue_start and queue_exit"},
		{8, "day", `"two" is not a whole number`},
		{9, "", `extraneous or missing " in quoted-field`},
	}
	for i := range broken {
		// Which column is found missing first is not a promise.
		if broken[i].Reason == "is missing" {
			broken[i].Column = "outcome"
		}
	}
	if diff := cmp.Diff(want, broken); diff != "" {
		t.Errorf("broken rows (-want +got):\n%s", diff)
	}
	if len(traffic.Arrivals) != 2 {
		t.Errorf("%d arrivals, want the 2 good ones", len(traffic.Arrivals))
	}
	if got := broken[0].Error(); got != `line 3: queue_start: "x" is not a whole number` {
		t.Errorf("error text %q", got)
	}
}

func TestReadTraceRefusesWhatIsNoTrace(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{
		"empty":            "",
		"another table":    "a,b,c\n1,2,3\n",
		"no such day":      header + "3,7,0,0,PS,36000,36030,36030,36040,10,HANG,0,0,0,\n",
		"half a gzip file": string(zipped(t, header)[:15]),
	} {
		if _, _, err := ReadTrace(strings.NewReader(input), 2); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDefaultTrafficIsTheWholeDay(t *testing.T) {
	t.Parallel()
	day, err := DefaultTraffic()
	if err != nil {
		t.Fatal(err)
	}
	// 2,363 rows less 15 phantoms, 131 who gave up in the menu and 22 outbound.
	if len(day.Arrivals) != 2195 {
		t.Errorf("%d arrivals", len(day.Arrivals))
	}
	if day.Busiest() != 10*time.Hour {
		t.Errorf("busiest at %v, want 10 o'clock", day.Busiest())
	}
	for _, tt := range []struct {
		at       time.Duration
		min, max int
	}{{3 * time.Hour, 0, 0}, {8 * time.Hour, 5, 8}, {10*time.Hour + 30*time.Minute, 9, 12}, {22*time.Hour + 30*time.Minute, 2, 4}} {
		if n := day.OnDuty(tt.at); n < tt.min || n > tt.max {
			t.Errorf("%d representatives at %v, want %d to %d", n, tt.at, tt.min, tt.max)
		}
	}
}

func TestBusiestStartCarriesOverWhoWaitsAndWhoTalks(t *testing.T) {
	t.Parallel()
	day := busiest(t)
	waiting := 0
	for _, a := range day.Arrivals {
		if a.At < day.Start {
			waiting++
			if a.At+a.Wait <= day.Start {
				t.Errorf("call %s waited from %v for %v and is over", a.Call, a.At, a.Wait)
			}
		}
	}
	if waiting < 3 {
		t.Errorf("%d calls wait at the start", waiting)
	}
	b := newBench(t, day, DefaultBehaviour())
	busy, conversations := 0, 0
	for _, r := range b.floor.staff {
		if r.onDuty && r.busy {
			busy++
		}
	}
	for _, s := range day.Shifts {
		if s.From <= day.Start && s.To > day.Start && day.busyUntil(s.Server, day.Start) > 0 {
			conversations++
		}
	}
	if busy < conversations || conversations < 5 {
		t.Errorf("%d representatives busy, %d talk in the trace", busy, conversations)
	}
	queued := 0
	for _, e := range b.seen {
		if d, ok := e.data.(queuedData); ok {
			queued++
			if d.EstimatedWait == nil || *d.EstimatedWait < 10 {
				t.Errorf("call %s has no estimate from the hours before", d.CallID)
			}
			if at, err := time.Parse(time.RFC3339, d.QueuedAt); err != nil || at.After(b.began) {
				t.Errorf("call %s queued at %s, %v", d.CallID, d.QueuedAt, err)
			}
		}
	}
	if queued != waiting {
		t.Errorf("%d calls queued at once, %d waited", queued, waiting)
	}
}

func TestShiftsEndWithLongGaps(t *testing.T) {
	t.Parallel()
	m := time.Minute
	got := shifts([]Conversation{
		{Server: "s2", From: 50 * m, To: 55 * m},
		{Server: "s1", From: 10 * m, To: 12 * m},
		{Server: "s1", From: 20 * m, To: 22 * m},
		{Server: "s1", From: 60 * m, To: 70 * m},
		{From: 5 * m, To: 6 * m},
	})
	want := []Shift{{"s1", 10 * m, 22 * m}, {"s1", 60 * m, 70 * m}, {"s2", 50 * m, 55 * m}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shifts (-want +got):\n%s", diff)
	}
}

func TestNumbersAreValidAndNobodys(t *testing.T) {
	t.Parallel()
	n := newNumbers()
	for _, area := range n.areas {
		number, err := phonenumbers.Parse("+1"+area+"5550100", "")
		if err != nil || !phonenumbers.IsValidNumber(number) {
			t.Errorf("area %s: %v", area, err)
		}
	}
	seen := map[string]bool{}
	for i := range 5000 {
		number := n.of(strings.Repeat("x", i%7) + time.Duration(i).String())
		if seen[number] || number[5:10] != "55501" || len(number) != 12 {
			t.Fatalf("number %s", number)
		}
		seen[number] = true
	}
	if got := mask("+12125550123"); got != "+1********23" {
		t.Errorf("masked: %s", got)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add([]byte(header + "2,1,77,2,PS,36000,36010,36010,36070,60,AGENT,36070,36200,130,s01\n"))
	f.Add([]byte(header + "2,8,\"77,2\"x,PS\n2"))
	f.Add(zipped(f, header+"2,2,0,0,PS,36000,36020,36020,36120,100,HANG,0,0,0,\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		day, _, err := ReadTrace(bytes.NewReader(input), 2)
		if err != nil {
			return
		}
		day = day.StartAtBusiest()
		for _, a := range day.Arrivals {
			if a.Wait < 0 || a.Service < 0 || a.At < 0 || a.Phone == "" || a.Call == "" {
				t.Errorf("arrival %+v", a)
			}
		}
		for _, s := range day.Shifts {
			if s.From > s.To || s.Server == "" {
				t.Errorf("shift %+v", s)
			}
		}
	})
}
