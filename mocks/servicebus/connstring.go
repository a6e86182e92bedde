package servicebus

import "net"

// ConnectionString is for clients of a server that listens on addr, host:port,
// without TLS. Clients that use [Server.Dial] may name any address. Its key is
// the first of [Tokens], if there are any.
func (s *Server) ConnectionString(addr string) string {
	return s.endpoint(addr) + ";UseDevelopmentEmulator=true"
}

// SecureConnectionString is the same for a server that listens with TLS.
// Clients look for addr in the certificate as it stands here, and azservicebus
// does so with the port, unless the port is 5671, which is left out; or set
// ServerName in its TLSConfig.
func (s *Server) SecureConnectionString(addr string) string {
	const standardPort = "5671"
	if host, port, err := net.SplitHostPort(addr); err == nil && port == standardPort {
		addr = host
	}
	return s.endpoint(addr)
}

func (s *Server) endpoint(addr string) string {
	key := AccessKey{Name: "emulator", Key: "emulator"}
	if t := s.config.Tokens; t != nil && len(t.Keys) > 0 {
		key = t.Keys[0]
	}
	return "Endpoint=sb://" + addr + ";SharedAccessKeyName=" + key.Name + ";SharedAccessKey=" + key.Key
}
