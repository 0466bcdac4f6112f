import {existsSync} from 'node:fs';
import type {SettingsEnvironment} from '../../../src/contract/target-config.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ClusterAccess, Impersonation} from '../../../src/port/kubernetes-access.ts';
import {kubeconfigFiles} from './kubeconfig.ts';
import {readClusterAccess, readInClusterAccess} from './resolve-cluster-access.ts';

/** The settings of one cluster from the configuration or the environment, before defaults. */
export type RawKubernetesSettings = {
	/** The files to read; those of KUBECONFIG, or the one in the home folder, when absent. */
	readonly kubeconfig?: readonly string[] | undefined;
	readonly context?: string | undefined;
	/** All of them when absent. */
	readonly namespaces?: readonly string[] | undefined;
	readonly impersonate?: Impersonation | undefined;
	readonly metrics?: KubernetesSettings['metrics'];
	/** True: the cluster that midwatch runs in, by its service account. When absent, only if there is no kubeconfig, as kubectl does. */
	readonly inCluster?: boolean | undefined;
	/** `kubernetes.allowExec`: absolute paths of programs of the kubeconfig that need no approval. */
	readonly allowExec?: readonly string[] | undefined;
};

/** Creates the settings without reading a file. The kubeconfig is read on `access()`, so that a renewed one counts. */
export function createKubernetesSettings(
	raw: RawKubernetesSettings,
	environment: SettingsEnvironment,
): KubernetesSettings {
	const {env, home} = environment;
	const [first, ...others] = raw.namespaces ?? [];
	const files = raw.kubeconfig ?? kubeconfigFiles(env, home);
	return {
		access: () => resolveClusterAccess(raw, files, environment),
		kubeconfig: raw.kubeconfig ?? [],
		context: raw.context,
		namespaces: first === undefined ? 'all' : [first, ...others],
		impersonate: raw.impersonate,
		metrics: raw.metrics,
		environment: env,
	};
}

async function resolveClusterAccess(
	raw: RawKubernetesSettings,
	files: readonly string[],
	{env, home, stateDir, loginPrograms}: SettingsEnvironment,
): Promise<ClusterAccess> {
	if (raw.inCluster === true || (raw.inCluster === undefined && !files.some(file => existsSync(file)))) {
		const inside = await readInClusterAccess(env);
		if (inside !== undefined) return inside;
		if (raw.inCluster === true) {
			const hint = 'Run midwatch in a pod with a service account, or name a kubeconfig.';
			throw new AdapterError('denied', 'midwatch does not run in a cluster', hint);
		}
	}
	const {policy = async () => undefined, keys = {targets: 't', login: 'l'}} = loginPrograms ?? {};
	const rules = {allowed: raw.allowExec ?? [], policy, keys, stateDir};
	return readClusterAccess({files, context: raw.context, env, home, rules});
}
