import {type ForkOptions, fork} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createKubernetesSettings} from '../adapters/kubernetes/config/kubernetes-settings.ts';
import {systemEnvironment} from '../src/config/config-environment.ts';
import type {Target} from '../src/contract/target.ts';
import type {KubernetesSettings} from '../src/port/kubernetes.ts';

/** A simulated cluster in a process of its own. */
export type ForkedCluster = {
	readonly target: Target<KubernetesSettings>;
	/** A folder that is removed at the end. */
	readonly folder: string;
	/** Sends a message to the process. Resolves with its next one. */
	ask<T>(message: string): Promise<T>;
	close(): Promise<void>;
};

/** Starts this script with the argument `serve`; its first message must be `{kubeconfig}`, the text of one. */
export async function forkCluster(
	scriptUrl: string,
	{production, namespaces, ...options}: ForkOptions & {readonly production: boolean; readonly namespaces?: string[]},
): Promise<ForkedCluster> {
	const child = fork(fileURLToPath(scriptUrl), ['serve'], options);
	const next = <T>() => new Promise<T>(resolve => child.once('message', message => resolve(message as T)));
	const {kubeconfig} = await next<{kubeconfig: string}>();
	const folder = await mkdtemp(join(tmpdir(), 'midwatch-bench-'));
	const file = join(folder, 'kubeconfig');
	await writeFile(file, kubeconfig, {mode: 0o600});
	const scope = namespaces === undefined ? {} : {namespaces};
	const settings = createKubernetesSettings({kubeconfig: [file], ...scope}, systemEnvironment());
	return {
		target: {name: 'bench', kind: 'kubernetes', production, settings},
		folder,
		ask<T>(message: string) {
			const answer = next<T>();
			child.send(message);
			return answer;
		},
		async close() {
			child.disconnect();
			await rm(folder, {recursive: true, force: true});
		},
	};
}
