package register

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"directcallback/dataverse"
)

// Destination is where Dataverse sends, and the key it sends with.
type Destination struct {
	Address string // "sb://contoso.servicebus.windows.net/"
	Queue   string
	KeyName string
	Key     dataverse.Secret
}

// ParseDestination takes apart a connection string, which needs a key: Dataverse
// cannot sign in with anything else.
func ParseDestination(connection, queue string) (Destination, error) {
	values := map[string]string{}
	for part := range strings.SplitSeq(connection, ";") {
		name, value, _ := strings.Cut(part, "=")
		values[strings.ToLower(strings.TrimSpace(name))] = value
	}
	endpoint, err := url.Parse(values["endpoint"])
	switch {
	case err != nil || endpoint.Host == "":
		return Destination{}, errors.New("no Endpoint like sb://contoso.servicebus.windows.net/ in it")
	case values["sharedaccesskeyname"] == "" || values["sharedaccesskey"] == "":
		return Destination{}, errors.New("no SharedAccessKeyName and SharedAccessKey in it; Dataverse sends with a key: copy the connection string of a policy that may send")
	case values["entitypath"] != "" && !strings.EqualFold(values["entitypath"], queue):
		return Destination{}, fmt.Errorf("it is for queue %s, and Dataverse is to send to %s", values["entitypath"], queue)
	}
	return Destination{
		Address: "sb://" + strings.ToLower(endpoint.Host) + "/", Queue: queue,
		KeyName: values["sharedaccesskeyname"], Key: dataverse.Secret(values["sharedaccesskey"]),
	}, nil
}

// namespace is the first part of the host's name, which is what Dataverse calls the namespace.
func (d Destination) namespace() string {
	host := strings.TrimSuffix(strings.TrimPrefix(d.Address, "sb://"), "/")
	name, _, _ := strings.Cut(host, ".")
	return name
}

// space keeps our ids apart from everybody else's.
const space = "0b5f3a52-7d0b-5c63-9a0e-3d1f6e0c9b74"

// id is the same for the same queue every time: that of the endpoint, or of one
// of its steps.
func (d Destination) id(parts ...string) string {
	name := strings.Join(append([]string{d.Address, d.Queue}, parts...), "\n")
	return uuid.NewSHA1(uuid.MustParse(space), []byte(name)).String()
}

// mark is the description of everything that is made here.
const mark = "Made by adapter register, which also removes it."

// description is the mark with the key's fingerprint, which is too short to be of
// use for anything but comparing.
func (d Destination) description() string {
	sum := sha256.Sum256([]byte(d.KeyName + "\n" + string(d.Key)))
	return mark + " Key " + hex.EncodeToString(sum[:4]) + "."
}
