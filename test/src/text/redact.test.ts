import fc from 'fast-check';
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
		[
			"CREATE ROLE app LOGIN PASSWORD 's3cret' VALID UNTIL '2027-01-01'",
			"CREATE ROLE app LOGIN PASSWORD *** VALID UNTIL '2027-01-01'",
		],
		["alter user app encrypted password E's3\\'cr''et' login", 'alter user app encrypted password *** login'],
		["ALTER ROLE app PASSWORD E's3cret that was cut\\", 'ALTER ROLE app PASSWORD ***'],
		["ALTER ROLE app PASSWORD U&'s3cret' LOGIN", 'ALTER ROLE app PASSWORD *** LOGIN'],
		["ALTER ROLE app PASSWORD $$s3 'cret$$ LOGIN", 'ALTER ROLE app PASSWORD *** LOGIN'],
		['ALTER ROLE app PASSWORD $a1$s3 $$ cret$a1$ LOGIN', 'ALTER ROLE app PASSWORD *** LOGIN'],
		['ALTER ROLE app PASSWORD $$s3cret that was cut', 'ALTER ROLE app PASSWORD ***'],
		["ALTER ROLE app PASSWORD /* 'x' */\n 's3cret'", "ALTER ROLE app PASSWORD /* 'x' */\n ***"],
		["ALTER ROLE app PASSWORD's3cret'", 'ALTER ROLE app PASSWORD***'],
		["psql -c 'ALTER ROLE app PASSWORD '\\''s3cret'\\'''", "psql -c 'ALTER ROLE app PASSWORD ***'"],
		["UPDATE u SET password = 's3''cret', n = 1", 'UPDATE u SET password = ***, n = 1'],
		['UPDATE u SET "password"=\'s3cret\' WHERE id = 1', 'UPDATE u SET "password"=*** WHERE id = 1'],
		[
			"SELECT 1 FROM u WHERE u.password_hash = 's3 cret' AND id = 2",
			'SELECT 1 FROM u WHERE u.password_hash = *** AND id = 2',
		],
		["SELECT 1 FROM u WHERE lower(pwd)::text <> 's3 cret'", 'SELECT 1 FROM u WHERE lower(pwd)::text <> ***'],
		["SELECT login(name => 'a', password => 's3 cret')", "SELECT login(name => 'a', password => ***)"],
		["SET my.api_token TO 1; SELECT f(secret := 's3 cret')", 'SET my.api_token TO ***; SELECT f(secret := ***)'],
		["ALTER USER b PASSWORD 's3'\n  'cret' LOGIN", 'ALTER USER b PASSWORD *** LOGIN'],
		["ALTER USER b PASSWORD E's3\\''\n'c''r'\n\t'et' LOGIN", 'ALTER USER b PASSWORD *** LOGIN'],
		["ALTER USER b PASSWORD 's3' -- x\n'cret'", 'ALTER USER b PASSWORD ***'],
		["EXECUTE 'ALTER USER b PASSWORD ''s3''\n''cret'' LOGIN'", "EXECUTE 'ALTER USER b PASSWORD *** LOGIN'"],
		["'password': 's3cret'\n'user': 'app'", "'password': ***\n'user': 'app'"],
		["SET app.jwt_secret TO 's3cret'", 'SET app.jwt_secret TO ***'],
		['SET SESSION x.secret TO s3cret', 'SET SESSION x.secret TO ***'],
		["ALTER ROLE a SET LOCAL x.secret TO 's3cret'", 'ALTER ROLE a SET LOCAL x.secret TO ***'],
		['set "x.secret" to \'s3cret\'', 'set "x.secret" to ***'],
		["SELECT set_config ($$x.secret$$::text, 's3cret', true)", 'SELECT set_config ($$x.secret$$::text, ***, true)'],
		["OPTIONS (user 'a', api_key 's3cret')", "OPTIONS (user 'a', api_key ***)"],
		["OPTIONS (ADD password 's3cret', SET api_key 's3cret')", 'OPTIONS (ADD password ***, SET api_key ***)'],
		["CREATE SECRET s (TYPE s3, SECRET 's3cret')", 'CREATE SECRET s (TYPE s3, SECRET ***)'],
		["aws_commons.create_aws_credentials('AK','s3cret','')", 'aws_commons.create_aws_credentials(***,***,***)'],
		["SELECT verify_password('u', E's3cret')", 'SELECT verify_password(***, E***)'],
		["WHERE token IN ('a', 's3cret') AND id = 1", 'WHERE token IN (***, ***) AND id = 1'],
		["WHERE token not in ($1, 's3cret')", 'WHERE token not in ($1, ***)'],
		["WHERE token = ANY (ARRAY['a', 's3cret'])", 'WHERE token = ANY (ARRAY[***, ***])'],
		["decrypt_iv(x, 's3cret', iv, 'aes')", 'decrypt_iv(x, ***, iv, ***)'],
		["redis.call('AUTH','s3cret')", "redis.call('AUTH',***)"],
		['redis.pcall("auth", "app", "s3cret")', 'redis.pcall("auth", ***, ***)'],
		['["AUTH","s3cret"] failed', '["AUTH",***] failed'],
		["redis.call('HELLO', '3', 'AUTH', 'app', 's3cret')", "redis.call('HELLO', '3', 'AUTH', ***, ***)"],
		['app:s3:cret@tcp(db:3306)/shop', 'app:***@tcp(db:3306)/shop'],
		['"dsn":"app:s3cret@unix(/run/mysql.sock)/shop"', '"dsn":"app:***@unix(/run/mysql.sock)/shop"'],
		["UPDATE u SET password = crypt('s3 cret', gen_salt('bf'))", "UPDATE u SET password = crypt(***, gen_salt('bf'))"],
		["SELECT 1 FROM u WHERE pw = crypt( 's3 cret', pw)", 'SELECT 1 FROM u WHERE pw = crypt( ***, pw)'],
		[
			"INSERT INTO users (email, password, note) VALUES ('a@b', 's3''cret', $$s3cret$$), ($1, 's3cret",
			'INSERT INTO users (email, password, note) VALUES (***, ***, ***), ($1, ***',
		],
		[
			"CREATE USER MAPPING FOR a SERVER b OPTIONS (user 'a', password 's3cret')",
			"CREATE USER MAPPING FOR a SERVER b OPTIONS (user 'a', password ***)",
		],
		[
			"CREATE SUBSCRIPTION s CONNECTION 'host=db password=''s3 cret'' user=app'",
			"CREATE SUBSCRIPTION s CONNECTION 'host=db password=*** user=app'",
		],
		['postgres://app:s3@cr/et@db/orders', 'postgres://app:***@db/orders'],
		['redis://:s3cret@a:6379,redis://:s3cret@b:6379', 'redis://:***@a:6379,redis://:***@b:6379'],
		[
			"SELECT dblink('postgresql://app:s3cret@db/orders', 'SELECT 1')",
			"SELECT dblink('postgresql://app:***@db/orders', 'SELECT 1')",
		],
		[
			'postgres://db/orders?user=app&password=s3cret&sslmode=require',
			'postgres://db/orders?user=app&password=***&sslmode=require',
		],
		['{"password": "s3\\"cret", "user": "app"}', '{"password": ***, "user": "app"}'],
		['AUTH s3cret', 'AUTH ***'],
		['PING\nauth app s3cret\nINFO', 'PING\nauth ***\nINFO'],
		['"AUTH" "app" "s3 cret"', '"AUTH" ***'],
		['HELLO 3 AUTH app s3cret SETNAME x', 'HELLO 3 AUTH app *** SETNAME x'],
		['ACL SETUSER app on >s3cret <s3cret ~* +@all', 'ACL SETUSER app on *** *** ~* +@all'],
		['"CONFIG" "SET" "requirepass" "s3 cret"', '"CONFIG" "SET" "requirepass" ***'],
		["redis-cli -a 's3 cret' INFO", 'redis-cli -a *** INFO'],
	])('%s', (text, left) => {
		expect(redact(text)).toBe(left);
		expect(redact(left)).toBe(left);
	});

	test.each([
		['PASSWORD ', ''],
		['password=', ''],
		['password = ', ' AND id = 1'],
	])('no string after %s is left, however it is quoted', (before, after) => {
		const body = fc.stringMatching(/^[ '"\\$a-z\n-]{0,12}$/);
		const quotes = fc.constantFrom<(text: string) => string>(
			text => `'${text.replaceAll("'", "''")}'`,
			text => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
			text => `$q$${text.replaceAll('$', '')}$q$`,
		);
		fc.assert(
			fc.property(body, body, quotes, fc.nat(60), (one, other, quote, cut) => {
				const text = quote(`${one}S3CRET${other}`);
				expect(redact(before + text + after)).not.toContain('S3CRET');
				expect(redact(before + text.slice(0, cut))).not.toContain('S3CRET');
			}),
		);
	});

	test('takes linear time on a row of empty comments, not 2^n', () => {
		for (const head of ['password', 'crypt('])
			for (const tail of ['', '\n', ' x']) {
				const text = head + '/**/'.repeat(64) + tail;
				expect(redact(text)).toBe(text);
			}
		expect(redact(`password${'/**/'.repeat(64)}'s3cret'`)).toBe(`password${'/**/'.repeat(64)}***`);
	});

	test('takes linear time where a quadratic one would never end', () => {
		for (const part of [
			'password--',
			'password/*',
			'redis-cli ',
			'password /* x */',
			'acl setuser ',
			'auth $a$\n',
			'x://a:',
			"password='a'\n",
			"password='a'\n'password': ",
			"'a'\n 'password'='",
			'set a.token to ',
			'token in (',
			"token in ('",
			'token not in   ',
			"set_token('a' ",
			"(token\n'",
			'call("auth", ',
			'a@tcp(',
			'token%3d',
			'password is ',
			'senha ',
			'\u200bpassword',
		])
			expect(redact(part.repeat(1_000_000 / part.length))).toBeTypeOf('string');
	});

	test('takes bounded time, whatever is sent', () => {
		const inserts = ['insert into a(', 'insert into x(password ', 'insert into x(a, password) ', 'insert into '];
		const parts = ["password='", 'a.', 'token', "password ''", 'x://a:', 'auth ', '$a$', '/*'];
		for (const part of [...inserts, ...parts]) expect(redact(`password ${part.repeat(20_000)}`)).toBeTypeOf('string');
	});

	test.each([
		['ALTER ROLE app PASSWORD NULL'],
		['SELECT * FROM auth WHERE id = 1'],
		['password authentication failed for user "app"'],
		['ERR AUTH <password> called without any password configured for the default user'],
		['http://web:8080/mail?to=a@b.example'],
		['INSERT INTO users (email, password) VALUES ($1, $2)'],
		["SELECT 'it''s' FROM tokens WHERE name = 'app'"],
		["SET password_encryption TO 'scram-sha-256'"],
		['psql -h 127.0.0.1 -p 5433 -c "SELECT pg_cancel_backend(4411)"'],
		['pid 4411, backend started 2026-11-21 14:05:20.113+00'],
		['SELECT count(*) FROM password_resets'],
		['redis-cli -p 6379 CONFIG SET maxmemory 128mb'],
		['https://grafana.example/d/1?from=now'],
		['UPDATE users SET password = $1 WHERE api_token = $2'],
		['SET x.secret TO DEFAULT'],
		['SELECT 1 FROM t WHERE token IN ($1, $2)'],
		["SELECT 1 FROM t WHERE token IN (SELECT token FROM u WHERE kind = 'app')"],
		["SELECT set_config('search_path', 'shop', false)"],
		["CREATE SERVER s OPTIONS (host 'db', port '5432')"],
		['PL/pgSQL function verify_password(text,text) line 3 at RETURN'],
		["redis.call('GET','auth:app')"],
		['"methods":["auth","login"]'],
		['app@tcp(db:3306)/shop'],
		['dial tcp(db:3306): connection refused'],
		["SELECT 'a'\n'b'"],
	])('does not change %s', text => {
		expect(redact(text)).toBe(text);
	});
});
