package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL is longer than any that works everywhere.
const maxURL = 2000

// CheckURL says what is wrong with the URL of a webhook, as far as it can be seen
// without asking anybody where it leads. It does not repeat it.
func (s *Sender) CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return fmt.Errorf("the URL has more than %d characters", maxURL)
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return errors.New("the URL is none such as https://example.com/hooks")
	case u.Scheme != "https" && (u.Scheme != "http" || !s.o.Private):
		return errors.New("the URL must begin with https://")
	case u.User != nil:
		return errors.New("the URL must hold no user and no password: messages are signed")
	case u.Fragment != "":
		return errors.New("the URL must have no fragment: it would not be sent")
	}
	return errors.Join(checkPort(u.Port()), s.checkHost(u.Hostname()))
}

func checkPort(port string) error {
	if port == "" {
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("the port of the URL is none from 1 to 65535")
	}
	return nil
}

// checkHost takes names, and addresses in the one form that everybody reads alike.
func (s *Sender) checkHost(host string) error {
	address, err := netip.ParseAddr(host)
	switch {
	case err == nil && s.guard != nil:
		return s.guard.check(address)
	case err == nil:
		return nil
	case strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "":
		return errors.New("the host of the URL must be written in ASCII; other letters as xn--…")
	case endsInNumber(host):
		return errors.New("the host of the URL looks like an address; write it as four decimal numbers, or in brackets")
	}
	return nil
}

// endsInNumber tells hosts that some programs read as IPv4: 2130706433, 0x7f.1, 127.1,
// 0177.0.0.1. It is the rule of https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	if hex, is := strings.CutPrefix(last, "0x"); is {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
