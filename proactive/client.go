package proactive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"directcallback/dataverse"
)

// Encoding is how Windows and InputAttributes are written.
type Encoding string

const (
	// EncodingString writes them as JSON inside a string, as Microsoft's samples do.
	EncodingString Encoding = "string"
	// EncodingArray writes them as JSON, as Microsoft's parameter list says.
	EncodingArray Encoding = "array"
)

// API is which generation of operations places the calls.
type API string

const (
	// APIVoice is CCaaS_CreateProactiveVoiceDelivery: one request, one delivery, one attempt.
	APIVoice API = "voice"
	// APITask is CCaaS_CreateProactiveDelivery: Dynamics renews the contact, keeps quiet
	// hours and priorities, and makes attempts of its own, as a task.
	APITask API = "task"
)

// Options has what most callers leave alone. The zero value, and nil, are good.
type Options struct {
	// SendRequestID adds the field RequestId, which the page does not list for
	// this action and organizations are seen to accept; [Client.Find] is
	// certain with it.
	SendRequestID bool
	API           API           // APIVoice unless said otherwise
	Encoding      Encoding      // EncodingString unless said otherwise
	Contacts      ContactPolicy // ContactFindOrCreate unless said otherwise
	Ambiguous     Ambiguity     // AmbiguousOldest unless said otherwise
	MaxWait       time.Duration // for a 429 or a connection, before Deliver gives up; 5 s unless said otherwise
	// Deadline is what one call of a method may take, all its requests together;
	// 60 s unless said otherwise. A connection that is half dead would otherwise
	// hold its caller for as long as all repeats of all requests last.
	Deadline time.Duration
	Now      func() time.Time // time.Now unless said otherwise
	Logger   *slog.Logger     // nil is silent
}

// Client places calls in one organization. It is safe for concurrent use.
type Client struct {
	dataverse *dataverse.Client // for reading and cancelling
	private   *dataverse.Client // for reading by telephone number, which URLs must not have
	impatient *dataverse.Client // for the one POST, and contacts; private too
	tasks     *dataverse.Client // for reading tasks, in the version of that function's page
	options   Options

	mu      sync.Mutex      // guards lacking; never held while waiting
	lacking map[string]bool // columns of the delivery table that the organization does not have
}

// taskVersion is the one in the URL of the page of CCaaS_GetDeliveryTasks.
const taskVersion = "v9.0"

// New makes a client that sends through the given one. It fails for an option that
// is none of those listed.
func New(client *dataverse.Client, options *Options) (*Client, error) {
	c := &Client{dataverse: client, lacking: map[string]bool{}}
	if options != nil {
		c.options = *options
	}
	o := &c.options
	if err := errors.Join(
		choose("API", &o.API, APIVoice, APITask),
		choose("encoding", &o.Encoding, EncodingString, EncodingArray),
		choose("contacts", &o.Contacts, ContactFindOrCreate, ContactFind, ContactCreate, ContactGiven),
		choose("ambiguous contacts", &o.Ambiguous, AmbiguousOldest, AmbiguousRefuse),
	); err != nil {
		return nil, err
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 5 * time.Second
	}
	if o.Deadline <= 0 {
		o.Deadline = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c.private = client.Privately()
	c.impatient = c.private.WithMaxWait(o.MaxWait)
	var err error
	c.tasks, err = client.WithVersion(taskVersion)
	return c, err
}

// choose fills in the first of what an option may be, and refuses what it may not.
func choose[T ~string](name string, option *T, allowed ...T) error {
	if *option == "" {
		*option = allowed[0]
	}
	if slices.Contains(allowed, *option) {
		return nil
	}
	return fmt.Errorf("%s %q: must be one of %q", name, *option, allowed)
}

// within bounds one call of a method.
func (c *Client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.options.Deadline)
}
