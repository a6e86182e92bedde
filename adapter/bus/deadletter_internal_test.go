package bus

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		`{"from":"+12025550123"}`:          `{"from":"+*********23"}`,
		`{"from":"\u002B12025550123"}`:     `{"from":"+*********23"}`,
		`{"from":"\u002b4512345678"}`:      `{"from":"+********78"}`,
		`{"from":12025550123}`:             `{"from":*********23}`,
		`{"from":"(020) 7946-0123"}`:       `{"from":"(***) ****-**23"}`,
		"call from +33 1 55 50 12 34 now":  "call from +** * ** ** ** 34 now",
		"sip:12025550123@host":             "sip:*********23@host",
		"tel+12025550123x":                 "tel+*********23x",
		"2026-11-22T10:00:00.123456+02:00": "2026-11-22T10:00:00.123456+02:00",
		"2026-11-22 10:00:00":              "2026-11-22 10:00:00",
		`"sequence":123456,`:               `"sequence":123456,`,
		"5b1f3c1e-4f0e-4b39-9d53-0f6d8a7f": "5b1f3c1e-4f0e-4b39-9d53-0f6d8a7f",
		"a1b2c3d4-1234-5678-9012-abcdefab": "a1b2c3d4-1234-5678-9012-abcdefab",
		`{"data_base64" : "KzEyMDI1NTU="}`: `{"data_base64" : "****"}`,
		"byte 7, 3 attempts, 1.5 s":        "byte 7, 3 attempts, 1.5 s",
	} {
		if got := mask(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

// A resubmission that was cut before the old message was taken out is repeated
// with the same id, so that duplicate detection drops the second one.
func TestAResubmissionHasOneID(t *testing.T) {
	t.Parallel()
	at := func(sequence int64) any {
		m := &azservicebus.ReceivedMessage{MessageID: "one", SequenceNumber: &sequence, RawAMQPMessage: &azservicebus.AMQPAnnotatedMessage{}}
		return resubmitted(m).Properties.MessageID
	}
	if at(7) != at(7) {
		t.Error("the same message got two ids")
	}
	if at(7) == at(8) {
		t.Error("two messages got the same id")
	}
}
