import {chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, describe, expect, test} from 'vitest';
import {
	createExecPermission,
	type ExecRequest,
	type ExecRules,
} from '../../../adapters/kubernetes/config/exec-permission.ts';
import {ConfigError} from '../../../src/config/config-error.ts';
import {checkProgram} from '../../../src/files/program-safety.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

let home: string;
let program: string;
let rules: ExecRules;

beforeEach(() => {
	const environment = createTestEnvironment();
	({home} = environment);
	program = writeTestFile(environment, 'login', '#!/bin/sh\n', 0o755);
	rules = {
		stateDir: environment.stateDir,
		allowed: [],
		policy: async () => undefined,
		keys: {targets: 'f2', login: 'f3'},
	};
});

const request = (more: Partial<ExecRequest> = {}): ExecRequest => ({
	program,
	args: ['--token=canaryARG'],
	env: {MODE: 'canaryENV'},
	server: 'https://api.test',
	requestedBy: '/home/ada/.kube/config',
	installHint: undefined,
	forbidden: undefined,
	...more,
});

const permit = (more: Partial<ExecRequest> = {}, under: Partial<ExecRules> = {}) =>
	createExecPermission(request(more), {...rules, ...under})
		.permit()
		.then(
			() => 'runs',
			(error: unknown) => {
				const {kind, message, hint} = error as {readonly kind: string; readonly message: string; readonly hint: string};
				expect(kind).toBe('denied');
				expect(`${message} ${hint}`).not.toMatch(/canary/);
				return `${message}: ${hint}`;
			},
		);

async function approve(more: Partial<ExecRequest> = {}) {
	const approval = await createExecPermission(request(more), rules).approval();
	await approval?.approve();
	return approval;
}

