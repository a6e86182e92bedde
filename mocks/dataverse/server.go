package dataverse

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// TokenVerifier checks a bearer token for an audience and names the application it was issued to. mocks/entra's
// Server is one.
type TokenVerifier interface {
	Verify(token, audience string) (appID string, err error)
}

// aheadVerifier can also check by a clock that is wrong. A TokenVerifier that cannot judges by its own, whatever the
// fault clock-skew does.
type aheadVerifier interface {
	VerifyAhead(token, audience string, ahead time.Duration) (appID string, err error)
}

// Options of a Server. One of Tokens and StaticToken is required: there is no unauthenticated Dataverse.
type Options struct {
	// URL is the organisation's root without a trailing slash, the audience of its tokens. Empty: taken from each
	// request's Host, which suits a server whose port is not known beforehand.
	URL string

	Tokens       TokenVerifier
	StaticToken  string   // accepted as it stands, for the administrator
	Applications []string // application ids that get an application user, with RoleAdapter and RoleAgent

	// Challenge is authorization_uri of the 401 answer: where clients learn tenant and authority.
	Challenge string

	Keys []Key // alternate keys of this organisation

	// DeliveryLag is the shortest and the longest time between the answer of a CCaaS_Create* call and the appearance
	// of the row; default 10 s and 30 s. Seed decides where in between.
	DeliveryLag [2]time.Duration
	CancelLag   time.Duration // between the 202 and the effect of Cancel, default 2 s
	Seed        uint64

	// NewDeliveryID makes the id of a delivery, a GUID; default at random. Clients keep these ids longer than a mock
	// lives, so two runs must not share one, whatever their seed.
	NewDeliveryID func() string

	// KeepChanges is how long a delta link is good for, default 7 days.
	KeepChanges time.Duration

	// Poster takes what service endpoints send; without one every such system job fails. EventLag is the shortest and
	// the longest time from a change to its message, default 1 s and 5 s: messages overtake each other.
	Poster   Poster
	EventLag [2]time.Duration

	// Limits of service protection, default none.
	Limits Limits

	// Now and AfterFunc are the clock, default the time package's. AfterFunc calls f later, in a goroutine of its own;
	// its stop is time.Timer.Stop.
	Now       func() time.Time
	AfterFunc func(d time.Duration, f func()) (stop func() bool)

	// Advance sets that clock forward, for the management port. Nil: it cannot.
	Advance func(d time.Duration)
}

// Server is the mock. It is safe for concurrent use.
type Server struct {
	opts   Options
	schema *schema

	operations map[string]operation
	bound      map[string]operation // functions on a table's collection
	handlers   handlers
	metadata   map[string]metadataSet
	prototypes prototypes

	mu         sync.RWMutex // guards what follows
	db         *store
	log        changelog
	engagement engagement
	snapshots  map[string]*snapshot
	loaded     rowNames // of scenarios

	sequence     atomic.Uint64 // of identifiers given out
	organisation organisation
	hooks        hooks
	postings     *postings
	faults       faults
	protection   protection
	trace        trace
	unsupported  unsupportedLog
}

// New makes an organisation with its business unit, its application users, its time zones and messages, and no other
// rows.
func New(opts Options) (*Server, error) {
	if opts.Tokens == nil && opts.StaticToken == "" {
		return nil, errors.New("dataverse mock: Tokens or StaticToken is required")
	}
	opts.URL = strings.TrimSuffix(opts.URL, "/")
	if opts.DeliveryLag == [2]time.Duration{} {
		opts.DeliveryLag = [2]time.Duration{10 * time.Second, 30 * time.Second}
	}
	opts.KeepChanges = cmp.Or(opts.KeepChanges, 7*24*time.Hour)
	if opts.EventLag == [2]time.Duration{} {
		opts.EventLag = [2]time.Duration{time.Second, 5 * time.Second}
	}
	opts.CancelLag = cmp.Or(opts.CancelLag, 2*time.Second)
	opts.Challenge = cmp.Or(opts.Challenge, "https://login.microsoftonline.com/common/oauth2/authorize")
	if opts.NewDeliveryID == nil {
		opts.NewDeliveryID = randomID
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.AfterFunc == nil {
		opts.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	schema, err := newSchema(opts.Keys)
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, schema: schema, db: newStore(schema),
		operations: newOperations(), bound: newBoundFunctions(), handlers: newHandlers(),
		metadata: metadataSets(), prototypes: newPrototypes(),
	}
	s.engagement, s.postings = newEngagement(), newPostings()
	s.log = changelog{keep: opts.KeepChanges, deleted: map[*table][]deletion{}}
	s.db.watch(func(changes []change) { s.log.follow(s.db, changes) })
	s.db.watch(s.raise)
	s.faults.seed = opts.Seed
	s.protection.limits = opts.Limits
	if err := s.found(); err != nil {
		return nil, err
	}
	s.Snapshot(Start)
	return s, nil
}

// Handler serves /api/data/v9.x/. Put nothing in front of it that cleans paths, http.ServeMux included.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Close stops the timers, and waits for the message that is being sent; nothing happens by itself afterwards.
func (s *Server) Close() {
	s.mu.Lock()
	s.engagement.close()
	s.mu.Unlock()
	s.postings.close()
}

// now is the instant of a request: the same throughout.
func (s *Server) now() time.Time { return s.opts.Now().UTC() }
