import type {ChannelSecurity} from '../contract/channel-security.ts';
import {isLoopback} from '../text/loopback.ts';

/** The channel security of a client that knows its hosts and verifies the server by TLS, does not verify it, or uses no TLS. */
export function classifyChannel(hosts: readonly string[], tls: 'none' | 'unverified' | 'verified'): ChannelSecurity {
	if (tls === 'verified') return 'verified';
	if (hosts.every(isLoopback)) return 'local';
	return tls === 'none' ? 'plain' : 'unverified';
}

/** The channel security of an http or https URL. */
export function classifyUrlChannel(url: string, {insecure = false} = {}): ChannelSecurity {
	const {protocol, hostname} = new URL(url);
	return classifyChannel([hostname], protocol !== 'https:' ? 'none' : insecure ? 'unverified' : 'verified');
}

/** The warning for a server whose identity is not verified; undefined when it is. */
export const describeChannel = (channel: ChannelSecurity): string | undefined =>
	({local: undefined, verified: undefined, plain: 'not verified: no TLS', unverified: 'not verified'})[channel];
