import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {configPath} from '../../../src/config/load-config.ts';
import type {HttpSettings} from '../../../src/port/http.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

/** Returns the mistakes that a start with this file reports, without the path of the file. */
async function mistakesOf(text: string, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
	const environment = createTestEnvironment(env);
	const config = writeTestFile(environment, 'config.yaml', text);
	const message = await loadFullConfiguration({config, environment}).then(
		() => '',
		(error: Error) => error.message,
	);
	return message.replaceAll(`${config}`, 'config').split('\n');
}

const target = (...lines: readonly string[]) =>
	['targets:', '  - name: orders-db', ...lines.map(line => `    ${line}`)].join('\n');

describe('each mistake is reported with its line and what is allowed', () => {
	const cases: readonly (readonly [what: string, text: string, says: string])[] = [
		[
			'an unknown key',
			'them: none',
			'config:1:1: "them" is not known; did you mean "theme"? Allowed: targets, kubernetes, keys, theme, mouse, audit, refresh',
		],
		[
			'an unknown key that is like no other',
			'zebra: none',
			'config:1:1: "zebra" is not known. Allowed: targets, kubernetes, keys, theme, mouse, audit, refresh',
		],
		[
			'an unknown key inside a mapping',
			target('kind: redis', 'host: c', 'replica: {hots: d, host: e}'),
			'config:5:15: "hots" is not known in targets[0].replica; did you mean "host"? Allowed: host, port',
		],
		[
			'a word that is none of the words',
			'theme: dark',
			'config:1:8: theme must be one of auto, basic, none, and is "dark"',
		],
		[
			'text for a number',
			target('kind: redis', 'host: c', 'port: abc'),
			'config:5:11: targets[0].port must be an integer from 1 to 65535',
		],
		['a number out of range', 'refresh: 0', 'config:1:10: refresh must be an integer from 1 to 60'],
		['text for a yes or no', 'mouse: yes', 'config:1:8: mouse must be true or false'],
		[
			'an unknown kind',
			target('kind: redos'),
			'config:3:11: targets[0].kind must be one of kubernetes, postgres, redis, kafka, prometheus, alertmanager, and is "redos"',
		],
		[
			'a kind that is not read yet',
			target('kind: probe'),
			'config:3:11: probe is not read by this version of midwatch; it reads kubernetes, postgres, redis, kafka, prometheus and alertmanager. Leave this target out for now',
		],
		[
			'no kind',
			'targets:\n  - name: a',
			'config:2:5: targets[0].kind is missing; it must be one of kubernetes, postgres, redis, kafka, prometheus, alertmanager',
		],
		[
			'no name',
			'targets:\n  - kind: redis\n    host: c',
			'config:2:5: targets[0].name is missing; it must be a name of letters, digits, dots and dashes',
		],
		[
			'a name that cannot be typed',
			'targets:\n  - name: my db\n    kind: redis\n    host: c',
			'config:2:11: targets[0].name must be a name of letters, digits, dots and dashes, 63 at most',
		],
		[
			'a name twice',
			`${target('kind: redis', 'host: c')}\n  - name: ORDERS-DB\n    kind: redis\n    host: d`,
			'config:5:11: there is another target called ORDERS-DB',
		],
		['no place', target('kind: postgres'), 'config:2:11: orders-db needs host, hosts or url: where the server is'],
		[
			'no targets in the list',
			'targets: []',
			'config:1:10: targets must list a target, or be left out: then targets are found in the environment',
		],
		['a list that is none', 'targets: orders-db', 'config:1:10: targets must be a list of targets'],
		['a file that is a list', '- a', 'config:1:1: the file must be a list of `key: value`'],
		[
			'a mode of TLS that is none, in its short form',
			target('kind: postgres', 'host: c', 'tls: verify-ful'),
			'config:5:10: targets[0].tls must be one of disable, prefer, require, verify-ca, verify-full, and is "verify-ful"',
		],
		[
			'a server that must be verified and need not',
			target('kind: postgres', 'host: c', 'tls: {allowCleartext: true}'),
			'config:5:10: allowCleartext says that the server need not be verified, and mode verify-full that it must: use prefer, require or disable with it',
		],
		[
			'TLS in a URL and beside it',
			target('kind: postgres', 'url: postgres://c/d?sslmode=require', 'tls: disable'),
			'config:5:10: url says the tls already: leave out one of them',
		],
		[
			'a certificate without its key',
			target('kind: redis', 'host: c', 'tls: {cert: /c.pem}'),
			'config:5:10: tls needs cert and key, or neither',
		],
		[
			'a relative path',
			target('kind: redis', 'host: c', 'tls: {ca: c.pem}'),
			'config:5:15: targets[0].tls.ca must be the absolute path of a PEM file',
		],
		[
			'a URL and the same thing again',
			target('kind: redis', 'url: redis://c', 'port: 1'),
			'config:5:11: url says the port already: leave out one of them',
		],
		[
			'a URL of another kind',
			target('kind: postgres', 'url: mysql://c/d'),
			'config:4:10: this is not a URL of the form postgres://user@host:5432/database?sslmode=verify-full',
		],
		[
			'a variable that is not set',
			target('kind: postgres', 'url: ${env:NOWHERE}'),
			'config:4:10: the environment variable NOWHERE is not set',
		],
		[
			'a reference that is none',
			target('kind: redis', 'host: c', 'password: ${vault:x}'),
			'config:5:15: there is no such kind of reference; write ${env:NAME}, ${file:/path} or ${exec:[command, argument]}',
		],
		[
			'a tab',
			'targets:\n\t- name: a',
			'config:2:1: this is not valid YAML: the indentation is wrong (spaces only, the same for all keys of one mapping)',
		],
		[
			'lists within lists',
			`targets: ${'['.repeat(20_000)}`,
			expect.stringMatching(/^config:1:\d+: this is not valid YAML: it is nested too deep$/),
		],
		['a key twice', 'theme: none\ntheme: auto', 'config:2:1: this is not valid YAML: this key is there twice'],
		[
			'a key that is indented as no other',
			'targets:\n  - name: a\n   kind: redis',
			'config:3:1: this is not valid YAML: a quote, bracket, dash or colon is missing, or this line is indented wrongly',
		],
		[
			'a quote that is not closed',
			'theme: "none',
			'config:1:13: this is not valid YAML: a quote, bracket, dash or colon is missing, or this line is indented wrongly',
		],
		[
			'groups that are no pattern',
			target('kind: kafka', 'brokers: k:9092', 'groups: "("'),
			'config:5:13: groups must be a regular expression of RE2, which has no lookaround and no back-reference',
		],
		[
			'groups with an expression that only JavaScript knows',
			target('kind: kafka', 'brokers: k:9092', 'groups: "(a)\\\\1"'),
			'config:5:13: groups must be a regular expression of RE2, which has no lookaround and no back-reference',
		],
		[
			'groups with a lookahead',
			target('kind: kafka', 'brokers: k:9092', 'groups: "(?!a)"'),
			'config:5:13: groups must be a regular expression of RE2, which has no lookaround and no back-reference',
		],
		[
			'a broker that is none',
			target('kind: kafka', 'brokers: "a b"'),
			'config:4:14: brokers must be host:port, or a list of them',
		],
		[
			'no address of an HTTP server',
			target('kind: prometheus'),
			'config:2:11: orders-db needs url or via: where the server is',
		],
		[
			'half a login',
			target('kind: alertmanager', 'url: http://a', 'username: mira'),
			'config:5:15: a basic login needs username and password',
		],
		[
			'a secret header in the file',
			target('kind: prometheus', 'url: http://a', 'headers: {X-Api-Key: hunter2}'),
			'config:5:14: X-Api-Key is the name of a credential. Write a reference to it instead: ${env:NAME}, ${file:/path} or ${exec:[command, argument]}. When it is no secret: X-Api-Key: {value: …, secret: false}',
		],
		[
			'a way through a cluster that is none',
			target('kind: prometheus', 'via: {kubernetes: prod, namespace: mon, service: prom, port: 9090}'),
			'config:4:23: no target of kind kubernetes is called prod',
		],
	];
	test.each(cases)('%s', async (_what, text, says) => {
		expect(await mistakesOf(text)).toEqual([says]);
	});

	test('all mistakes are reported at once, in the order of the file', async () => {
		const said = await mistakesOf('theme: dark\nmouse: 1\nzebra: 1');
		expect(said.map(line => line.slice(0, 10))).toEqual(['config:1:8', 'config:2:8', 'config:3:1']);
	});
});

