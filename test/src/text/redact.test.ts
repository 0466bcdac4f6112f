import {describe, expect, test} from 'vitest';
import {redact} from '../../../src/text/redact.ts';

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
		["ALTER ROLE app PASSWORD 's3cret that was cut of", 'ALTER ROLE app PASSWORD ***'],
		["UPDATE users SET password = 's3cret that was cut of", 'UPDATE users SET password = ***'],
	])('%s', (text, left) => {
		expect(redact(text)).toBe(left);
	});

	test.each([
		['psql -h 127.0.0.1 -p 5433 -c "SELECT pg_cancel_backend(4411)"'],
		['pid 4411, backend started 2026-11-21 14:05:20.113+00'],
		['SELECT count(*) FROM password_resets'],
		['redis-cli -p 6379 CONFIG SET maxmemory 128mb'],
		['https://grafana.example/d/1?from=now'],
		['UPDATE users SET password = $1 WHERE api_token = $2'],
	])('leaves %s', text => {
		expect(redact(text)).toBe(text);
	});
});
