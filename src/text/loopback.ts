/**
 * Returns true when a host name or address is this machine. Names are not resolved: only `localhost` counts. Accepts IPv6 with and without
 * brackets, and IPv4-mapped IPv6.
 */
export const isLoopback = (host: string): boolean =>
	/^(?:localhost|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i.test(host.replace(/^\[(.*)\]$/, '$1'));
