package record

// AskedByForm is what rows of table callbacks must be to count for those who may ask
// only so often: the channels that are Open.
const AskedByForm = `channel IN ('web', 'mobile', 'bot')`
