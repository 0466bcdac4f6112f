/** Returns host and port of an http or https URL; an IPv6 address without brackets. */
export const endpointOf = ({hostname, port, protocol}: URL): {readonly host: string; readonly port: number} => ({
	host: hostname.replace(/^\[|\]$/g, ''),
	port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** Removes the slashes at the end of a URL or path. Takes linear time. */
export const trimTrailingSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, '');
