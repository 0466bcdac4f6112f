import {expect, test} from 'vitest';
import {parseHost, parseServerUrl} from '../../../src/config/server-url.ts';

test('a host with a broken percent escape is invalid', () => {
	expect(parseHost('%2Frun%2Fpostgresql:5433')).toEqual({host: '/run/postgresql', port: 5433});
	for (const text of ['%zz', 'db%E9:5432', '%']) expect(parseHost(text)).toBeUndefined();
});

test('a URL with a broken percent escape in any part is invalid', () => {
	for (const text of ['redis://%zz@a', 'redis://:%zz@a', 'redis://%zz', 'redis://a/%zz'])
		expect(parseServerUrl(text)).toBeUndefined();
});
