/**
 * Whether a host name or an address means this machine. Names are not resolved: of them only `localhost` does. Takes IPv6 with and without
 * brackets, and IPv4 mapped into it.
 */
export const isLoopback = (host: string): boolean =>
	/^(?:localhost|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i.test(host.replace(/^\[(.*)\]$/, '$1'));
