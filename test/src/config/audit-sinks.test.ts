import {describe, expect, test} from 'vitest';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

const targets = 'targets: [{name: cache, kind: redis, host: c}]';
const withSinks = (...sinks: readonly string[]) =>
	[targets, 'audit:', '  sinks:', ...sinks.map(sink => `    - {${sink}}`)].join('\n');

async function load(config: string, policy?: string) {
	const environment = createTestEnvironment({HOOK: 'https://hooks.example/T/s3cret', TOKEN: 's3cret'});
	const file = writeTestFile(environment, 'config.yaml', config);
	if (policy !== undefined) writeTestFile(environment, 'policy.yaml', policy);
	const policyFile = policy === undefined ? environment.policyFile : file.replace('config.yaml', 'policy.yaml');
	return loadFullConfiguration({config: file, environment: {...environment, policyFile}});
}

const sinksOf = async (config: string, policy?: string) => (await load(config, policy)).sinks;
const complaint = async (config: string, policy?: string): Promise<string> =>
	load(config, policy).then(
		() => 'nothing',
		(error: Error) => error.message,
	);

describe('audit sinks', () => {
	test('are empty by default', async () => {
		expect(await sinksOf(targets)).toEqual([]);
	});

	test.each([
		['unix:/dev/log', {over: 'unix', path: '/dev/log'}, '/dev/log'],
		['unix:///dev/log', {over: 'unix', path: '/dev/log'}, '/dev/log'],
		['tcp://log.example', {over: 'tcp', host: 'log.example', port: 601}, 'log.example:601'],
		['tcp://log.example:80', {over: 'tcp', host: 'log.example', port: 80}, 'log.example:80'],
		['tls://log.example', {over: 'tls', host: 'log.example', port: 6514}, 'log.example:6514'],
		['tls://[::1]:6515', {over: 'tls', host: '::1', port: 6515}, '::1:6515'],
	])('of syslog go to %s', async (to, endpoint, destination) => {
		expect(await sinksOf(withSinks(`name: siem, kind: syslog, to: "${to}"`))).toEqual([
			{
				...{name: 'siem', destination, required: false, include: [], byPolicy: false},
				settings: {kind: 'syslog', to: endpoint, facility: 4, tls: {}},
			},
		]);
	});

	test.each([
		'/dev/log',
		'unix:dev/log',
		'udp://log.example',
		'tls://',
		'tcp://me@log.example:1',
		'tcp://log.example:1/path',
	])('of syslog cannot go to %s', async to => {
		expect(await complaint(withSinks(`name: siem, kind: syslog, to: "${to}"`))).toContain(
			'to must be unix:/path, tcp://host:port or tls://host:port',
		);
	});

	test('of a webhook take a URL and headers by reference, and their secrets are not shown', async () => {
		const [sink] = await sinksOf(
			withSinks(
				'name: chat, kind: webhook, url: "${env:HOOK}", headers: {Authorization: "${env:TOKEN}"}, include: [reason], required: true',
			),
		);
		expect(sink).toMatchObject({name: 'chat', destination: 'hooks.example', required: true, include: ['reason']});
		const {http} = sink?.settings.kind === 'webhook' ? sink.settings : expect.fail('no webhook');
		expect(await http.headers['Authorization']?.reveal()).toBe('s3cret');
		expect(JSON.stringify({...sink, settings: {...sink?.settings, http: {...http, url: ''}}})).not.toContain('s3cret');
	});

	test.each([
		[
			'a secret in the file',
			'name: a, kind: webhook, url: "https://h/x", headers: {Authorization: abc}',
			'Authorization',
		],
		['records in the clear', 'name: a, kind: webhook, url: "http://hooks.example/x"', 'url must be https'],
		['a kind that there is not', 'name: a, kind: kafka', 'must be one of syslog, webhook'],
		[
			'a word of include that there is not',
			'name: a, kind: syslog, to: "unix:/l", include: [sql]',
			'objects, text, reason',
		],
		[
			'half a certificate',
			'name: a, kind: syslog, to: "tls://l", tls: {cert: /c.pem}',
			'tls needs cert and key, or neither',
		],
		['TLS without TLS', 'name: a, kind: syslog, to: "tcp://l", tls: {ca: /c.pem}', 'tls goes with tls:// alone'],
	])('are refused with %s', async (_, sink, says) => {
		expect(await complaint(withSinks(sink))).toContain(says);
	});

	test('need different names', async () => {
		const sink = 'name: siem, kind: syslog, to: "unix:/dev/log"';
		expect(await complaint(withSinks(sink, sink))).toContain('there is another sink called siem');
	});

	test('http is allowed for loopback only', async () => {
		const [sink] = await sinksOf(withSinks('name: a, kind: webhook, url: "http://127.0.0.1:8080/x"'));
		expect(sink?.destination).toBe('127.0.0.1:8080');
	});
});

describe('sinks of the policy', () => {
	const policy = 'audit: {sinks: [{name: siem, kind: syslog, to: "tls://log.example", required: true}]}';

	test('cannot be removed by the configuration, and precede its own sinks', async () => {
		const [only] = await sinksOf(targets, policy);
		expect(only).toMatchObject({name: 'siem', required: true, byPolicy: true});
		const both = await sinksOf(withSinks('name: chat, kind: webhook, url: "https://h/x"'), policy);
		expect(both.map(({name, byPolicy}) => [name, byPolicy])).toEqual([
			['siem', true],
			['chat', false],
		]);
	});

	test('cannot be redefined by the configuration', async () => {
		const own = withSinks('name: Siem, kind: syslog, to: "unix:/dev/null", required: false');
		expect(await complaint(own, policy)).toContain('the policy of this machine has a sink called Siem');
	});

	test('with mistakes stop the start', async () => {
		expect(await complaint(targets, 'audit: {sinks: [{name: siem, kind: syslog, to: "siem"}]}')).toContain(
			'policy.yaml:1:',
		);
		expect(await complaint(targets, 'audit: {sink: []}')).toContain('"sink" is not known');
	});
});
