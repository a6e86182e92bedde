package serve

import (
	"fmt"
	"os"

	"github.com/caarlos0/env/v11"

	"directcallback/adapter/channels"
)

// ChannelsFile is the part of Config that says where the channels file is.
type ChannelsFile struct {
	Path string `env:"CHANNELS_FILE"` // empty = none
}

// Read reads the file; without one the defaults count.
func (f ChannelsFile) Read() (channels.Channels, error) {
	if f.Path == "" {
		return channels.Default(), nil
	}
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return channels.Channels{}, fmt.Errorf("%sCHANNELS_FILE: %w", prefix, err)
	}
	c, err := channels.Read(text)
	if err != nil {
		return channels.Channels{}, fmt.Errorf("%sCHANNELS_FILE: %s:\n%w", prefix, f.Path, err)
	}
	return c, nil
}

// ChannelsFromEnvironment is FromEnvironment for who needs the channels file alone.
// Variables of other parts may be set and are not looked at.
func ChannelsFromEnvironment(environ []string) (ChannelsFile, error) {
	var f ChannelsFile
	err := env.ParseWithOptions(&f, env.Options{Environment: env.ToMap(environ), Prefix: prefix})
	return f, err
}
