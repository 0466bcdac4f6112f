import {describe, expect, it} from 'vitest';
import {isServerError, postgresError} from '../../../adapters/postgres/errors.ts';
import {AdapterError, type ErrorKind} from '../../../src/errors.ts';

const thrown = (code: string | undefined, message = 'the words of the server') =>
	Object.assign(new Error(message), code === undefined ? {} : {code});

describe('postgresError', () => {
	it.each<[string | undefined, string, ErrorKind]>([
		['28P01', 'password authentication failed for user "x"', 'denied'],
		['28000', 'no pg_hba.conf entry', 'denied'],
		['42501', 'permission denied', 'denied'],
		['3D000', 'database "x" does not exist', 'unsupported'],
		['08P01', 'unsupported startup parameter: options', 'unsupported'],
		['08006', 'connection failure', 'unreachable'],
		['53300', 'sorry, too many clients already', 'unreachable'],
		['57P01', 'terminating connection due to administrator command', 'unreachable'],
		['57P03', 'the database system is starting up', 'unreachable'],
		['57014', 'canceling statement due to statement timeout', 'timeout'],
		['55P03', 'canceling statement due to lock timeout', 'timeout'],
		['55000', 'pg_stat_statements must be loaded', 'unsupported'],
		['42703', 'column does not exist', 'unsupported'],
		['0A000', 'not supported for Aurora', 'unsupported'],
		['XX000', 'cache lookup failed', 'unsupported'],
		['ECONNREFUSED', 'connect ECONNREFUSED', 'unreachable'],
		['ENOTFOUND', 'getaddrinfo ENOTFOUND', 'unreachable'],
		['CERT_HAS_EXPIRED', 'certificate has expired', 'unreachable'],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', 'unreachable'],
		[undefined, 'The server does not support SSL connections', 'unsupported'],
		[undefined, 'There was an error establishing an SSL connection', 'malformed'],
		[undefined, 'Connection terminated unexpectedly', 'unreachable'],
		[undefined, 'something unexpected', 'unreachable'],
	])('%s, %s: %s, with what to do', (code, message, kind) => {
		const error = postgresError(thrown(code, message), 'db:5432');
		expect(error).toMatchObject({name: 'AdapterError', kind, message: `db:5432: ${message}`});
		expect(error.hint).toMatch(/^[A-Z].*\.$/);
	});

	it('returns an AdapterError as it is', () => {
		const error = new AdapterError('conflict', 'moved', 'Look again.');
		expect(postgresError(error, 'db:5432')).toBe(error);
	});

	it('takes the first of the failures of all addresses of a name', () => {
		const both = new AggregateError([thrown('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432'), thrown('ETIMEDOUT')], '');
		expect(postgresError(both).message).toBe('connect ECONNREFUSED ::1:5432');
	});

	it('knows which errors leave a connection usable', () => {
		expect(['42501', '57014', '55P03', '53400'].map(code => isServerError(thrown(code)))).toEqual([
			true,
			true,
			true,
			true,
		]);
		expect(['57P01', '08006', 'EPIPE', 'ECONNRESET', undefined].map(code => isServerError(thrown(code)))).toEqual([
			false,
			false,
			false,
			false,
			false,
		]);
	});
});
