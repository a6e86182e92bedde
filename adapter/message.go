package adapter

// The automated messages about waiting that are read to be shown; the telephony
// speaks them, not this product.
const (
	MessagePosition          MessageEvent = 192350021
	MessageNextInLine        MessageEvent = 192350024
	MessageWaitMinutes       MessageEvent = 192350030
	MessageWaitHours         MessageEvent = 192350031
	MessageWaitHoursMinutes  MessageEvent = 192350032
	MessageHoliday           MessageEvent = 192350035
	MessageOutOfHours        MessageEvent = 192350036
	MessageToOutOfHoursQueue MessageEvent = 192350039
	MessageGreeting          MessageEvent = 192350056
	MessageNoEstimate        MessageEvent = 192350064
	MessageEstimate          MessageEvent = 192370004
)