describe('a secret in the file', () => {
	const literal =
		'holds the secret itself. Write a reference to it instead: ${env:NAME}, ${file:/path} or ${exec:[command, argument]}';

	test('is refused, and is not repeated', async () => {
		const said = await mistakesOf(target('kind: postgres', 'host: c', 'password: hunter2'));
		expect(said).toEqual([`config:5:15: password ${literal}`]);
	});

	test.each([
		'url: postgres://me:hunter2@c/d',
		'url: postgres://c/d?password=hunter2',
		'url: redis://:hunter2@c',
		'url: "postgres://me:hunter2@c:notaport/d"',
		'url: postgres://me:12/hunter2@c/d',
		'url: redis://hunter2@c',
		'password: [hunter2',
		'passwrd: hunter2',
		'tls: {ca: hunter2}',
		'port: hunter2',
	])('is not repeated in the message of another mistake: %s', async line => {
		const kind = line.includes('redis:') ? 'redis' : 'postgres';
		const said = await mistakesOf(target(`kind: ${kind}`, line));
		expect(said.join('\n')).toMatch(/^config:\d+:\d+: /);
		expect(said.join('\n')).not.toContain('hunter2');
	});
});

describe('a valid file', () => {
	test('has the settings of its targets, which are guarded by default', async () => {
		const environment = createTestEnvironment({PW: 's3cret'});
		const config = writeTestFile(
			environment,
			'config.yaml',
			[
				'targets:',
				'  - {name: orders, kind: postgres, hosts: [db1, "db2:5433", "[::1]:5434"], user: me, tls: verify-full}',
				'  - name: cache',
				'    kind: redis',
				'    production: false',
				'    host: c1',
				'    password: ${env:PW}',
				'    tls: true',
				'    replica: {host: c2}',
				'keys: {row.down: [j, down], postgres.cancel: X}',
			].join('\n'),
		);
		const {targets, keys, file} = await loadFullConfiguration({config, environment});
		expect(file).toBe(config);
		expect(keys).toEqual({'row.down': ['j', 'down'], 'postgres.cancel': ['X']});
		expect(targets).toMatchObject([
			{
				name: 'orders',
				kind: 'postgres',
				production: true,
				settings: {
					hosts: [
						{host: 'db1', port: 5432},
						{host: 'db2', port: 5433},
						{host: '::1', port: 5434},
					],
					user: 'me',
					database: 'me',
					tls: {mode: 'verify-full'},
				},
			},
			{
				name: 'cache',
				kind: 'redis',
				production: false,
				settings: {host: 'c1', port: 6379, db: 0, tls: {}, replica: {host: 'c2', port: 6379}, sampler: {keys: 20_000}},
			},
		]);
		expect(JSON.stringify(targets)).not.toContain('s3cret');
	});

	test('has the settings of Kafka and of HTTP servers', async () => {
		const environment = createTestEnvironment({PW: 's3cret', TENANT: 'blue'});
		const config = writeTestFile(
			environment,
			'config.yaml',
			[
				'targets:',
				'  - {name: prod, kind: kubernetes}',
				'  - {name: events, kind: kafka, brokers: k1, tls: true, sasl: {mechanism: plain, username: me, password: "${env:PW}"}}',
				'  - name: prom',
				'    kind: prometheus',
				'    via: {kubernetes: prod, namespace: mon, service: prom, port: web}',
				'    headers: {X-Scope-OrgID: "${env:TENANT}", X-Team: shop}',
				'  - {name: alerts, kind: alertmanager, url: "https://a/am/", username: me, password: "${env:PW}"}',
			].join('\n'),
		);
		const {targets} = await loadFullConfiguration({config, environment});
		const [, events, prom, alerts] = targets;
		expect(events?.settings).toMatchObject({
			brokers: [{host: 'k1', port: 9092}],
			tls: {},
			sasl: {mechanism: 'plain', username: 'me'},
			requestTimeoutMs: 5000,
		});
		expect(prom?.settings).toMatchObject({
			url: 'http://prom.mon',
			auth: {kind: 'none'},
			via: {kubernetes: 'prod', namespace: 'mon', service: 'prom', port: 'web', scheme: 'http'},
		});
		const http = prom?.settings as HttpSettings | undefined;
		expect(await http?.headers['X-Scope-OrgID']?.reveal()).toBe('blue');
		expect(await http?.headers['X-Team']?.reveal()).toBe('shop');
		expect(alerts?.settings).toMatchObject({url: 'https://a/am', auth: {kind: 'basic', username: 'me'}});
		// The plugins of a cluster get the complete environment.
		expect(JSON.stringify([events, prom, alerts])).not.toContain('s3cret');
	});

	// RE2 has syntax that JavaScript lacks: https://github.com/google/re2/wiki/Syntax
	test.each(['^orders', '(?i)orders', '(?P<team>shop)-.*', '\\pN+'])(
		'accepts %s as the groups of Kafka',
		async groups => {
			const environment = createTestEnvironment();
			const text = target('kind: kafka', 'brokers: k:9092', `groups: '${groups}'`);
			const config = writeTestFile(environment, 'config.yaml', text);
			const {targets} = await loadFullConfiguration({config, environment});
			expect(targets[0]?.settings).toMatchObject({groups});
		},
	);

	test('a URL from a variable has its password, which stays hidden', async () => {
		const environment = createTestEnvironment({URL: 'postgres://me:s3%40cret@db:5433/shop?sslmode=require'});
		const config = writeTestFile(environment, 'config.yaml', target('kind: postgres', 'url: ${env:URL}'));
		const {targets} = await loadFullConfiguration({config, environment});
		const settings = targets[0]?.settings as {password: {source: string; reveal(): Promise<string>}};
		expect(settings).toMatchObject({
			hosts: [{host: 'db', port: 5433}],
			database: 'shop',
			user: 'me',
			tls: {mode: 'require'},
		});
		expect(settings.password.source).toBe('${env:URL}');
		expect(await settings.password.reveal()).toBe('s3@cret');
		expect(JSON.stringify(targets)).not.toContain('cret');
	});

	test('problems of remapped keys stop the start', async () => {
		const environment = createTestEnvironment();
		const config = writeTestFile(environment, 'config.yaml', 'keys:\n  row.down: z\n  row.up: x\n');
		const keyProblems = (keys: object) => Object.keys(keys).map(id => ({id, text: `seen ${id}`}));
		await expect(loadFullConfiguration({config, environment, keyProblems})).rejects.toThrow(
			`${config}:3:3: seen row.up`,
		);
	});

	test('an empty file is valid', async () => {
		expect(await mistakesOf('')).toEqual(['']);
	});
});

