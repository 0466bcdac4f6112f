import {execFileSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createPolicyReader, readPolicy} from '../../../src/config/policy-file.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {configurableSystems, loadFullConfiguration} from './with-all-systems.ts';

const file = '/etc/midwatch/policy.yaml';
const read = (text: string) => readPolicy(file, text, configurableSystems);

describe('the machine policy', () => {
	test('is read with the lines of its keys', () => {
		expect(
			read('guard: all\nforbid: [redis.*, "*"]\nrules:\n  - match: {kind: redis, port: 6379}\n    readOnly: true'),
		).toEqual({
			guard: 'all',
			forbid: ['redis.*', '*'],
			rules: [{match: {kind: ['redis'], port: [6379]}, readOnly: true, line: 4}],
			lines: {guard: 1, forbid: 2, rules: 3},
		});
	});

	test.each([
		['readonly: true', '1:1: "readonly" is not known; did you mean "readOnly"?'],
		['guard: none', '1:8: guard must be all, and is "none"'],
		['forbid: "*"', '1:9: forbid must be a list of actions'],
		[
			'forbid: [redis]',
			'1:10: forbid: "redis" is no action; did you mean "redis.*"? Allowed: "*", redis.*, redis.set-',
		],
		['forbid: [Redis.*]', '1:10: forbid: "Redis.*" is no action; did you mean "redis.*"?'],
		['forbid: [redis.setmaxmemory]', 'did you mean "redis.set-maxmemory"? Allowed: "*", redis.*, redis.set-maxmemory'],
		[
			'forbid:\n  - redis.*\n  - oracle.drop',
			'3:5: forbid: "oracle.drop" is no action. Allowed: "*", kubernetes.*, postgres.*, redis.*, kafka.*, ',
		],
		['rules: [{match: {kind: redi}, readOnly: true}]', '1:24: rules[0].match.kind must be one of kubernetes, postgres'],
		['rules: [{match: {hosts: a}, readOnly: true}]', '"hosts" is not known in rules[0].match; did you mean "host"?'],
		['rules: [{match: {}, readOnly: true}]', 'rules[0].match: it needs at least one of kind, host, port'],
		['rules: [{match: {host: a}}]', 'rules[0] does nothing; it needs one of readOnly, forbid, leastDemand, maxObjects'],
		['rules: [{match: {host: a}, readOnly: false}]', 'rules[0].readOnly must be true'],
		['rules: [{match: {host: a}, forbid: [redis]}]', 'rules[0].forbid: "redis" is no action; did you mean "redis.*"?'],
		['rules: [{match: {host: "db1:5432"}, readOnly: true}]', '"db1:5432" holds a port: write it under port'],
		['rules: [{match: {host: "https://a/b"}, readOnly: true}]', 'is a URL: write its host alone'],
		['rules: [{match: {host: "db[12].prod"}, readOnly: true}]', 'holds a character that no host has'],
		['rules: [{match: {kind: redis, database: "0"}, readOnly: true}]', 'database is known of postgres only'],
		['rules: [{match: {kind: kafka, cluster: prod}, readOnly: true}]', 'cluster is known only of kubernetes'],
	])('refuses %s', (text, mistake) => {
		expect(() => read(text)).toThrow(mistake);
	});

	test.each(['[2001:db8::1]', '::1', '/var/run/postgresql', '*.prod.example'])('accepts the host %s', host => {
		expect(read(`rules: [{match: {host: "${host}"}, readOnly: true}]`).rules?.[0]?.match.host).toEqual([host]);
	});
});

/** Creates a directory with a policy in it, and starts under that policy. */
function machine(text?: string) {
	const environment = createTestEnvironment();
	if (text !== undefined) writeTestFile(environment, 'policy.yaml', text, 0o644);
	return {
		environment,
		path: environment.policyFile,
		start: () => loadFullConfiguration({environment}),
	};
}

