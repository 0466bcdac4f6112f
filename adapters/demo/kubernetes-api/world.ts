import type {Scenario} from '../scenario.ts';
import type {Cluster} from './cluster.ts';

export type World = {readonly cluster: Cluster; stop(): void};

export function buildWorld(cluster: Cluster, scenario: Scenario, pods: number | undefined): World {
	cluster.store.put('namespaces', {apiVersion: 'v1', kind: 'Namespace', metadata: cluster.meta('default')});
	cluster.store.put('configmaps', {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: cluster.meta('a', {namespace: 'default', labels: {a: scenario.name, n: String(pods)}}),
	});
	return {cluster, stop() {}};
}
