import {expect, test} from 'vitest';
import {readHost, readServerUrl} from '../../../src/config/server-url.ts';

test('a host with a broken percent escape is none', () => {
	expect(readHost('%2Frun%2Fpostgresql:5433')).toEqual({host: '/run/postgresql', port: 5433});
	for (const text of ['%zz', 'db%E9:5432', '%']) expect(readHost(text)).toBeUndefined();
});

test('a URL with a broken percent escape in any part is none', () => {
	for (const text of ['redis://%zz@a', 'redis://:%zz@a', 'redis://%zz', 'redis://a/%zz'])
		expect(readServerUrl(text)).toBeUndefined();
});
