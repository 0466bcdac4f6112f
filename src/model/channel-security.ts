import type {ChannelSecurity} from '../contract/channel-security.ts';
import {isLoopback} from '../text/loopback.ts';

/** Of a client that is given hosts and either verifies the server by TLS, does not, or uses no TLS. */
export function classifyChannel(hosts: readonly string[], tls: 'none' | 'unverified' | 'verified'): ChannelSecurity {
	if (tls === 'verified') return 'verified';
	if (hosts.every(isLoopback)) return 'local';
	return tls === 'none' ? 'plain' : 'unverified';
}

/** Of an http or https URL. */
export function classifyUrlChannel(url: string, {insecure = false} = {}): ChannelSecurity {
	const {protocol, hostname} = new URL(url);
	return classifyChannel([hostname], protocol !== 'https:' ? 'none' : insecure ? 'unverified' : 'verified');
}

/** What the screen says of a server that nothing proves to be the right one; undefined when something does. */
export const describeChannel = (channel: ChannelSecurity): string | undefined =>
	({local: undefined, verified: undefined, plain: 'not verified: no TLS', unverified: 'not verified'})[channel];
