package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"directcallback/adapter/api"
	"directcallback/dataverse"
	"directcallback/proactive"
)

// prefix starts every variable of ours.
const prefix = "DIRECTCALLBACK_"

// Config is everything that `adapter serve` is told. It comes from the
// environment; each variable is the env name below behind DIRECTCALLBACK_, but
// for the Azure ones, which have the names that Microsoft's tools use.
type Config struct {
	DataverseURL  string        `env:"DATAVERSE_URL,required,notEmpty"` // https://contoso.api.crm4.dynamics.com
	SettingsEvery time.Duration `env:"SETTINGS_EVERY" envDefault:"10m"`

	Bus
	Connections int `env:"CONNECTIONS" envDefault:"2"` // to Service Bus
	Receivers   int `env:"RECEIVERS" envDefault:"32"`  // sessions held at once, over all connections

	Local
	DatabaseConnections int           `env:"DATABASE_CONNECTIONS" envDefault:"8"` // to PostgreSQL
	Lease               time.Duration `env:"LEASE" envDefault:"15s"`              // how long a replica may be silent before others take over

	ParkFor      time.Duration `env:"PARK_FOR" envDefault:"2m"`       // an event whose call is not known yet
	QueueSizeFor time.Duration `env:"QUEUE_SIZE_FOR" envDefault:"0s"` // 0 = every arrival is judged by an exact count
	KeepFor      time.Duration `env:"KEEP_FOR" envDefault:"720h"`     // calls and the persons of callbacks, after their end

	Listen   string `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	Metrics  string `env:"METRICS"`                     // address for Prometheus; empty = none
	APIToken Secret `env:"API_TOKEN,required,notEmpty"` // the bearer token of a trusted backend
	Callers
	Demo

	Channels        ChannelsFile
	WebhooksPrivate string `env:"WEBHOOKS_PRIVATE" envDefault:"refuse"` // or allow: webhooks may be at private addresses, and without TLS

	Engagement
	Offers   Switch     `env:"OFFERS" envDefault:"on"`
	Dedup    string     `env:"DEDUP" envDefault:"number"`       // or portal: it alone says who is a duplicate
	Next     string     `env:"NEXT_IN_LINE" envDefault:"offer"` // or skip: who is next in line is offered nothing
	Shadow   Switch     `env:"SHADOW" envDefault:"off"`
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info"`
}

// Engagement is the part of Config that says how Dynamics is asked to phone.
type Engagement struct {
	Deliveries        proactive.API           `env:"DELIVERIES" envDefault:"voice"`
	DeliveryEncoding  proactive.Encoding      `env:"DELIVERY_ENCODING" envDefault:"string"`
	Contacts          proactive.ContactPolicy `env:"CONTACTS" envDefault:"find-or-create"`
	ContactsAmbiguous proactive.Ambiguity     `env:"CONTACTS_AMBIGUOUS" envDefault:"oldest"`
	DeliveryRate      int                     `env:"DELIVERY_RATE" envDefault:"15"` // requests/s, of all replicas together
}

func (e Engagement) check() error {
	var rate error
	if e.DeliveryRate < 1 {
		rate = fmt.Errorf("%sDELIVERY_RATE: at least 1 a second", prefix)
	}
	return errors.Join(
		rate,
		oneOf("DELIVERIES", e.Deliveries, proactive.APIVoice, proactive.APITask),
		oneOf("DELIVERY_ENCODING", e.DeliveryEncoding, proactive.EncodingString, proactive.EncodingArray),
		oneOf("CONTACTS", e.Contacts, proactive.ContactFindOrCreate, proactive.ContactFind, proactive.ContactCreate, proactive.ContactGiven),
		oneOf("CONTACTS_AMBIGUOUS", e.ContactsAmbiguous, proactive.AmbiguousOldest, proactive.AmbiguousRefuse),
	)
}

func oneOf[T ~string](name string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s%s: %q is none of %q", prefix, name, value, allowed)
}

// Local is the part of Config that says where an adapter is found on its machine.
type Local struct {
	Database Database `env:"DATABASE" envDefault:"directcallback.db"` // a file, or a URL of PostgreSQL
	Control  string   `env:"CONTROL"`                                 // a Unix socket for commands; empty = DATABASE.sock, or directcallback.sock beside a URL
}

// LocalFromEnvironment is FromEnvironment for commands that speak to an adapter
// which runs on this machine. Variables of other parts are not looked at.
func LocalFromEnvironment(environ []string) (Local, error) {
	variables := env.ToMap(environ)
	var l Local
	errs := append([]error{secretFiles(variables, prefix+"DATABASE"), unknown(variables)}, flatten(env.ParseWithOptions(&l, env.Options{Environment: variables, Prefix: prefix}))...)
	return l, errors.Join(errs...)
}

