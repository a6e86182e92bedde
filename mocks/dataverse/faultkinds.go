package dataverse

import (
	"net/http"
	"strings"
)

// FaultKind is one way to misbehave.
type FaultKind struct {
	Name    string
	Does    string
	Catches string   // the client's mistake it brings to light
	Reads   []string // which fields of Fault it reads, beside Method, Path, Times and Chance

	byChance bool                              // Misbehave may switch it on
	answers  bool                              // in the server's stead
	matches  func(*Server, *http.Request) bool // nil: any request
	strike   mischief                          // nil: it is standing
	ofPart   *failure                          // of a request inside a batch, which it refuses; strike is nil then
	standing func(s *Server, f *Fault) error   // switches it on until ClearFaults
}

// FaultKinds lists every kind there is, in the order of the documentation.
func FaultKinds() []FaultKind { return faultKinds() }

// faultKinds is the table of everything that can go wrong on request.
func faultKinds() []FaultKind {
	return []FaultKind{{
		Name: "throttle-requests", byChance: true, answers: true, Reads: []string{"When", "RetryAfter"},
		Does: "429 with 0x80072322 and Retry-After, as after 6,000 requests in 300 seconds.",
		Catches: "A client that repeats at once, that repeats for a fixed number of times however long it was told to wait, " +
			"or that takes a 429 for the end of the operation. The request was not executed, so even a POST may be repeated.",
		strike: refuse(http.StatusTooManyRequests, codeThrottledRequests, messageThrottledRequests),
	}, {
		Name: "throttle-time", byChance: true, answers: true, Reads: []string{"When", "RetryAfter"},
		Does: "429 with 0x80072321 and Retry-After, as after 20 minutes of execution time in 300 seconds.",
		Catches: "A client that knows the first throttling code alone and takes the second for a bad request; " +
			"and one that answers it with more workers, which is what brought it about.",
		strike: refuse(http.StatusTooManyRequests, codeThrottledTime, messageThrottledTime),
	}, {
		Name: "throttle-concurrency", byChance: true, answers: true, Reads: []string{"When", "RetryAfter"},
		Does: "429 with 0x80072326 and Retry-After, as for the 52nd request at the same time.",
		Catches: "A client with a worker for each row and no limit over all of them. This limit trips at once, on the first " +
			"busy second of a Monday, not after five minutes as the other two.",
		strike: refuse(http.StatusTooManyRequests, codeThrottledConcurrency, messageThrottledConcurrency),
	}, {
		Name: "sql-timeout", byChance: true, answers: true, Reads: []string{"When"},
		Does: "500 with 0x80044151, before or after applying.",
		Catches: "A client that takes every 500 for final, or every 500 for temporary: this one may be repeated where the " +
			"operation may, the next two may too, and a plug-in's never.",
		strike: refuse(http.StatusInternalServerError, "0x80044151", "SQL timeout expired."),
	}, {
		Name: "sql-error", byChance: true, answers: true, Reads: []string{"When"},
		Does:    "500 with 0x80044150, before or after applying.",
		Catches: "The same, for a client that looks at one code only.",
		strike:  refuse(http.StatusInternalServerError, "0x80044150", "Generic SQL error."),
	}, {
		Name: "unexpected", byChance: true, answers: true, Reads: []string{"When"},
		Does:    "500 with 0x80040216, before or after applying.",
		Catches: "A client that repeats a POST without an id of its own after a 500, and so does things twice.",
		strike:  refuse(http.StatusInternalServerError, "0x80040216", "An unexpected error occurred."),
	}, {
		Name: "plugin-error", answers: true, Reads: []string{"When"},
		Does: "500 with 0x80040224: a plug-in of the organisation threw.",
		Catches: "A client that repeats what a plug-in refused. It will be refused each time, and the repeats spend the " +
			"execution time that everybody shares.",
		strike: refuse(http.StatusInternalServerError, "0x80040224", "An unexpected error occurred from ISV code."),
	}, {
		Name: "bad-gateway", byChance: true, answers: true, Reads: []string{"When"},
		Does: "502 with a page of HTML, before or after applying.",
		Catches: "A client that decodes every body as JSON and reports the syntax error instead of the status; and one that " +
			"believes a 502 means that nothing happened.",
		strike: gateway(http.StatusBadGateway),
	}, {
		Name: "unavailable", byChance: true, answers: true, Reads: []string{"When", "RetryAfter"},
		Does:    "503 with Retry-After and a page of HTML.",
		Catches: "A client that honours Retry-After on 429 alone.",
		strike:  gateway(http.StatusServiceUnavailable),
	}, {
		Name: "gateway-timeout", byChance: true, answers: true,
		Does: "504 with a page of HTML, after applying.",
		Catches: "A client that repeats a POST because it timed out. The row is there: it must be looked for first, or carry " +
			"an id of the client's own.",
		strike: func(s *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
			f.When = AfterApplying
			return gateway(http.StatusGatewayTimeout)(s, f, r, apply)
		},
	}, {
		Name: "reset-before", byChance: true, answers: true,
		Does:    "The connection is closed without an answer and nothing was done.",
		Catches: "A client that gives up a read, or anything else that may be repeated, over one broken connection.",
		strike:  drop,
	}, {
		Name: "reset-after", byChance: true, answers: true,
		Does: "The connection is closed without an answer and everything was done.",
		Catches: "A client that takes a broken connection for a failure, or repeats what is not harmless to repeat. This and " +
			"reset-before look the same to it: it must find out.",
		strike: func(s *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
			f.When = AfterApplying
			return drop(s, f, r, apply)
		},
	}, {
		Name: "truncate", byChance: true, answers: true,
		Does:    "The connection dies in the middle of the body; everything was done.",
		Catches: "A client that has seen a 200 and takes what it got for all there is.",
		strike: func(_ *Server, _ *Fault, r *http.Request, apply func(*http.Request) *response) *response {
			answer := apply(r)
			answer.cut = true
			return answer
		},
	}, {
		Name: "half-json", byChance: true, answers: true,
		Does:    "Half of the body, with a Content-Length that agrees; everything was done.",
		Catches: "A client that decodes a stream item by item and stops at the first error without saying so: half a page of rows.",
		strike: func(_ *Server, _ *Fault, r *http.Request, apply func(*http.Request) *response) *response {
			answer := apply(r)
			answer.body = answer.body[:len(answer.body)/2]
			return answer
		},
	}, {
		Name: "slow", byChance: true, Reads: []string{"Delay"},
		Does:    "The answer comes Delay later (1s); everything was done at once.",
		Catches: "A client without a time limit, and one that repeats a write because its own limit ran out.",
		strike:  slow,
	}, {
		Name: "slow-body", byChance: true, Reads: []string{"Delay"},
		Does:    "Status and headers come at once, the body in eight parts over Delay (1s).",
		Catches: "A client whose time limit ends with the headers: it waits for the rest for ever.",
		strike: func(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
			answer := apply(r)
			answer.dribble = f.delay()
			return answer
		},
	}, {
		Name: "slow-pages", byChance: true, Reads: []string{"Delay"}, matches: withOption("$skiptoken"),
		Does:    "Every page but the first comes Delay later (1s).",
		Catches: "A client with one time limit for a whole table: it never gets past the pages it can read in that time.",
		strike:  slow,
	}, {
		Name: "stale-etag", byChance: true, matches: isConditional,
		Does: "Somebody else writes the row just before a PATCH or DELETE with If-Match: 412 with 0x80060882.",
		Catches: "A client that repeats the same ETag, or writes without one after the first 412, and so undoes what somebody " +
			"else did.",
		strike: touch,
	}, {
		Name: "expired-delta", byChance: true, answers: true, matches: withOption("$deltatoken"),
		Does:    "400 with 0x80044352 for a delta link: it is older than the organisation keeps changes.",
		Catches: "A client that asks with the same link for ever, or stops, instead of reading the table anew.",
		strike:  refuse(http.StatusBadRequest, codeExpiredVersion, messageExpiredVersion),
	}, {
		Name: "expired-page", byChance: true, answers: true, matches: withOption("$skiptoken"),
		Does: "400 for the link to a later page.",
		Catches: "A client that keeps the pages it has and calls them the table: rows it did not see are then taken for " +
			"deleted.",
		strike: refuse(http.StatusBadRequest, codeCrmHTTP, "Malformed or foreign paging cookie in $skiptoken."),
	}, {
		Name: "repeated-rows", byChance: true, matches: withOption("$deltatoken"),
		Does:    "A delta names each changed row twice, as documented that it may.",
		Catches: "A client that counts changes, or inserts where it should replace.",
		strike:  twisted(func(t *twist, _ *Fault) { t.repeat = true }),
	}, {
		Name: "clock-skew", Reads: []string{"Delay"},
		Does: "The server's clock is Delay ahead (5m), or behind when it is negative: Date, createdon, and whether a token is " +
			"valid or a window past.",
		Catches: "A client that compares its own clock with the server's: windows that are in the past on arrival, tokens used " +
			"to their last second, polls for what was modified since its own now.",
		strike: twisted(func(t *twist, f *Fault) { t.skew = f.delayOr(defaultSkew) }),
	}, {
		Name: elasticLag, byChance: true, Reads: []string{"Delay"}, matches: readsElastic,
		Does: "Rows of elastic tables are read, inside a batch too, as they were Delay ago (1s), unless the request carries the session token of " +
			"the write.",
		Catches: "A client that looks for its row once, does not find it, and does the work again.",
		strike:  twisted(func(t *twist, f *Fault) { t.lag = f.delay() }),
	}, {
		Name: "forgotten-request-id", byChance: true, matches: isDelivery,
		Does: "The delivery is taken on, but its RequestId appears in no row.",
		Catches: "A client that knows its deliveries again by the request id alone. Nobody promises that it is stored; the input " +
			"attributes, or number, configuration and start, tell too.",
		strike: twisted(func(t *twist, _ *Fault) { t.forgetful = true }),
	}, {
		Name: "missing-column", Reads: []string{"Table", "Column"},
		Does:     "This organisation is older: the column does not exist, neither in rows nor in queries, until ClearFaults.",
		Catches:  "A client that reads nothing at all because one name in its $select is unknown here.",
		standing: (*Server).hide,
	}, {
		Name: "part-throttled", byChance: true,
		Does: "A request inside a batch is answered 429 with 0x80072322 and Retry-After, before applying; the others are not.",
		Catches: "A client that looks at the status of the batch alone, which is 200 where it asked to go on after errors: what was " +
			"throttled is lost.",
		ofPart: &failure{
			status: http.StatusTooManyRequests, code: codeThrottledRequests, message: messageThrottledRequests, retryAfter: defaultRetryAfter,
		},
	}, {
		Name: "part-fails", byChance: true,
		Does: "A request inside a batch is answered 500 with 0x80044151, before applying. In a change set, that undoes all of it.",
		Catches: "A client that takes the requests before the one that failed for done, and repeats the rest: of a change set, " +
			"nothing is done.",
		ofPart: &failure{status: http.StatusInternalServerError, code: "0x80044151", message: "SQL timeout expired."},
	}, {
		Name: "token-refused", byChance: true, answers: true,
		Does: "401 with WWW-Authenticate, whatever the token.",
		Catches: "A client that keeps a token it was refused for, gives up at once, or asks for new ones for ever: it should get " +
			"one new token and try once more.",
		strike: func(s *Server, _ *Fault, r *http.Request, _ func(*http.Request) *response) *response {
			return s.challenge(r)
		},
	}, {
		Name: "claims-challenge", byChance: true, answers: true,
		Does:    "401 whose WWW-Authenticate asks for more claims, as continuous access evaluation does.",
		Catches: "A client that takes its token from the cache again: the new one must be asked for with these claims.",
		strike:  claimsChallenge,
	}, {
		Name: "no-user", answers: true,
		Does:    "403 with 0x80072560: the application has no user in this organisation.",
		Catches: "A client that repeats a 403, or reports it as a bad token.",
		strike:  refuse(http.StatusForbidden, codeUserNotMember, "The user is not a member of the organization."),
	}}
}

// withOption matches a query option by its name, however its dollar sign is written.
func withOption(name string) func(*Server, *http.Request) bool {
	return func(_ *Server, r *http.Request) bool {
		_, query, _ := strings.Cut(r.RequestURI, "?")
		for raw := range strings.SplitSeq(query, "&") {
			given, _, _ := strings.Cut(raw, "=")
			if strings.Replace(given, "%24", "$", 1) == name {
				return true
			}
		}
		return false
	}
}

func isConditional(_ *Server, r *http.Request) bool {
	return (r.Method == http.MethodPatch || r.Method == http.MethodDelete) && strings.HasPrefix(r.Header.Get("If-Match"), "W/")
}

// elasticLag is looked at in batches too.
const elasticLag = "elastic-lag"

func readsElastic(s *Server, r *http.Request) bool {
	set, _, _ := strings.Cut(resourceOf(r), "/")
	set, _, _ = strings.Cut(set, "(")
	t := s.schema.bySet[set]
	return t != nil && t.elastic && r.Method == http.MethodGet && r.Header.Get("MSCRM.SessionToken") == ""
}

func isDelivery(_ *Server, r *http.Request) bool {
	return strings.HasPrefix(resourceOf(r), "CCaaS_Create")
}
