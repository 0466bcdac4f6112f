import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {type BuiltProgram, buildAlone} from '../built-program.ts';

let midwatch: BuiltProgram;
let clusterFixture: ClusterFixture;
let folder: string;
let login: string;
let kubeconfig: string;

beforeAll(async () => {
	midwatch = buildAlone();
	clusterFixture = await startClusterFixture();
});
afterAll(async () => {
	midwatch.remove();
	await clusterFixture.close();
});

/** A kubeconfig whose plugin notes that it was run, and where, and gives a token; with `fails` it repeats its arguments and fails. */
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-plugin-'));
	login = join(folder, 'cloud-login');
	const token = clusterFixture.api.simulation.cluster.access.issue('viewer');
	writeFileSync(
		login,
		`#!/bin/sh
pwd >> "${folder}/runs"
if [ -e "${folder}/fails" ]; then
	echo "warming up" >&2
	echo "Error: unknown flag $1, MODE is $MODE, password=canaryERR" >&2
	exit 3
fi
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}'
`,
		{mode: 0o755},
	);
	kubeconfig = writeKubeconfig(login);
	return () => rmSync(folder, {recursive: true, force: true});
});

function writeKubeconfig(command: string): string {
	const made = JSON.parse(clusterFixture.api.kubeconfig) as {readonly users: readonly object[]};
	const exec = {
		apiVersion: 'client.authentication.k8s.io/v1',
		command,
		args: ['--token=canaryARG', 'eks'],
		env: [{name: 'MODE', value: 'canaryENV'}],
		interactiveMode: 'IfAvailable',
	};
	const file = join(folder, 'kubeconfig');
	writeFileSync(file, stringify({...made, users: made.users.map(user => ({...user, user: {exec}}))}), {mode: 0o600});
	return file;
}

const runs = () =>
	existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n') : [];

async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
	const result = await midwatch.run(words, {env: {KUBECONFIG: kubeconfig, ...env}, cwd: folder});
	expect(`${result.stdout}${result.stderr}`).not.toContain('canary');
	return result;
}

/** The user's own configuration, which names no target. */
function allowing(...programs: readonly string[]): Readonly<Record<string, string>> {
	const file = join(folder, 'midwatch.yaml');
	writeFileSync(file, stringify({kubernetes: {allowExec: programs}}), {mode: 0o600});
	return {MIDWATCH_CONFIG: file};
}

describe('the exec plugin of a kubeconfig, without a person', () => {
	test('is not run before it is approved, and what would do that is said', async () => {
		const doctor = await run(['doctor']);
		expect(doctor.code).toBe(2);
		expect(doctor.stdout).toContain(`  not reachable (denied): waits for your approval to run ${login}\n`);
		expect(doctor.stdout).toMatch(
			/Press t, then l on its line in the console.* kubernetes\.allowExec of the configuration/,
		);
		const snapshot = await run(['snapshot', '--json', '--pane', 'pods']);
		expect(snapshot.code).toBe(2);
		expect(snapshot.stdout).toContain(`waits for your approval to run ${login}`);
		expect(runs()).toEqual([]);
	});

	test('runs when the configuration names it, in the home directory', async () => {
		const {code, stdout} = await run(['doctor'], allowing(login));
		expect(stdout).toMatch(/^ {2}reachable: .+, as viewer/m);
		expect(code).toBeLessThan(3);
		expect(runs()).toEqual([midwatch.home]);
	});

	test('that fails is shown without its arguments, its environment and what looks like a secret', async () => {
		writeFileSync(join(folder, 'fails'), '');
		const {code, stdout} = await run(['doctor'], allowing(login));
		expect(code).toBe(2);
		expect(stdout).toContain(`login by ${login}: ended with 3: Error: unknown flag …, MODE is …, password=***\n`);
		expect(stdout).toContain('    To see its full output: kubectl --context demo version\n');
	});

	test.each([0o666, 0o620])('is not run when others can write the kubeconfig: %o', async mode => {
		chmodSync(kubeconfig, mode);
		const {code, stderr} = await run(['doctor'], allowing(login));
		expect(code).toBe(78);
		const says = `${kubeconfig}: can be written by others (mode ${mode.toString(8)}): chmod go-w ${kubeconfig}`;
		expect(stderr).toContain(says);
		const config = join(folder, 'targets.yaml');
		const text = {targets: [{name: 'shop', kind: 'kubernetes', kubeconfig}], kubernetes: {allowExec: [login]}};
		writeFileSync(config, stringify(text), {mode: 0o600});
		const named = await run(['doctor', '--config', config]);
		expect([named.code, named.stdout]).toEqual([2, expect.stringContaining(`not reachable (denied): ${says}\n`)]);
		expect(runs()).toEqual([]);
	});

	test('is not run when others can write it', async () => {
		chmodSync(login, 0o757);
		const {stdout} = await run(['doctor'], allowing(login));
		expect(stdout).toContain(`login by ${login}: ${login} can be written by others (mode 757): chmod go-w ${login}\n`);
		expect(runs()).toEqual([]);
	});

	test('is found beside a kubeconfig of the current directory, and waits for approval like any other', async () => {
		writeKubeconfig('./cloud-login');
		const {stdout} = await run(['doctor'], {KUBECONFIG: 'kubeconfig'});
		expect(stdout).toContain(`waits for your approval to run ${login}\n`);
		writeKubeconfig('cloud-login');
		for (const PATH of ['.:/usr/bin:/bin', ':/usr/bin:/bin', '']) {
			const bare = await run(['doctor'], {KUBECONFIG: 'kubeconfig', PATH, ...allowing(login)});
			expect(bare.stdout).toContain('login by cloud-login: it is not installed, or not in PATH\n');
		}
		expect(runs()).toEqual([]);
		const there = await run(['doctor'], {PATH: `${folder}:/usr/bin:/bin`, ...allowing(login)});
		expect(there.stdout).toContain('as viewer');
	});
});
