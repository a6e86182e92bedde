package proactive

import (
	"context"
	"log/slog"
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

// ContactPolicy is what to do for a customer whose contact row is not given.
type ContactPolicy string

const (
	// ContactFindOrCreate looks for the number, and makes a contact if there is none.
	ContactFindOrCreate ContactPolicy = "find-or-create"
	// ContactGivenOnly refuses.
	ContactGivenOnly ContactPolicy = "given-only"
)

// Options has what most callers leave alone. The zero value, and nil, are good.
type Options struct {
	// SendRequestID adds the field RequestId, which the page does not list for
	// this action and organizations are seen to accept; [Client.Find] is
	// certain with it.
	SendRequestID bool
	Encoding      Encoding      // EncodingString unless said otherwise
	Contacts      ContactPolicy // ContactFindOrCreate unless said otherwise
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
	options   Options

	mu      sync.Mutex      // guards lacking; never held while waiting
	lacking map[string]bool // columns of the delivery table that the organization does not have
}

// New makes a client that sends through the given one.
func New(client *dataverse.Client, options *Options) *Client {
	c := &Client{dataverse: client, lacking: map[string]bool{}}
	if options != nil {
		c.options = *options
	}
	o := &c.options
	if o.Encoding == "" {
		o.Encoding = EncodingString
	}
	if o.Contacts == "" {
		o.Contacts = ContactFindOrCreate
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
	return c
}

// within bounds one call of a method.
func (c *Client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.options.Deadline)
}
