/** Returns host and port of an http or https URL; an IPv6 address without brackets. */
export const endpointOf = ({hostname, port, protocol}: URL): {readonly host: string; readonly port: number} => ({
	host: hostname.replace(/^\[|\]$/g, ''),
	port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** Returns the endpoint of a URL as a list of one; `unknown` when the text is no URL. */
export function endpointsOf(text: string): readonly {readonly host: string; readonly port: number}[] | 'unknown' {
	const url = URL.parse(text);
	return url === null ? 'unknown' : [endpointOf(url)];
}

/** Removes the slashes at the end of a URL or path. Takes linear time. */
export const trimTrailingSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, '');
