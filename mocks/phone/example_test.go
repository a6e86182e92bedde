package phone_test

import (
	"fmt"

	"directcallback/mocks/phone"
)

func ExampleTraffic_StartAtBusiest() {
	day, err := phone.DefaultTraffic()
	if err != nil {
		fmt.Println(err)
		return
	}
	busy := day.StartAtBusiest()
	fmt.Println("begins at", busy.Start)
	fmt.Println("representatives on duty:", busy.OnDuty(busy.Start))
	fmt.Println("already waiting:", waiting(busy))
	// Output:
	// begins at 10h0m0s
	// representatives on duty: 10
	// already waiting: 7
}

func waiting(t phone.Traffic) int {
	n := 0
	for _, a := range t.Arrivals {
		if a.At < t.Start {
			n++
		}
	}
	return n
}