describe('the file of the policy', () => {
	test.each(['', '\n\n', '\uFEFF', '# forbid: ["*"]\n', '~', 'null', '---\n', '---\n...\n'])(
		'stops the start when it is empty: %j',
		async text => {
			const {environment, path} = machine(text);
			const start = loadFullConfiguration({environment});
			await expect(start).rejects.toThrow(`${path}: it says nothing; write {} to forbid nothing`);
		},
	);

	test('forbids nothing when it is {}', async () => {
		expect((await machine('# nothing\n{}\n').start()).policy.file).toEqual({rules: [], lines: {}});
	});

	test('is undefined without a file, and is read when root owns it', async () => {
		expect((await machine().start()).policy.file).toBeUndefined();
		expect((await machine('guard: all').start()).policy.file).toMatchObject({guard: 'all'});
	});

	test.each<[string, (path: string) => void, string]>([
		['a directory', path => mkdirSync(path), 'is not a file'],
		['a pipe', path => execFileSync('mkfifo', [path]), 'is not a file'],
		[
			'a link that leads nowhere',
			path => symlinkSync('/nowhere/policy.yaml', path),
			'leads through a link to /nowhere',
		],
		['a link to itself', path => symlinkSync(path, path), 'leads through too many links'],
		[
			'a file that others can write',
			path => {
				writeFileSync(path, '');
				chmodSync(path, 0o666);
			},
			'can be written by others',
		],
		['a file that is too large', path => writeFileSync(path, '#'.repeat(2 ** 20 + 1)), 'is larger than 1 MB'],
		['a file below a file', path => writeFileSync(join(path, '..', 'etc'), ''), 'is not a directory'],
	])('stops the start when it is %s', async (what, make, reason) => {
		const {environment, path} = machine();
		make(path);
		const policyFile = what === 'a file below a file' ? join(path, '..', 'etc', 'policy.yaml') : path;
		await expect(loadFullConfiguration({environment: {...environment, policyFile}})).rejects.toThrow(reason);
	});

	test('stops the start in a directory that others can write', async () => {
		const {start, path} = machine('guard: all');
		chmodSync(join(path, '..'), 0o777);
		await expect(start()).rejects.toThrow('which can be written by others (mode 777): chmod go-w');
	});

	test('stops the start when neither root nor the administrator owns it, or a directory on the way', async () => {
		const {environment, path} = machine('guard: all');
		// As root the test gives the file to another user; otherwise the test itself runs as another user.
		const give = (one: string) => (process.getuid?.() === 0 ? chownSync(one, 1000, 0) : undefined);
		const policyOwner = 4242;
		give(path);
		const start = () => loadFullConfiguration({environment: {...environment, policyOwner}});
		await expect(start()).rejects.toThrow('must be owned by root');
		rmSync(path);
		give(join(path, '..'));
		expect((await start()).policy.file).toBeUndefined();
		symlinkSync('/etc/hostname', path);
		await expect(start()).rejects.toThrow('must be owned by root');
	});

	test('is read through links of root', async () => {
		const {environment, path} = machine('guard: all');
		const link = join(path, '..', 'etc');
		symlinkSync('.', link);
		const start = loadFullConfiguration({environment: {...environment, policyFile: join(link, 'policy.yaml')}});
		expect((await start).policy.file).toMatchObject({guard: 'all'});
	});

	test('is read again: the same value for the same text, with owner and mode checked each time', async () => {
		const {environment, path} = machine('guard: all');
		const again = createPolicyReader(environment, configurableSystems);
		const first = await again();
		expect(await again()).toBe(first);
		writeFileSync(path, 'readOnly: true');
		expect(await again()).toMatchObject({file: {readOnly: true}});
		chmodSync(path, 0o622);
		await expect(again()).rejects.toThrow('can be written by others');
		chmodSync(path, 0o644);
		writeFileSync(path, 'readonly: true');
		await expect(again()).rejects.toThrow('did you mean "readOnly"?');
		rmSync(path);
		expect(await again()).toBeUndefined();
	});
});

describe('the attributes of the targets', () => {
	test('are read from their settings when a rule needs them', async () => {
		const {environment} = machine('rules: [{match: {host: a}, readOnly: true}]');
		const kubeconfig = writeTestFile(
			environment,
			'kube',
			'{current-context: prod, contexts: [{name: prod, context: {cluster: c}}], clusters: [{name: c, cluster: {server: "https://API.example:6443"}}]}',
		);
		writeTestFile(
			environment,
			'config.yaml',
			`targets:
  - {name: db, kind: postgres, hosts: [a.example, "b.example:5433"], database: orders, user: u, tls: disable}
  - {name: cache, kind: redis, url: "redis://c.example:6380/1"}
  - {name: kafka, kind: kafka, brokers: [k1, "k2:9093"]}
  - {name: prom, kind: prometheus, url: "https://p.example/prefix"}
  - {name: k8s, kind: kubernetes, kubeconfig: ${kubeconfig}}
  - {name: inside, kind: prometheus, via: {kubernetes: k8s, namespace: m, service: prom, port: 9090}}
`,
		);
		const config = join(environment.home, 'config.yaml');
		const {policy} = await loadFullConfiguration({environment, config});
		expect(Object.fromEntries(policy.initialTargetAttributes)).toEqual({
			db: {
				kind: 'postgres',
				endpoints: [
					{host: 'a.example', port: 5432},
					{host: 'b.example', port: 5433},
				],
				database: 'orders',
			},
			cache: {kind: 'redis', endpoints: [{host: 'c.example', port: 6380}]},
			kafka: {
				kind: 'kafka',
				endpoints: [
					{host: 'k1', port: 9092},
					{host: 'k2', port: 9093},
				],
			},
			prom: {kind: 'prometheus', endpoints: [{host: 'p.example', port: 443}]},
			k8s: {kind: 'kubernetes', endpoints: [{host: 'api.example', port: 6443}], cluster: {context: 'prod'}},
			inside: {kind: 'prometheus', endpoints: 'unknown', cluster: {context: 'prod'}},
		});
		rmSync(kubeconfig);
		expect((await policy.readTargetAttributes()).get('k8s')).toEqual({
			kind: 'kubernetes',
			endpoints: 'unknown',
			cluster: 'unknown',
		});
	});
});