describe('a program of a kubeconfig', () => {
	test('waits for approval once, and is approved at later starts', async () => {
		expect(await permit()).toMatch(
			new RegExp(`^waits for your approval to run ${program}: .*Press f2, then f3 .*kubernetes.allowExec`),
		);
		const approval = await approve();
		expect(approval).toMatchObject({program, file: program, requestedBy: '/home/ada/.kube/config', changed: false});
		expect(JSON.stringify(approval)).not.toContain('canary');
		expect(await permit()).toBe('runs');
		expect(await createExecPermission(request(), rules).approval()).toBeUndefined();
		const file = join(rules.stateDir, 'approved-programs.json');
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(rules.stateDir).mode & 0o777).toBe(0o700);
		expect(readFileSync(file, 'utf8')).not.toContain('canary');
	});

	test.each([
		['arguments', {args: ['--token=canaryOTHER']}],
		['environment', {env: {LD_PRELOAD: '/tmp/canary.so'}}],
		['server', {server: 'https://elsewhere.test'}],
	])('needs approval again with other %s', async (_, more) => {
		await approve();
		expect(await permit(more)).toMatch(/^waits for your approval/);
		expect(await approve(more)).toMatchObject({changed: true});
		expect([await permit(more), await permit()]).toEqual(['runs', 'runs']);
	});

	test('needs approval again under another path', async () => {
		await approve();
		const other = join(home, 'other');
		writeFileSync(other, '', {mode: 0o755});
		expect(await permit({program: other})).toMatch(`waits for your approval to run ${other}`);
	});

	test('of the configuration needs no approval, also when a link leads to it', async () => {
		expect(await permit({args: ['anything']}, {allowed: [program]})).toBe('runs');
		const link = join(home, 'link');
		symlinkSync(program, link);
		expect(await permit({}, {allowed: [link]})).toBe('runs');
		expect(await permit({}, {allowed: ['/bin/true', '/nowhere']})).toMatch(/^waits/);
	});

	test('that the policy does not list does not run, whatever was approved', async () => {
		await approve();
		expect(await permit({}, {policy: async () => []})).toMatch(/the policy of this machine does not allow it/);
		expect(await permit({}, {policy: async () => ['/usr/bin/aws'], allowed: [program]})).toMatch(/the policy/);
		expect(await permit({}, {policy: async () => [program]})).toBe('runs');
		const unreadable = async () => {
			throw new ConfigError('/etc/midwatch/policy.yaml', [{text: 'the policy was removed'}]);
		};
		expect(await permit({}, {policy: unreadable})).toMatch(/the policy was removed: No program/);
		expect(await permit({args: []}, {policy: async () => [program]})).toMatch(/^waits/);
	});

	test('that the kuberc forbids, or that does not exist, is refused without a prompt for approval', async () => {
		expect(await permit({forbidden: 'no'})).toMatch(/^no: Allow it in credentialPluginAllowlist/);
		expect(await permit({program: 'aws'})).toMatch(/^login by aws: it is not installed, or not in PATH/);
		expect(await permit({program: '/nowhere/aws', installHint: 'Get it.'})).toMatch(/not installed.*: Get it\.$/);
		writeFileSync(join(home, 'text'), '', {mode: 0o600});
		expect(await permit({program: home})).toMatch(/not installed/);
	});

	test.each([0o775, 0o757, 0o777])('that others can write is refused, approved or not: %o', async mode => {
		await approve();
		chmodSync(program, mode);
		const says = `login by ${program}: ${program} can be written by others (mode ${mode.toString(8)}): chmod go-w ${program}`;
		expect(await permit()).toContain(says);
		expect(await permit({}, {allowed: [program]})).toContain(says);
		await expect(createExecPermission(request(), rules).approval()).rejects.toMatchObject({kind: 'denied'});
	});

	test('is not approved by a file that others can read or write, or that is broken, which is set aside', async () => {
		await approve();
		const file = join(rules.stateDir, 'approved-programs.json');
		for (const mode of [0o620, 0o604]) {
			chmodSync(file, mode);
			expect(await permit()).toContain(`${file}: can be read by others`);
		}
		chmodSync(file, 0o600);
		writeFileSync(file, '{"version":1,"programs":[{"program":7}]}');
		expect(await permit()).toBe(
			`${file} has unexpected contents at programs.0.program: it was renamed to ${file}.broken, and starts empty: Approve the programs again.`,
		);
		expect(await permit()).toMatch(/^waits for your approval/);
		await approve();
		expect(await permit()).toBe('runs');
	});

	test('is approved when two consoles approve two programs at the same moment', async () => {
		await Promise.all([approve(), approve({server: 'https://other.test'})]);
		expect([await permit(), await permit({server: 'https://other.test'})]).toEqual(['runs', 'runs']);
	});
});

