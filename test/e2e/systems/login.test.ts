import {readFile} from 'node:fs/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

let clusterFixture: ClusterFixture;
let open: ConsoleProcess | undefined;

beforeEach(async () => {
	clusterFixture = await startClusterFixture();
	clusterFixture.addPod('till-7');
});

afterEach(async () => {
	await open?.close();
	open = undefined;
	await clusterFixture.close();
});

/** A cluster whose login helper prompts for a code at the terminal. */
async function writePromptingLogin(): Promise<string> {
	await clusterFixture.writeFile('runs', '');
	const login = await clusterFixture.writeFile(
		'login',
		`#!/bin/sh
cd "$(dirname "$0")"
echo run >> runs
printf 'Your code, please: ' >&2
read code
[ "$code" = 4711 ] || { echo 'That is not the code.' >&2; exit 3; }
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat token)"
`,
		0o700,
	);
	await clusterFixture.writeFile('token', clusterFixture.api.simulation.cluster.access.issue('viewer'));
	const kubeconfig = await clusterFixture.writeFile(
		'kubeconfig',
		stringify({
			apiVersion: 'v1',
			kind: 'Config',
			'current-context': 'demo',
			contexts: [{name: 'demo', context: {cluster: 'demo', user: 'person'}}],
			clusters: [
				{
					name: 'demo',
					cluster: {
						server: clusterFixture.api.url,
						'certificate-authority-data': Buffer.from(clusterFixture.api.ca).toString('base64'),
					},
				},
			],
			users: [
				{
					name: 'person',
					user: {
						exec: {
							apiVersion: 'client.authentication.k8s.io/v1',
							command: login,
							interactiveMode: 'Always',
						},
					},
				},
			],
		}),
	);
	return clusterFixture.writeFile(
		'midwatch.yaml',
		stringify({targets: [{name: 'shop', kind: 'kubernetes', kubeconfig}], kubernetes: {allowExec: [login]}}),
	);
}

test('an interactive login runs at the terminal by a key, and never by itself', async () => {
	open = await startConsole({file: await writePromptingLogin(), columns: 140, rows: 40});
	const runs = async () => (await readFile(`${clusterFixture.folder}/runs`, 'utf8')).split('\n').length - 1;
	await open.expect('needs a terminal');
	expect(await runs()).toBe(0);

	open.press('deck.targets');
	await open.expect('Log in from the list of watched systems');
	open.press('list.login');
	await open.expect('Your code, please:');
	expect(open.pty.alternate).toBe(false);
	open.type('1234\r');
	await open.expect('ended with 3');
	expect(open.pty.alternate).toBe(true);
	expect(await runs()).toBe(1);

	open.press('list.login');
	// The first question is still on the screen that the terminal goes back to.
	await open.expect(/Your code, please:.*Your code, please:/s);
	open.type('4711\r');
	await open.expect('logged in to shop');
	open.press('deck.back');
	await open.expect('till-7');
	expect(await runs()).toBe(2);
	expect((await open.quit()).code).toBe(0);
});

test('Ctrl-C ends the login and not the console', async () => {
	open = await startConsole({file: await writePromptingLogin(), columns: 140, rows: 40});
	await open.expect('needs a terminal');
	open.press('deck.targets');
	await open.expect('Log in from the list of watched systems');
	open.press('list.login');
	await open.expect('Your code, please:');
	open.type('\u0003');
	await open.expect('ended with SIGINT');
	await open.expect('Watched systems');
	expect((await open.quit()).code).toBe(0);
});
