import {existsSync} from 'node:fs';
import {AdapterError} from '../../errors.ts';
import type {KubernetesSettings} from '../../port/kubernetes.ts';
import type {ClusterAccess, Impersonation} from '../../port/kubernetes-access.ts';
import type {ConfigEnvironment} from '../config-environment.ts';
import {kubeconfigFiles} from './kubeconfig.ts';
import {readClusterAccess, readInClusterAccess} from './resolve-cluster-access.ts';

/** What a person, or the environment, says of one cluster. */
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
};

/** Reads nothing yet: a kubeconfig that is renewed while midwatch runs is read when it is needed. */
export function createKubernetesSettings(
	words: RawKubernetesSettings,
	environment: ConfigEnvironment,
): KubernetesSettings {
	const {env, home} = environment;
	const [first, ...others] = words.namespaces ?? [];
	const files = words.kubeconfig ?? kubeconfigFiles(env, home);
	return {
		access: () => resolveClusterAccess(words, files, environment),
		kubeconfig: words.kubeconfig ?? [],
		context: words.context,
		namespaces: first === undefined ? 'all' : [first, ...others],
		impersonate: words.impersonate,
		metrics: words.metrics,
		environment: env,
	};
}

async function resolveClusterAccess(
	words: RawKubernetesSettings,
	files: readonly string[],
	{env, home, stateDir, plugins}: ConfigEnvironment,
): Promise<ClusterAccess> {
	if (words.inCluster === true || (words.inCluster === undefined && !files.some(file => existsSync(file)))) {
		const inside = await readInClusterAccess(env);
		if (inside !== undefined) return inside;
		if (words.inCluster === true) {
			const hint = 'Run midwatch in a pod with a service account, or name a kubeconfig.';
			throw new AdapterError('denied', 'midwatch does not run in a cluster', hint);
		}
	}
	const rules = {allowed: [], policy: async () => undefined, keys: {targets: 't', login: 'l'}, ...plugins, stateDir};
	return readClusterAccess({files, context: words.context, env, home, rules});
}
