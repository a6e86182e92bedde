package dataverse

import "time"

// zone is a row of timezonedefinition: Dynamics' own number, the Windows name and, for the arithmetic, the name the
// rest of the world uses (CLDR's windowsZones, territory 001).
type zone struct {
	code             int
	standard, iana   string
	interfaceDisplay string
}

// zones are the time zones an organisation is asked for in practice; the real table is longer.
func zones() []zone {
	return []zone{
		{2, "Hawaiian Standard Time", "Pacific/Honolulu", "(GMT-10:00) Hawaii"},
		{3, "Alaskan Standard Time", "America/Anchorage", "(GMT-09:00) Alaska"},
		{4, "Pacific Standard Time", "America/Los_Angeles", "(GMT-08:00) Pacific Time (US & Canada)"},
		{10, "Mountain Standard Time", "America/Denver", "(GMT-07:00) Mountain Time (US & Canada)"},
		{15, "US Mountain Standard Time", "America/Phoenix", "(GMT-07:00) Arizona"},
		{20, "Central Standard Time", "America/Chicago", "(GMT-06:00) Central Time (US & Canada)"},
		{25, "Canada Central Standard Time", "America/Regina", "(GMT-06:00) Saskatchewan"},
		{35, "Eastern Standard Time", "America/New_York", "(GMT-05:00) Eastern Time (US & Canada)"},
		{40, "US Eastern Standard Time", "America/Indianapolis", "(GMT-05:00) Indiana (East)"},
		{50, "Atlantic Standard Time", "America/Halifax", "(GMT-04:00) Atlantic Time (Canada)"},
		{60, "Newfoundland Standard Time", "America/St_Johns", "(GMT-03:30) Newfoundland"},
		{65, "E. South America Standard Time", "America/Sao_Paulo", "(GMT-03:00) Brasilia"},
		{80, "Azores Standard Time", "Atlantic/Azores", "(GMT-01:00) Azores"},
		{85, "GMT Standard Time", "Europe/London", "(GMT+00:00) Dublin, Edinburgh, Lisbon, London"},
		{90, "Greenwich Standard Time", "Atlantic/Reykjavik", "(GMT+00:00) Monrovia, Reykjavik"},
		{92, "UTC", "UTC", "(GMT) Coordinated Universal Time"},
		{95, "Central Europe Standard Time", "Europe/Budapest", "(GMT+01:00) Belgrade, Bratislava, Budapest, Ljubljana, Prague"},
		{100, "Central European Standard Time", "Europe/Warsaw", "(GMT+01:00) Sarajevo, Skopje, Warsaw, Zagreb"},
		{105, "Romance Standard Time", "Europe/Paris", "(GMT+01:00) Brussels, Copenhagen, Madrid, Paris"},
		{110, "W. Europe Standard Time", "Europe/Berlin", "(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"},
		{120, "Egypt Standard Time", "Africa/Cairo", "(GMT+02:00) Cairo"},
		{125, "FLE Standard Time", "Europe/Kyiv", "(GMT+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius"},
		{130, "GTB Standard Time", "Europe/Bucharest", "(GMT+02:00) Athens, Bucharest"},
		{135, "Israel Standard Time", "Asia/Jerusalem", "(GMT+02:00) Jerusalem"},
		{140, "South Africa Standard Time", "Africa/Johannesburg", "(GMT+02:00) Harare, Pretoria"},
		{145, "Russian Standard Time", "Europe/Moscow", "(GMT+03:00) Moscow, St. Petersburg"},
		{150, "Arab Standard Time", "Asia/Riyadh", "(GMT+03:00) Kuwait, Riyadh"},
		{165, "Arabian Standard Time", "Asia/Dubai", "(GMT+04:00) Abu Dhabi, Muscat"},
		{190, "India Standard Time", "Asia/Kolkata", "(GMT+05:30) Chennai, Kolkata, Mumbai, New Delhi"},
		{205, "SE Asia Standard Time", "Asia/Bangkok", "(GMT+07:00) Bangkok, Hanoi, Jakarta"},
		{210, "China Standard Time", "Asia/Shanghai", "(GMT+08:00) Beijing, Chongqing, Hong Kong, Urumqi"},
		{215, "Singapore Standard Time", "Asia/Singapore", "(GMT+08:00) Kuala Lumpur, Singapore"},
		{235, "Tokyo Standard Time", "Asia/Tokyo", "(GMT+09:00) Osaka, Sapporo, Tokyo"},
		{255, "AUS Eastern Standard Time", "Australia/Sydney", "(GMT+10:00) Canberra, Melbourne, Sydney"},
		{290, "New Zealand Standard Time", "Pacific/Auckland", "(GMT+12:00) Auckland, Wellington"},
	}
}

// bias is how many minutes local standard time is behind UTC.
func (z zone) bias() (minutes int, err error) {
	location, err := time.LoadLocation(z.iana)
	if err != nil {
		return 0, err
	}
	// Standard time is the smaller offset of January and July, on either half of the globe.
	_, january := time.Date(2026, 1, 1, 0, 0, 0, 0, location).Zone()
	_, july := time.Date(2026, 7, 1, 0, 0, 0, 0, location).Zone()
	return -min(january, july) / 60, nil
}
