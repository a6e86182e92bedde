package webhook_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"directcallback/adapter"
	"directcallback/adapter/webhook"
)

// names is a DNS server that knows a few names, on loopback. Each question for a name is
// answered with its next addresses, the last ones for ever.
type names struct {
	conn  net.PacketConn
	known map[string][][]string
	asked map[string]int
}

func resolver(t *testing.T, known map[string][][]string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn, known, map[string]int{}}
	done := make(chan struct{})
	go func() { defer close(done); n.serve() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) serve() {
	packet := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(packet)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(packet[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		m.Answers = n.answers(m.Questions[0])
		if _, known := n.known[nameOf(m.Questions[0])]; !known {
			m.RCode = dnsmessage.RCodeNameError
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = n.conn.WriteTo(answer, from)
		}
	}
}

func nameOf(q dnsmessage.Question) string {
	return strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
}

func (n *names) answers(q dnsmessage.Question) []dnsmessage.Resource {
	name := nameOf(q)
	turns := n.known[name]
	if len(turns) == 0 {
		return nil
	}
	key := name + q.Type.String()
	turn := turns[min(n.asked[key], len(turns)-1)]
	n.asked[key]++
	var all []dnsmessage.Resource
	for _, text := range turn {
		address := netip.MustParseAddr(text)
		header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}
		switch {
		case address.Is4() && q.Type == dnsmessage.TypeA:
			all = append(all, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: address.As4()}})
		case address.Is6() && q.Type == dnsmessage.TypeAAAA:
			all = append(all, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}})
		}
	}
	return all
}

// trap is a server inside the network that nobody may reach. It counts who does.
func trap(t *testing.T) (port string, reached *atomic.Int64) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0") // IPv4 and IPv6
	if err != nil {
		t.Fatal(err)
	}
	reached = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, reached
}

// Whatever name somebody gives, and whatever it leads to, nothing inside is connected to.
func TestNoNameLeadsInside(t *testing.T) {
	t.Parallel()
	leads := map[string][][]string{
		"loopback.example":    {{"127.0.0.1"}},
		"whole-net.example":   {{"127.8.8.8"}},
		"any.example":         {{"0.0.0.0"}},
		"loopback6.example":   {{"::1"}},
		"any6.example":        {{"::"}},
		"mapped.example":      {{"::ffff:127.0.0.1"}},
		"mapped-net.example":  {{"::ffff:10.0.0.1"}},
		"nat64.example":       {{"64:ff9b::7f00:1"}},
		"nat64-meta.example":  {{"64:ff9b::a9fe:a9fe"}},
		"nat64-own.example":   {{"64:ff9b:1::1"}},
		"6to4.example":        {{"2002:7f00:1::"}},
		"private10.example":   {{"10.1.2.3"}},
		"private172.example":  {{"172.31.255.255"}},
		"private192.example":  {{"192.168.1.1"}},
		"carrier.example":     {{"100.64.0.1"}},
		"meta.example":        {{"169.254.169.254"}},
		"meta6.example":       {{"fd00:ec2::254"}},
		"meta-azure.example":  {{"168.63.129.16"}},
		"meta-other.example":  {{"100.100.100.200"}},
		"link6.example":       {{"fe80::1"}},
		"multicast.example":   {{"224.0.0.1"}},
		"multicast6.example":  {{"ff02::1"}},
		"broadcast.example":   {{"255.255.255.255"}},
		"several.example":     {{"10.0.0.1", "127.0.0.1", "::1", "192.168.0.1"}},
		"changes.example":     {{"127.0.0.1"}, {"10.0.0.1"}, {"169.254.169.254"}},
		"benchmark.example":   {{"198.18.0.1"}},
		"teredo.example":      {{"2001:0:7f00:1::"}},
		"site.example":        {{"fec0::1"}},
		"translated.example":  {{"::ffff:0:127.0.0.1"}},
		"v4-in-v6.example":    {{"::7f00:1"}},
		"not-given.example":   {{"4000::1"}},
		"cgnat-other.example": {{"100.127.255.254"}},
	}
	sender := webhook.New(webhook.Options{Resolver: resolver(t, leads)})
	t.Cleanup(sender.Close)
	port, reached := trap(t)
	for name := range leads {
		t.Run(name, func(t *testing.T) {
			err := sender.Call(t.Context(), to("https://"+name+":"+port+"/hooks"), told(1))
			if _, is := errors.AsType[*webhook.AddressError](err); !is {
				t.Errorf("error %v", err)
			}
		})
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections came inside", n)
	}
}

