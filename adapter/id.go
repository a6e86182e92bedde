package adapter

import "strings"

// Identifiers are types of their own so that the compiler tells a queue from a
// call. Those of Dataverse rows hold a GUID in the form of [NormalizeID].
type (
	// QueueID is the key of a Dataverse row in table queue.
	QueueID string
	// RulesetID is the key of a row in table msdyn_decisionruleset.
	RulesetID string
	// ActionID is the key of a row in table msdyn_overflowactionconfig.
	ActionID string
	// ConfigurationID is the key of a row in table msdyn_proactive_engagement_config.
	ConfigurationID string
	// ProfileID is the key of a row in table msdyn_proactive_callback_profile.
	ProfileID string
	// ContactID is the key of a row in table contact.
	ContactID string
	// DeliveryID is what CCaaS_CreateProactiveVoiceDelivery answered: the
	// msdyn_delivery_id of a row in the elastic table msdyn_proactive_delivery.
	DeliveryID string
	// DeliveryTaskID is what CCaaS_CreateProactiveDelivery answered beside it: the
	// chain of attempts that Dynamics makes of one request.
	DeliveryTaskID string
	// CallID is the telephony's own name for a call; opaque to us.
	CallID string
	// CallbackID is ours: a UUID version 7.
	CallbackID string
	// WebhookID is ours: a UUID version 7.
	WebhookID string
	// KeyID names a publishable key, and is ours: a UUID version 7.
	KeyID string
)

// NormalizeID brings the spellings of one GUID together: surrounding space and
// braces go, letters become lower case. Text that is no GUID only loses its
// surrounding space, because telephonies choose their own call ids.
func NormalizeID(text string) string {
	text = strings.TrimSpace(text)
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	if !IsGUID(inner) {
		return text
	}
	return strings.ToLower(inner)
}

// IsGUID tells whether text is a GUID in its plain 8-4-4-4-12 form.
func IsGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
