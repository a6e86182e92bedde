package adapter

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Countries are those that the portal lets representatives phone, by their two letters
// of ISO 3166: what its voice channels name as the regions of outbound calls. Nil where
// no channel names any; what is no country is not counted.
func (s Settings) Countries() []string {
	known := phonenumbers.GetSupportedRegions()
	var all []string
	for _, c := range s.Channels {
		if !c.Active {
			continue
		}
		for _, region := range strings.FieldsFunc(c.Regions, func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
			if region = strings.ToUpper(region); known[region] && !slices.Contains(all, region) {
				all = append(all, region)
			}
		}
	}
	slices.Sort(all)
	return all
}
