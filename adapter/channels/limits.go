package channels

import (
	"fmt"
	"time"
)

// Limits are how often somebody may ask, by what is known of them.
type Limits struct {
	PerNumber  Rate // callbacks to one telephone number
	PerAddress Rate // requests from one address
	PerKey     Rate // requests with one publishable key
}

// Rate is so many in so much time. The zero Rate is no limit.
type Rate struct {
	N   int
	Per time.Duration
}

// IsZero tells that there is no limit.
func (r Rate) IsZero() bool { return r == Rate{} }

// String writes a rate as the file has it.
func (r Rate) String() string {
	if r.IsZero() {
		return off
	}
	return fmt.Sprintf("%d/%v", r.N, r.Per)
}

// off is how the file says that there is no limit.
const off = "off"
