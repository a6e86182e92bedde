package dataverse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// Repeat says whether a request may be sent again when nobody knows whether it
// was carried out.
type Repeat int

const (
	// Once is for what is not sent again unless it certainly was not carried out.
	Once Repeat = iota
	// Repeatable is for what has the same effect twice as once.
	Repeatable
)

// signal is how one attempt ended.
type signal int

const (
	signalDone         signal = iota // 2xx, and the answer could be read
	signalStopped                    // the caller's context ended
	signalNotSent                    // no connection, so nothing left the machine
	signalHopeless                   // certificate, scheme, header: it will not go better next time
	signalLost                       // sent, and the connection broke before the answer was complete
	signalThrottled                  // 429: refused before execution
	signalGateway                    // 502, 503, 504, a 500 without a code: who knows
	signalDatabase                   // 500 by the database: probably rolled back
	signalFailed                     // 500 with any other code
	signalUnauthorized               // 401
	signalRefused                    // every other answer
	signals                          // how many there are
)

// decision is a row of the table: what follows from a signal.
type decision struct {
	repeats int  // at most so often
	always  bool // even what is sent Once: it was not carried out
	unsure  bool // it may have been carried out
}

// decisions is the decision table. A row says nothing about 412 on a repeat and
// 404 on a repeated DELETE: the operations know what those mean.
func decisions(l limits) [signals]decision {
	return [signals]decision{
		signalDone:         {},
		signalStopped:      {unsure: true},
		signalNotSent:      {repeats: l.retries, always: true},
		signalHopeless:     {},
		signalLost:         {repeats: l.retries, unsure: true},
		signalThrottled:    {repeats: l.throttles, always: true},
		signalGateway:      {repeats: l.retries, unsure: true},
		signalDatabase:     {repeats: min(l.retries, 2), unsure: true},
		signalFailed:       {},
		signalUnauthorized: {repeats: 1, always: true},
		signalRefused:      {},
	}
}

// signalOfAnswer classes what a server answered: by its code first, because one
// status means many things.
func signalOfAnswer(status int, code string) signal {
	switch {
	case status >= 200 && status < 300:
		return signalDone
	case status == http.StatusTooManyRequests, throttled(code):
		return signalThrottled
	case status == http.StatusUnauthorized:
		return signalUnauthorized
	case status == http.StatusInternalServerError && databaseFailed(code):
		return signalDatabase
	case status == http.StatusInternalServerError && code == "":
		return signalGateway // not Dataverse's own words, or not all of them
	case status == http.StatusInternalServerError:
		return signalFailed
	case status == http.StatusNotImplemented:
		return signalRefused
	case status > http.StatusInternalServerError:
		return signalGateway
	}
	return signalRefused
}

// throttled knows service protection by its code too: it refuses before execution
// whatever a gateway made of the status.
func throttled(code string) bool {
	switch code {
	case "0x80072321", "0x80072322", "0x80072326": // execution time, requests, concurrency
		return true
	}
	return false
}

func databaseFailed(code string) bool {
	switch code {
	case "0x80044151", "0x80044150", "0x80040216": // timeout, error, unexpected
		return true
	}
	return false
}

// signalOfError classes an attempt without an answer. unconnected tells that the
// transport reported having looked for a connection and not having got one.
func signalOfError(ctx context.Context, err error, unconnected bool) signal {
	var (
		dial        *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		hostname    x509.HostnameError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &hostname):
		return signalHopeless
	// The error may be the attempt's own timeout, so the caller's context is asked, not the error.
	case ctx.Err() != nil && !unconnected:
		return signalStopped
	case errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial", unconnected:
		return signalNotSent
	case hopelessPattern.MatchString(err.Error()):
		return signalHopeless
	}
	return signalLost
}