// Public addresses pass, and an address that carries one of IPv4 is judged by that.
func TestWhatIsPublic(t *testing.T) {
	t.Parallel()
	sender := webhook.New(webhook.Options{})
	for host, public := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "172.32.0.1": true, "192.167.0.1": true,
		"168.63.129.15": true, "223.255.255.255": true, "198.17.0.1": true, "198.20.0.1": true, "169.253.0.1": true,
		"[2606:4700::1111]": true, "[2a00:1450::1]": true, "[64:ff9b::808:808]": true, "[::ffff:8.8.8.8]": true, "[2001:200::1]": true,
		"[64:ff9b::a00:1]": false, "[::ffff:192.168.0.1]": false, "[::ffff:0:8.8.8.8]": false, "[2001:db8::1]": false, "[3fff::1]": false, "[fe80::1%25eth0]": false,
		"[::1%25lo]": false, "[2001:10::1]": false, "[100::1]": false, "[5f00::1]": false, "[fc00::1]": false, "127.0.0.1": false, "192.0.0.9": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "239.1.1.1": false, "240.0.0.1": false, "0.1.2.3": false, "192.88.99.1": false,
	} {
		if err := sender.CheckURL("https://" + host + "/"); (err == nil) != public {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestWhichURLsAreTaken(t *testing.T) {
	t.Parallel()
	strict, lab := webhook.New(webhook.Options{}), webhook.New(webhook.Options{Private: true})
	for text, want := range map[string]string{ // what the error says; empty = none
		"https://crm.example/hooks?tenant=a":    "",
		"HTTPS://CRM.EXAMPLE:8443/":             "",
		"https://xn--bcher-kva.example":         "",
		"https://crm_1.example":                 "",
		"https://8.8.8.8/":                      "",
		"http://crm.example/":                   "https://",
		"ftp://crm.example/":                    "https://",
		"//crm.example/":                        "https://",
		"crm.example/hooks":                     "none such as",
		"https:///hooks":                        "none such as",
		"https:crm.example":                     "none such as",
		"":                                      "none such as",
		"https://crm.example/%zz":               "none such as",
		"https://crm.example\n/":                "none such as",
		"https://anna:secret@crm.example/":      "no user",
		"https://anna@crm.example/":             "no user",
		"https://crm.example/#top":              "no fragment",
		"https://crm.example:0/":                "port",
		"https://crm.example:65536/":            "port",
		"https://bücher.example/":               "ASCII",
		"https://ⓛocalhost/":                    "ASCII",
		"https://127.0.0.1/":                    "this host",
		"https://[::1]/":                        "this host",
		"https://[::ffff:127.0.0.1]/":           "this host",
		"https://[::ffff:7f00:1]/":              "this host",
		"https://[0:0:0:0:0:0:0:1]/":            "this host",
		"https://2130706433/":                   "looks like an address", // 127.0.0.1 in decimal
		"https://0x7f000001/":                   "looks like an address", // in hexadecimal
		"https://0x7f.0.0.1/":                   "looks like an address",
		"https://017700000001/":                 "looks like an address", // in octal
		"https://0177.0.0.1/":                   "looks like an address",
		"https://127.1/":                        "looks like an address",
		"https://127.0.0.1./":                   "looks like an address",
		"https://10.0.0.0x1/":                   "looks like an address",
		"https://1.2.3.4.5/":                    "looks like an address",
		"https://a/" + strings.Repeat("a", 2e3): "2000",
	} {
		err := strict.CheckURL(text)
		switch {
		case (err == nil) != (want == ""), err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%.60q: %v, want %q", text, err, want)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%q is repeated: %v", text, err)
		}
	}
	for _, text := range []string{"http://127.0.0.1:8080/hooks", "http://localhost/", "https://[::1]/"} {
		if err := lab.CheckURL(text); err != nil {
			t.Errorf("in a laboratory %s: %v", text, err)
		}
		if err := strict.CheckURL(text); err == nil && !strings.Contains(text, "localhost") {
			t.Errorf("%s is taken", text)
		}
	}
}

// A database of a laboratory may come to where private addresses are refused.
func TestAURLIsCheckedAgainBeforeItIsCalled(t *testing.T) {
	t.Parallel()
	sender := webhook.New(webhook.Options{})
	port, reached := trap(t)
	for _, url := range []string{"http://localhost:" + port, "http://127.0.0.1:" + port, "https://127.0.0.1:" + port, "https://localhost:" + port} {
		if err := sender.Call(t.Context(), to(url), told(1)); err == nil {
			t.Errorf("%s was called", url)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections came inside", n)
	}
}

// A receiver outside must not be able to have a request made inside.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	port, reached := trap(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:"+port+"/admin")
			w.WriteHeader(status)
		})
		err := r.sender.Call(t.Context(), to(r.url), told(1))
		refused, is := errors.AsType[*adapter.NotifyError](err)
		if !is || refused.Gone || len(refused.Told) > 0 || !strings.Contains(err.Error(), "redirects are not followed") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections came inside", n)
	}
}

// What the environment says of proxies is not for webhooks: the guard would see the
// proxy's address alone.
func TestNoProxyIsUsed(t *testing.T) {
	port, reached := trap(t)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("ALL_PROXY", "http://127.0.0.1:"+port)
	sender := webhook.New(webhook.Options{Resolver: resolver(t, map[string][][]string{"crm.example": {{"10.0.0.1"}}})})
	if err := sender.Call(t.Context(), to("https://crm.example/"), told(1)); err == nil {
		t.Error("it was called")
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://crm.example/", "https://0x7f.1/", "https://[::1%25lo]:443/#a", "https://a:b@c", "https://\x00", "https://%31%32%37.1/"} {
		f.Add(seed)
	}
	sender := webhook.New(webhook.Options{})
	f.Fuzz(func(t *testing.T, text string) {
		if sender.CheckURL(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
			t.Errorf("%q is taken", text)
		}
	})
}
