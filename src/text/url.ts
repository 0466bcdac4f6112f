/** Host and port of a URL of http or https. An IPv6 address has no brackets. */
export const endpointOf = ({hostname, port, protocol}: URL): {readonly host: string; readonly port: number} => ({
	host: hostname.replace(/^\[|\]$/g, ''),
	port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** A URL or a path without the slashes at its end. Takes linear time. */
export const trimTrailingSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, '');