// Bus is the part of Config that says where Service Bus is and how to sign in.
type Bus struct {
	ServiceBusConnection Secret `env:"SERVICEBUS_CONNECTION"` // a connection string, or
	ServiceBusNamespace  string `env:"SERVICEBUS_NAMESPACE"`  // a host name, signed in to with Credential
	CallEvents           string `env:"CALL_EVENTS" envDefault:"call-events"`
	PlatformEvents       string `env:"PLATFORM_EVENTS" envDefault:"platform-events"`
	CallCommands         string `env:"CALL_COMMANDS" envDefault:"call-commands"`
	CallbackEvents       string `env:"CALLBACK_EVENTS"` // a topic that is told what becomes of callbacks; empty = none

	Credential dataverse.CredentialKind `env:"CREDENTIAL" envDefault:"secret"`
	Azure      Azure                    `env:"-"`
}

// Azure are the variables that azidentity's own tools read, for the same purpose.
type Azure struct {
	TenantID            string `env:"TENANT_ID"`
	ClientID            string `env:"CLIENT_ID"`
	ClientSecret        Secret `env:"CLIENT_SECRET"`
	CertificatePath     string `env:"CLIENT_CERTIFICATE_PATH"`
	CertificatePassword Secret `env:"CLIENT_CERTIFICATE_PASSWORD"`
	TokenFile           string `env:"FEDERATED_TOKEN_FILE"`
	AuthorityHost       string `env:"AUTHORITY_HOST"`
}

// Secret does not print.
type Secret string

// Format masks under every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, s.mask()) }

// LogValue masks in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.mask()) }

// MarshalText masks in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.mask()), nil }

func (s Secret) mask() string {
	if s == "" {
		return ""
	}
	return "****"
}

// Switch is "on" or "off".
type Switch bool

// UnmarshalText reads on or off and nothing else: a misspelt "of" must not
// switch anything on.
func (s *Switch) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "on":
		*s = true
	case "off":
		*s = false
	default:
		return fmt.Errorf("%q is neither on nor off", text)
	}
	return nil
}

// FromEnvironment reads the configuration from variables of the form NAME=value
// and names everything that is wrong with them at once.
func FromEnvironment(environ []string) (Config, error) {
	var c Config
	err := parse(environ, &c, &c.Bus)
	if c.APIToken != "" {
		if bad := api.Secret(c.APIToken).Check(); bad != nil {
			err = errors.Join(err, fmt.Errorf("%sAPI_TOKEN: %w", prefix, bad))
		}
	}
	err = errors.Join(err, c.Callers.check(c.Azure), c.Demo.check())
	if err == nil {
		err = c.Engagement.check()
	}
	if err == nil {
		err = errors.Join(oneOf("DEDUP", c.Dedup, "number", "portal"), oneOf("NEXT_IN_LINE", c.Next, "offer", "skip"), oneOf("WEBHOOKS_PRIVATE", c.WebhooksPrivate, "refuse", "allow"))
	}
	if err == nil && c.KeepFor < 24*time.Hour {
		err = fmt.Errorf("%sKEEP_FOR: at least 24h, because tones of ended calls count that long", prefix)
	}
	if err == nil && (c.QueueSizeFor < 0 || c.QueueSizeFor > time.Minute) {
		err = fmt.Errorf("%sQUEUE_SIZE_FOR: from 0s to 1m; Dynamics has 10s", prefix)
	}
	if err == nil && c.ParkFor <= 0 {
		err = fmt.Errorf("%sPARK_FOR must be above 0", prefix)
	}
	if err == nil && (c.DatabaseConnections < 1 || c.Lease < time.Second) {
		err = fmt.Errorf("%[1]sDATABASE_CONNECTIONS must be at least 1, %[1]sLEASE at least 1s", prefix)
	}
	if err == nil && (c.Connections < 1 || c.Receivers < 1) {
		err = fmt.Errorf("%[1]sCONNECTIONS and %[1]sRECEIVERS must be at least 1", prefix)
	}
	return c, err
}

// Portal is the part of Config that says where Dataverse is and how to sign in.
type Portal struct {
	DataverseURL string                   `env:"DATAVERSE_URL,required,notEmpty"`
	Credential   dataverse.CredentialKind `env:"CREDENTIAL" envDefault:"secret"`
	Azure        Azure                    `env:"-"`
}

