package channels_test

import (
	"fmt"
	"time"

	"directcallback/adapter/channels"
)

func Example() {
	c, err := channels.Read([]byte(`
slots: {length: 1h}
quietHours: {from: "21:00", to: "08:00"}
`))
	fmt.Println(c.Slots.Length, c.Slots.Capacity, err)

	london, _ := time.LoadLocation("Europe/London")
	late := time.Date(2026, 7, 1, 22, 15, 0, 0, london)
	fmt.Println(c.QuietHours.Quiet(late, london), c.QuietHours.Ends(late, london))

	_, err = channels.Read([]byte("slots: {length: 50m}\ncountry: FR\n"))
	fmt.Println(err)
	// Output:
	// 1h0m0s 5 <nil>
	// true 2026-07-02 07:00:00 +0000 UTC
	// 1:17: slots.length: a day must be a whole number of slots: write 15m, 20m, 30m, 1h or 2h, for example
	// 2:1: country: is not known here; known are topics, slots, queues, countries, quietHours, doNotPhone, limits
}
