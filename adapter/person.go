package adapter

// Person is somebody whose data is to be erased: who has this number, or is this
// contact.
type Person struct {
	Phone   Phone
	Contact ContactID
}
