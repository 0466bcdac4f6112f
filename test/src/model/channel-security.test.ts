import {expect, test} from 'vitest';
import {classifyChannel, classifyUrlChannel, describeChannel} from '../../../src/model/channel-security.ts';

test.each([
	[['127.0.0.1'], 'none', 'local'],
	[['127.0.0.1', 'cache'], 'none', 'plain'],
	[['cache'], 'none', 'plain'],
	[['cache'], 'unverified', 'unverified'],
	[['localhost'], 'unverified', 'local'],
	[['cache'], 'verified', 'verified'],
] as const)('%s, TLS %s: %s', (hosts, tls, channel) => expect(classifyChannel(hosts, tls)).toBe(channel));

test('the security of a URL follows from its scheme and host', () => {
	expect(classifyUrlChannel('http://[::1]:9090/x')).toBe('local');
	expect(classifyUrlChannel('http://metrics:9090')).toBe('plain');
	expect(classifyUrlChannel('https://metrics')).toBe('verified');
	expect(classifyUrlChannel('https://10.0.0.1:6443', {insecure: true})).toBe('unverified');
});

test('only a channel whose server is not verified has a warning', () => {
	expect((['local', 'verified', 'plain', 'unverified'] as const).map(describeChannel)).toEqual([
		undefined,
		undefined,
		'not verified: no TLS',
		'not verified',
	]);
});