// PortalFromEnvironment is FromEnvironment for commands that need Dataverse alone.
// Variables of other parts may be set and are not looked at.
func PortalFromEnvironment(environ []string) (Portal, error) {
	var p Portal
	variables := env.ToMap(environ)
	return p, errors.Join(parseWith(variables, &p, &p.Azure)...)
}

// Client speaks to Dataverse.
func (p Portal) Client() (*dataverse.Client, error) {
	credential, err := Bus{Credential: p.Credential, Azure: p.Azure}.credential(nil)
	if err != nil {
		return nil, err
	}
	return dataverse.New(p.DataverseURL, credential, nil)
}

// Sender is the part of the environment that `adapter register` needs beside that of
// Dataverse: the queue that Dataverse is to send to, and a connection string with a key.
type Sender struct {
	Connection     Secret `env:"REGISTER_CONNECTION"`   // of a policy that may send, and nothing else; empty =
	Own            Secret `env:"SERVICEBUS_CONNECTION"` // the adapter's own
	PlatformEvents string `env:"PLATFORM_EVENTS" envDefault:"platform-events"`
}

// SenderFromEnvironment is FromEnvironment for `adapter register`.
func SenderFromEnvironment(environ []string) (Sender, error) {
	var s Sender
	variables := env.ToMap(environ)
	if err := errors.Join(parseWith(variables, &s, &Azure{})...); err != nil {
		return s, err
	}
	if s.Connection == "" {
		s.Connection = s.Own
	}
	if s.Connection == "" {
		return s, fmt.Errorf("%[1]sREGISTER_CONNECTION is not set: Dataverse sends with a key, so it needs a connection string (%[1]sSERVICEBUS_CONNECTION would do)", prefix)
	}
	return s, nil
}

// BusFromEnvironment is FromEnvironment for commands that need Service Bus alone.
// Variables of other parts may be set and are not looked at.
func BusFromEnvironment(environ []string) (Bus, error) {
	var b Bus
	err := parse(environ, &b, &b)
	return b, err
}

// parse fills config, of which bus is a part or the whole.
func parse(environ []string, config any, bus *Bus) error {
	errs := parseWith(env.ToMap(environ), config, &bus.Azure)
	if bus.ServiceBusConnection == "" && bus.ServiceBusNamespace == "" {
		errs = append(errs, fmt.Errorf("neither %[1]sSERVICEBUS_CONNECTION nor %[1]sSERVICEBUS_NAMESPACE is set; set one", prefix))
	}
	return errors.Join(errs...)
}

func parseWith(variables map[string]string, config any, azure *Azure) []error {
	errs := []error{secretFiles(variables, prefix+"SERVICEBUS_CONNECTION", prefix+"REGISTER_CONNECTION", prefix+"API_TOKEN", prefix+"DATABASE", "AZURE_CLIENT_SECRET"), unknown(variables)}
	errs = append(errs, flatten(env.ParseWithOptions(config, env.Options{Environment: variables, Prefix: prefix}))...)
	return append(errs, flatten(env.ParseWithOptions(azure, env.Options{Environment: variables, Prefix: "AZURE_"}))...)
}

// flatten takes apart what env joined, so that each error stands on its own line.
func flatten(err error) []error {
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		return all.Errors
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// secretFiles lets every secret come from a file: NAME_FILE holds its path.
func secretFiles(variables map[string]string, names ...string) error {
	var errs []error
	for _, name := range names {
		path := variables[name+"_FILE"]
		if path == "" {
			continue
		}
		if variables[name] != "" {
			errs = append(errs, fmt.Errorf("both %s and %s_FILE are set; remove one", name, name))
			continue
		}
		body, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own
		if err != nil {
			errs = append(errs, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		variables[name] = strings.TrimSpace(string(body))
	}
	return errors.Join(errs...)
}

// unknown refuses variables that look like ours and are not: a misspelt setting
// would otherwise silently be the default.
func unknown(variables map[string]string) error {
	params, err := env.GetFieldParamsWithOptions(&Config{}, env.Options{Prefix: prefix})
	if err != nil {
		return err
	}
	known := make([]string, 0, len(params))
	for _, p := range params {
		known = append(known, p.Key)
	}
	known = append(known, prefix+"REGISTER_CONNECTION", prefix+"REGISTER_CONNECTION_FILE", prefix+"SERVICEBUS_CONNECTION_FILE", prefix+"API_TOKEN_FILE", prefix+"DATABASE_FILE")
	var errs []error
	for name := range variables {
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("unknown variable %s; did you mean %s?", name, nearest(name, known)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// nearest is the known name with the fewest edits.
func nearest(name string, known []string) string {
	best, distance := "", len(name)+100
	for _, k := range known {
		if d := edits(name, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
