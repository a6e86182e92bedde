package adapter

import "github.com/nyaruka/phonenumbers"

// International is the [Phone.Country] of numbers that belong to no country: of
// satellites, ships and services that are the same everywhere.
const International = "001"

// Country is the country of a number by its two letters of ISO 3166, or
// [International]; empty where numbering plans no longer know it.
func (p Phone) Country() string {
	number, err := phonenumbers.Parse(p.E164(), "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(number)
}

// Objection says why nobody should be phoned at a number only because it was typed
// into a form: to call it costs more than a call, or no person answers it. Empty = there
// is none.
func (p Phone) Objection() string {
	number, err := phonenumbers.Parse(p.E164(), "")
	if err != nil {
		return "is not in its country's numbering plan"
	}
	if phonenumbers.GetRegionCodeForNumber(number) == International {
		return "belongs to no country: such numbers are not phoned"
	}
	return objections()[phonenumbers.GetNumberType(number)]
}

// objections is the table of kinds of number that are not phoned.
func objections() map[phonenumbers.PhoneNumberType]string {
	return map[phonenumbers.PhoneNumberType]string{
		phonenumbers.PREMIUM_RATE:    "is a premium-rate number: such numbers are not phoned",
		phonenumbers.SHARED_COST:     "is a shared-cost number: such numbers are not phoned",
		phonenumbers.PERSONAL_NUMBER: "is a personal number, at a price that cannot be known: such numbers are not phoned",
		phonenumbers.PAGER:           "is a pager: give a number at which you can speak",
		phonenumbers.UAN:             "is a company's number for all its offices: give the one at which you can be reached",
		phonenumbers.VOICEMAIL:       "is a voicemail: give a number at which you can speak",
	}
}

// isShort tells whether an invalid number is one that is dialled as it is within a
// country: for an emergency, for instance.
func isShort(number *phonenumbers.PhoneNumber) bool {
	if phonenumbers.IsValidShortNumber(number) {
		return true
	}
	for _, region := range phonenumbers.GetRegionCodesForCountryCode(int(number.GetCountryCode())) {
		if phonenumbers.IsEmergencyNumber(phonenumbers.GetNationalSignificantNumber(number), region) {
			return true
		}
	}
	return false
}
