import {expect, test} from 'vitest';
import {isLoopback} from '../../../src/text/loopback.ts';

test.each([
	'localhost',
	'LOCALHOST',
	'127.0.0.1',
	'127.255.3.4',
	'::1',
	'[::1]',
	'::ffff:127.0.0.1',
	'::FFFF:127.0.0.9',
])('%s is this machine', host => expect(isLoopback(host)).toBe(true));

test.each([
	'',
	'db',
	'localhost.example.com',
	'notlocalhost',
	'127.0.0.1.example.com',
	'128.0.0.1',
	'10.127.0.0',
	'0.0.0.0',
	'::',
	'::2',
	'fe80::1',
	'::ffff:10.0.0.1',
])('%s is not', host => expect(isLoopback(host)).toBe(false));
