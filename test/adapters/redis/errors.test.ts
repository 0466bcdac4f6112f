import {describe, expect, test} from 'vitest';
import {redisError} from '../../../adapters/redis/errors.ts';
import {AdapterError} from '../../../src/errors.ts';

const request = {endpoint: '10.0.0.5:6379', user: 'watch', command: 'CONFIG GET', tls: false};
const reply = (message: string) =>
	Object.assign(new Error(message), {name: 'ReplyError', command: {args: ['hunter2']}});
const broken = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : {code});

describe('the error for a refusal', () => {
	test.each([
		[
			"NOPERM this user has no permissions to run the 'config|get' command",
			'denied',
			'An administrator grants it with: ACL SETUSER watch +config|get',
		],
		[
			'NOPERM this user has no permissions to access one of the keys used as arguments',
			'denied',
			'An administrator grants it with: ACL SETUSER watch %R~*',
		],
		['WRONGPASS invalid username-password pair or user is disabled.', 'denied', /username and password/],
		['NOAUTH Authentication required.', 'denied', /add `password`/],
		[
			"ERR unknown command 'CONFIG', with args beginning with: 'GET' 'secret'",
			'unsupported',
			/does not offer CONFIG GET/,
		],
		["ERR unknown subcommand 'NO-TOUCH'. Try CLIENT HELP.", 'unsupported', /does not offer/],
		['LOADING Redis is loading the dataset in memory', 'unreachable', /when that is done/],
		["OOM command not allowed when used memory > 'maxmemory'.", 'denied', /raise it/],
		['MISCONF Redis is configured to save RDB snapshots', 'denied', /log and disk/],
		['BUSY Redis is busy running a script.', 'unreachable', /SCRIPT KILL/],
		["READONLY You can't write against a read only replica.", 'denied', /name the primary/],
		['ERR max number of clients reached', 'denied', /maxclients/],
		['ERR something new', 'unsupported', /check its message/],
	] as const)('%s', (message, kind, hint) => {
		const error = redisError(reply(message), request);
		expect(error).toMatchObject({kind});
		expect(error.hint).toMatch(hint);
	});

	test('never has the arguments of the command: those of AUTH are secret', () => {
		const error = redisError(reply('WRONGPASS no'), {...request, command: 'AUTH'});
		expect(error.cause).toBeUndefined();
		expect(JSON.stringify({...error, message: error.message})).not.toContain('hunter2');
		expect(
			redisError(reply("ERR unknown command 'X', with args beginning with: 'hunter2'"), request).message,
		).not.toContain('hunter2');
	});
});

describe('the error for a broken connection', () => {
	test.each([
		[broken('connect ECONNREFUSED', 'ECONNREFUSED'), 'unreachable', /Nothing listens/],
		[broken('getaddrinfo ENOTFOUND x', 'ENOTFOUND'), 'unreachable', /DNS/],
		[broken('read ECONNRESET', 'ECONNRESET'), 'unreachable', /is retried/],
		[broken('certificate has expired', 'CERT_HAS_EXPIRED'), 'unreachable', /has expired: renew it/],
		[broken('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'unreachable', /tls\.ca/],
		[broken('error:0A00010B:SSL routines::wrong version number', 'EPROTO'), 'unreachable', /Remove `tls`/],
		[broken('Command timed out'), 'timeout', /busy or hangs/],
		[broken("Socket timeout. Expecting data, but didn't receive any in 3000ms."), 'timeout', /busy or hangs/],
		[broken('Unknown RESP type 72 "H". Please report this.'), 'malformed', /host and port/],
		[broken('Connection is closed.'), 'unreachable', /is retried/],
	] as const)('%s', (error, kind, hint) => {
		const adapterError = redisError(error, request);
		expect(adapterError.kind).toBe(kind);
		expect(adapterError.hint).toMatch(hint);
	});

	test('with TLS mentions the handshake', () => {
		expect(redisError(broken('connect ETIMEDOUT', 'ETIMEDOUT'), {...request, tls: true}).message).toMatch(
			/no TLS handshake/,
		);
	});

	test('while it is opened suggests that the port may require TLS', () => {
		expect(redisError(broken('Connection is closed.'), {...request, command: 'a connection'}).hint).toMatch(
			/requires `tls`/,
		);
	});

	test('is returned as it is when it is an AdapterError already', () => {
		const said = new AdapterError('conflict', 'moved', 'look');
		expect(redisError(said, request)).toBe(said);
	});
});