describe('configuration and machine policy', () => {
	/** Runs the plugin of the current context. @returns `runs`, or why it may not run. */
	async function start(policy?: string, config = 'kubernetes: {allowExec: []}') {
		const environment = createTestEnvironment();
		const login = writeTestFile(environment, 'login', '', 0o755);
		const exec = {apiVersion: 'client.authentication.k8s.io/v1', command: './login'};
		const kubeconfig = {
			'current-context': 'c',
			contexts: [{name: 'c', context: {cluster: 'c', user: 'u'}}],
			clusters: [{name: 'c', cluster: {server: 'https://api.test'}}],
			users: [{name: 'u', user: {exec}}],
		};
		const env = {
			...environment.env,
			KUBECONFIG: writeTestFile(environment, 'kubeconfig', JSON.stringify(kubeconfig)),
		};
		if (policy !== undefined) writeTestFile(environment, 'policy.yaml', policy.replaceAll('LOGIN', login));
		const file = writeTestFile(environment, 'config.yaml', config.replaceAll('LOGIN', login));
		const {targets} = await loadFullConfiguration({config: file, environment: {...environment, env}});
		const outcome = async () => {
			const access = await (targets[0]?.settings as KubernetesSettings | undefined)?.access();
			const by = access?.login.by;
			if (by?.kind !== 'exec') throw new Error('no plugin');
			return by.plugin.permit().then(
				() => 'runs',
				(error: Error) => error.message,
			);
		};
		return {environment, outcome};
	}

	test('both apply to a discovered cluster', async () => {
		expect(await (await start()).outcome()).toMatch(/^waits for your approval/);
		const allowed = 'kubernetes: {allowExec: [LOGIN]}';
		expect(await (await start(undefined, allowed)).outcome()).toBe('runs');
		expect(await (await start('execPlugins: [LOGIN]', allowed)).outcome()).toBe('runs');
		expect(await (await start('execPlugins: [LOGIN]')).outcome()).toMatch(/^waits for your approval/);
		expect(await (await start('execPlugins: []', allowed)).outcome()).toContain('the policy of this machine does not');
	});

	test('both apply to a configured cluster', async () => {
		const targets = 'targets: [{name: a, kind: kubernetes}]\n';
		expect(await (await start(undefined, targets)).outcome()).toMatch(/^waits for your approval/);
		expect(await (await start(undefined, `${targets}kubernetes: {allowExec: [LOGIN]}`)).outcome()).toBe('runs');
	});

	test('the current policy applies, and no program runs once it was removed or cannot be read', async () => {
		const {environment, outcome} = await start('execPlugins: [LOGIN]', 'kubernetes: {allowExec: [LOGIN]}');
		expect(await outcome()).toBe('runs');
		writeTestFile(environment, 'policy.yaml', 'execPlugins: []');
		expect(await outcome()).toContain('the policy of this machine does not allow it');
		writeTestFile(environment, 'policy.yaml', 'execPlugins: 7');
		expect(await outcome()).toContain('execPlugins must be a list of absolute paths of programs');
		rmSync(environment.policyFile);
		expect(await outcome()).toContain('the policy was removed');
	});

	test.each(['execPlugins: [aws]', 'kubernetes: {allowExec: [bin/aws]}'])(
		'name absolute paths only: %s',
		async text => {
			const isPolicy = text.startsWith('exec');
			const started = isPolicy ? start(text) : start(undefined, text);
			await expect(started).rejects.toThrow('must be a list of absolute paths of programs');
		},
	);
});

describe('the trust in a program', () => {
	test('depends on the owners of the file, of its directories and of the links to it', async () => {
		const folder = join(home, 'bin');
		mkdirSync(folder, {mode: 0o755});
		const file = join(folder, 'login');
		writeFileSync(file, '', {mode: 0o755});
		const link = join(home, 'link');
		symlinkSync('bin/login', link);
		expect(await checkProgram(link)).toEqual({state: 'safe', file});
		chmodSync(folder, 0o757);
		for (const path of [file, link])
			expect(await checkProgram(path)).toEqual({
				state: 'unsafe',
				reason: `${folder} can be written by others (mode 757): chmod go-w ${folder}`,
			});
		chmodSync(folder, 0o1777);
		expect(await checkProgram(file)).toEqual({state: 'safe', file});
		if (process.getuid?.() !== 0) return;
		chmodSync(folder, 0o775);
		chownSync(folder, 0, 4711);
		expect(await checkProgram(file)).toMatchObject({state: 'unsafe'});
		chownSync(folder, 4711, 0);
		expect(await checkProgram(link)).toMatchObject({
			reason: expect.stringContaining(`${folder} is owned by uid 4711`),
		});
		chownSync(folder, 0, 0);
		expect(await checkProgram(file)).toEqual({state: 'safe', file});
		chownSync(file, 4711, 0);
		expect(await checkProgram(file)).toMatchObject({reason: expect.stringContaining('is owned by uid 4711')});
	});

	test('is refused for a cycle of links', async () => {
		symlinkSync('b', join(home, 'a'));
		symlinkSync('a', join(home, 'b'));
		expect(await checkProgram(join(home, 'a'))).toEqual({state: 'missing'});
	});
});
