import {describe, expect, it} from 'vitest';
import {endpointOf, trimTrailingSlashes} from '../../../src/text/url.ts';

describe('endpointOf', () => {
	it.each([
		['https://api.example', {host: 'api.example', port: 443}],
		['http://api.example/path', {host: 'api.example', port: 80}],
		['https://API.example:6443/', {host: 'api.example', port: 6443}],
		['http://[::1]:9090', {host: '::1', port: 9090}],
	])('%s', (url, endpoint) => {
		expect(endpointOf(new URL(url))).toEqual(endpoint);
	});
});

describe('withoutEndSlashes', () => {
	it.each([
		['/alerts//', '/alerts'],
		['/', ''],
		['//a//b', '//a//b'],
		['', ''],
	])('%s', (path, bare) => {
		expect(trimTrailingSlashes(path)).toBe(bare);
	});
});
