import {existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

let clusterFixture: ClusterFixture;
let folder: string;
let login: string;
let kubeconfig: string;
const open: ConsoleProcess[] = [];

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	clusterFixture.addPod('till-7');
});
afterAll(() => clusterFixture.close());

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-approval-'));
	login = writePlugin('cloud-login');
	kubeconfig = writeKubeconfig(login, ['--token=canaryARG']);
});
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
	rmSync(folder, {recursive: true, force: true});
});

/** A plugin that notes that it was run, and gives a token. */
function writePlugin(name: string): string {
	const file = join(folder, name);
	const token = clusterFixture.api.simulation.cluster.access.issue('viewer');
	const answer = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}`;
	writeFileSync(file, `#!/bin/sh\necho "$0" >> "${folder}/runs"\nprintf '%s' '${answer}'\n`, {mode: 0o755});
	return file;
}

function writeKubeconfig(command: string, args: readonly string[]): string {
	const made = JSON.parse(clusterFixture.api.kubeconfig) as {readonly users: readonly object[]};
	const exec = {apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'IfAvailable'};
	const file = join(folder, 'kubeconfig');
	writeFileSync(`${file}.new`, stringify({...made, users: made.users.map(user => ({...user, user: {exec}}))}), {
		mode: 0o600,
	});
	renameSync(`${file}.new`, file);
	return file;
}

const runs = () =>
	existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n') : [];

/** A console of this user, which finds the kubeconfig by itself. */
async function start(...words: readonly string[]): Promise<ConsoleProcess> {
	const env = {KUBECONFIG: kubeconfig};
	const one = await startConsole({home: join(folder, 'home'), env, arguments: words, columns: 140, rows: 40});
	open.push(one);
	return one;
}

/** Opens the question from the list of targets. */
async function ask(midwatch: ConsoleProcess, program: string): Promise<string> {
	await midwatch.expect(`waits for your approval to run ${program}`);
	midwatch.press('deck.targets');
	await midwatch.expect('Watched systems');
	midwatch.press('list.login');
	return midwatch.expect('Run a program to log in to');
}

async function approve(midwatch: ConsoleProcess): Promise<void> {
	await midwatch.answer(['confirm.yes'], screen => screen.includes('press enter to approve it'));
	await midwatch.answer(['field.accept'], screen => !screen.includes('to approve it'));
	await midwatch.expect('approved: ');
	midwatch.press('deck.back');
	await midwatch.expect('till-7');
}

describe('a program that a kubeconfig wants to run', () => {
	test('runs once it was approved at the terminal, and at later starts without a question', async () => {
		const first = await start();
		const shown = (await ask(first, login)).replaceAll(/\s*│\s*/g, ' ');
		expect(shown).toContain(login);
		expect(shown).toContain(`The kubeconfig ${kubeconfig} names it`);
		expect(shown).toContain('press y, then enter');
		expect(runs()).toEqual([]);
		await approve(first);
		expect(runs().length).toBeGreaterThan(0);
		expect(first.audit()).toContainEqual(
			expect.objectContaining({kind: 'approve', target: 'demo', note: expect.stringContaining(login)}),
		);
		expect((await first.quit()).code).toBe(0);
		expect(first.pty.output()).not.toContain('canaryARG');
		expect(JSON.stringify(first.audit())).not.toContain('canaryARG');

		const second = await start();
		await second.expect('till-7');
		expect((await second.quit()).code).toBe(0);
	});

	test('stays as it is when the question is left, or answered by enter or a held key', async () => {
		const midwatch = await start();
		await ask(midwatch, login);
		midwatch.type('\r');
		await midwatch.expect('not taken: press y first, then enter');
		midwatch.type('n');
		await midwatch.expect('was not approved');
		midwatch.press('list.login');
		await midwatch.expect('Run a program to log in to');
		midwatch.type('yyyy\r');
		await midwatch.expect('not taken');
		expect(runs()).toEqual([]);
		midwatch.press('deck.back');
		await midwatch.expect('was not approved');
	});

	test('needs approval again when the kubeconfig has another program or other arguments', async () => {
		const first = await start();
		await ask(first, login);
		await approve(first);
		expect((await first.quit()).code).toBe(0);

		const other = writePlugin('other-login');
		writeKubeconfig(other, ['--token=canaryARG']);
		const second = await start();
		await ask(second, other);
		expect(runs()).not.toContain(other);
		await approve(second);
		expect((await second.quit()).code).toBe(0);

		const before = runs().length;
		writeKubeconfig(other, ['--token=canaryOTHER']);
		const third = await start();
		expect(await ask(third, other)).toContain('You approved it before, with other arguments');
		expect(runs()).toHaveLength(before);
	});

	test('is not approved on a wall that is read-only', async () => {
		const wall = await start('--read-only');
		await wall.expect(`waits for your approval to run ${login}`);
		wall.press('deck.targets');
		await wall.expect('Watched systems');
		wall.press('list.login');
		await wall.expect('cannot be approved in a read-only');
		expect(runs()).toEqual([]);
	});
});