describe('the path of the file', () => {
	test('is the option, then the variable, then the configuration directory', () => {
		const home = '/home/ada';
		expect(configPath('/a.yaml', {env: {MIDWATCH_CONFIG: '/b.yaml'}, home}).path).toBe('/a.yaml');
		expect(configPath(undefined, {env: {MIDWATCH_CONFIG: '/b.yaml', XDG_CONFIG_HOME: '/c'}, home}).path).toBe(
			'/b.yaml',
		);
		expect(configPath(undefined, {env: {XDG_CONFIG_HOME: '/c'}, home}).path).toBe('/c/midwatch/config.yaml');
		expect(configPath(undefined, {env: {XDG_CONFIG_HOME: ''}, home}).path).toBe(
			'/home/ada/.config/midwatch/config.yaml',
		);
		expect(() => configPath(undefined, {env: {XDG_CONFIG_HOME: 'c'}, home})).toThrow('XDG_CONFIG_HOME is not an abs');
	});

	test('a named file must exist; the default one need not', async () => {
		const environment = createTestEnvironment();
		const config = join(environment.home, 'none.yaml');
		await expect(loadFullConfiguration({config, environment})).rejects.toThrow(`${config}: there is no such file`);
		expect(await loadFullConfiguration({environment})).toMatchObject({file: undefined, targets: []});
	});
});
