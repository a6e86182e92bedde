package dataverse

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
)

// Error codes of Dataverse this mock answers with. The page "Web service error codes" lists them.
const (
	codeNone                = "0x0"
	codePayload             = "0x80048d19"
	codeCrmHTTP             = "0x80060888"
	codeResourceNotFound    = "0x8006088a"
	codeObjectDoesNotExist  = "0x80040217"
	codeRecordNotFoundByKey = "0x80060891"
	codeDuplicateRecord     = "0x80040237"
	codeDuplicateKey        = "0x80060892"
	codeVersionMismatch     = "0x80060882"
	codeNoConcurrency       = "0x8006088d"
	codeStringTooLong       = "0x80044331"
	codePicklistOutOfRange  = "0x8004431a"
	codeInvalidState        = "0x80048408"
	codeTooManyConditions   = "0x8004430c"
	codeElasticJoin         = "0x80048d0b"
	codePluginAborted       = "0x80040265"
	codeUserNotMember       = "0x80072560"
	codeUserDisabled        = "0x80040225"
	codePrivilegeDenied     = "0x80040220"
	codeInvalidArgument     = "0x80040203"
	codeNotSupported        = "0x80040800"
	codeNoTable             = "0x80041102"
	codeNoColumn            = "0x80041103"
	codeExpiredVersion      = "0x80044352"
	codeTrackingNotEnabled  = "0x80072491"

	codeThrottledRequests    = "0x80072322"
	codeThrottledTime        = "0x80072321"
	codeThrottledConcurrency = "0x80072326"
)

// What marks an answer as the mock's own limit.
const (
	codeUnsupported   = "MockUnsupported"
	headerUnsupported = "X-Mock-Unsupported"
)

// Texts that are answered from more than one place.
const (
	messageExpiredVersion       = "Version stamp associated with the client has expired. Please perform a full sync."
	messageThrottledRequests    = "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
	messageThrottledConcurrency = "Number of concurrent requests exceeded the limit of 52."
	messageThrottledTime        = "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time window " +
		"of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later."
)

// payloadPrefix stands before what the OData reader says about a body.
const payloadPrefix = "Error identified in Payload provided by the user for Entity :'%s', For more information on this error " +
	"please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : Microsoft.OData.ODataException: "

// failure is an answer that is not a success. It is the only error type handlers return; anything else is a defect of
// the mock and answered as 500.
type failure struct {
	status  int
	code    string
	message string

	retryAfter string // of a fault in a batch; empty: not sent
}

func (f *failure) Error() string {
	return fmt.Sprintf("%d %s %s: %s", f.status, http.StatusText(f.status), f.code, f.message)
}

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badRequest(code, format string, args ...any) *failure {
	return fail(http.StatusBadRequest, code, format, args...)
}

// unsupported is the answer to what Dataverse may well do and this mock does not.
func unsupported(format string, args ...any) *failure {
	return fail(http.StatusNotImplemented, codeUnsupported, "The mock does not support "+format, args...)
}

// payloadError wraps a complaint of the OData reader about a body.
func payloadError(set, format string, args ...any) *failure {
	return badRequest(codePayload, payloadPrefix+format, append([]any{set}, args...)...)
}

func notFoundSegment(name string) *failure {
	return fail(http.StatusNotFound, codeResourceNotFound, "Resource not found for the segment '%s'.", name)
}

func notFoundRow(t *table, id string) *failure {
	return fail(http.StatusNotFound, codeObjectDoesNotExist, "%s With Id = %s Does Not Exist", t.name, id)
}

func noProperty(name string, t *table) *failure {
	return badRequest(codeNone, "Could not find a property named '%s' on type '%s'.", name, t.typeName())
}

func syntaxError(position int, query, format string, args ...any) *failure {
	return badRequest(codeCrmHTTP, format+" at position %d in '%s'.", append(args, position, query)...)
}

// notSupported is how rows that only Dataverse itself writes refuse to be written.
func notSupported(method string, t *table) *failure {
	messages := map[string]string{http.MethodPost: "Create", http.MethodPatch: "Update", http.MethodDelete: "Delete"}
	return fail(http.StatusMethodNotAllowed, codeNotSupported, "The '%s' method does not support entities of type '%s'.",
		cmp.Or(messages[method], method), t.name)
}

func noMethod(uri string) *failure {
	return fail(http.StatusNotFound, "", "No HTTP resource was found that matches the request URI '%s'.", uri)
}

// asFailure turns any error into an answer.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return fail(http.StatusInternalServerError, "0x80040216", "An unexpected error occurred: %v", err)
}

func unknownName(what, name string) error {
	return fmt.Errorf("dataverse mock: unknown %s %q", what, name)
}
