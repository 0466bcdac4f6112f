import {homedir, hostname, userInfo} from 'node:os';
import {describe, expect, test} from 'vitest';
import {readActor} from '../../../src/audit/actor.ts';
import {redact} from '../../../src/audit/redact.ts';
import {stateDir} from '../../../src/audit/state-dir.ts';

describe('actor', () => {
	test('is who the system says, behind sudo and SSH', () => {
		const env = {SUDO_USER: 'mira', SSH_CONNECTION: '10.0.0.7 51122 10.0.0.1 22', SSH_TTY: '/dev/pts/9'};
		expect(readActor(env)).toEqual({
			user: userInfo().username,
			uid: process.getuid?.(),
			host: hostname(),
			pid: process.pid,
			sudo_user: 'mira',
			ssh_client: '10.0.0.7',
			tty: '/dev/pts/9',
		});
	});

	test('is not given what the environment does not say', () => {
		const {sudo_user, ssh_client} = readActor({USER: 'somebody else'});
		expect([sudo_user, ssh_client]).toEqual([undefined, undefined]);
		expect(readActor({USER: 'somebody else'}).user).toBe(userInfo().username);
	});
});

describe('state directory', () => {
	test.each([
		[{XDG_STATE_HOME: '/var/state'}, '/var/state/midwatch'],
		[{XDG_STATE_HOME: 'state'}, `${homedir()}/.local/state/midwatch`],
		[{}, `${homedir()}/.local/state/midwatch`],
	])('%o', (env, dir) => {
		expect(stateDir(env)).toBe(dir);
	});
});

describe('redaction', () => {
	test.each([
		['redis://:s3cret@cache:6379/0', 'redis://:***@cache:6379/0'],
		['postgres://app:s3cret@db/orders?sslmode=require', 'postgres://app:***@db/orders?sslmode=require'],
		['host=db password=s3cret user=app', 'host=db password=*** user=app'],
		["host=db password='s3 cret' user=app", 'host=db password=*** user=app'],
		['{"password": "s3cret", "user": "app"}', '{"password": ***, "user": "app"}'],
		['PGPASSWORD=s3cret psql', 'PGPASSWORD=*** psql'],
		["ALTER ROLE app WITH PASSWORD 's3''cret' LOGIN", 'ALTER ROLE app WITH PASSWORD *** LOGIN'],
		['CONFIG SET requirepass s3cret', 'CONFIG SET requirepass ***'],
		['redis-cli -p 6379 -a s3cret INFO', 'redis-cli -p 6379 -a *** INFO'],
		['Authorization: Bearer abc.def-1', 'Authorization: Bearer ***'],
	])('%s', (text, left) => {
		expect(redact(text)).toBe(left);
	});

	test.each([
		['psql -h 127.0.0.1 -p 5433 -c "SELECT pg_cancel_backend(4411)"'],
		['pid 4411, backend started 2026-11-21 14:05:20.113+00'],
		['SELECT count(*) FROM password_resets'],
		['redis-cli -p 6379 CONFIG SET maxmemory 128mb'],
		['https://grafana.example/d/1?from=now'],
	])('leaves %s', text => {
		expect(redact(text)).toBe(text);
	});
});
