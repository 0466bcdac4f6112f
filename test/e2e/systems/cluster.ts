import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describe} from 'vitest';
import {stringify} from 'yaml';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import type {DemoLogin} from '../../../demo/kubernetes-api/serving/access.ts';
import {createScenario, type ScenarioName} from '../../../demo/scenario.ts';
import {debianKubectl, type Kubectl} from '../../estate/kubectl.ts';
import {skipOrFail} from '../../estate/skip-or-fail.ts';

/** A cluster for one test, and kubectl as an independent client that shows its state. */
export type Cluster = {
	readonly api: KubernetesApi;
	/** Runs kubectl and returns its trimmed output. @throws Error with its stderr when it fails. */
	kubectl(...words: readonly string[]): Promise<string>;
	/** A configuration with this cluster as its one target, `shop`, which may be changed without arming it. */
	config(login?: DemoLogin): string;
	close(): Promise<void>;
};

async function openCluster(client: Kubectl, scenario: ScenarioName): Promise<Cluster> {
	const api = await startKubernetesApi({scenario: createScenario(scenario, {now: Date.now}), context: 'shop'});
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-cluster-'));
	const kubeconfigOf = (login: DemoLogin) => {
		const file = join(folder, `${login}.kubeconfig`);
		writeFileSync(file, api.kubeconfigOf(login), {mode: 0o600});
		return file;
	};
	const admin = kubeconfigOf('admin');
	return {
		api,
		async kubectl(...words) {
			const env = {PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: admin};
			const {stdout} = await promisify(execFile)(client.path, words, {env, encoding: 'utf8'});
			return stdout.trim();
		},
		config(login = 'operator') {
			const file = join(folder, 'midwatch.yaml');
			const shop = {name: 'shop', kind: 'kubernetes', context: 'shop', production: false};
			const kubeconfig = kubeconfigOf(login);
			writeFileSync(file, stringify({targets: [{...shop, kubeconfig}]}), {mode: 0o600});
			return file;
		},
		async close() {
			await api.close();
			rmSync(folder, {recursive: true, force: true});
		},
	};
}

/** A `describe` with Debian's kubectl. Without it, it is skipped with the reason; with MIDWATCH_REQUIRE=all that fails. */
export function describeCluster(
	title: string,
	body: (start: (scenario: ScenarioName) => Promise<Cluster>) => void,
): void {
	const client = debianKubectl();
	describe(title, () => {
		if (!('missing' in client)) return body(scenario => openCluster(client, scenario));
		skipOrFail('judge', client.missing);
	});
}
