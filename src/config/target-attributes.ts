import type {Target} from '../contract/target.ts';
import type {TargetAttributes} from '../policy/rule-match.ts';
import type {HttpSettings} from '../port/http.ts';
import type {KafkaSettings} from '../port/kafka.ts';
import type {KubernetesSettings} from '../port/kubernetes.ts';
import type {PostgresSettings} from '../port/postgres.ts';
import type {RedisSettings} from '../port/redis.ts';
import {endpointOf} from '../text/url.ts';

const endpointsIn = (text: string): TargetAttributes['endpoints'] => {
	const url = URL.parse(text);
	return url === null ? 'unknown' : [endpointOf(url)];
};

/** Where a cluster is now: its kubeconfig is read for it, and nothing is run. Unknown while that cannot be read. */
async function readClusterAttributes({access}: KubernetesSettings): Promise<TargetAttributes> {
	try {
		const {server, context} = await access();
		return {kind: 'kubernetes', endpoints: endpointsIn(server), cluster: {context}};
	} catch {
		return {kind: 'kubernetes', endpoints: 'unknown', cluster: 'unknown'};
	}
}

/** What a target is by its settings, for the rules of the policy. What is reached via a cluster has a host that only the cluster knows. */
async function readAttributes({kind, settings}: Target, targets: readonly Target[]): Promise<TargetAttributes> {
	switch (kind) {
		case 'kubernetes':
			return readClusterAttributes(settings as KubernetesSettings);
		case 'postgres': {
			const {hosts, database} = settings as PostgresSettings;
			return {kind, endpoints: hosts, database};
		}
		case 'redis': {
			const {host, port, replica} = settings as RedisSettings;
			return {kind, endpoints: [{host, port}, ...(replica === undefined ? [] : [replica])]};
		}
		case 'kafka':
			return {kind, endpoints: (settings as KafkaSettings).brokers};
		case 'prometheus':
		case 'alertmanager': {
			const {url, via} = settings as HttpSettings;
			if (via === undefined) return {kind, endpoints: endpointsIn(url)};
			const cluster = targets.find(one => one.kind === 'kubernetes' && one.name === via.kubernetes);
			const place = cluster && (await readClusterAttributes(cluster.settings as KubernetesSettings));
			return {kind, endpoints: 'unknown', cluster: place?.cluster ?? 'unknown'};
		}
		default:
			return {kind, endpoints: 'unknown', cluster: 'unknown'};
	}
}

/** By name of the target. `all`: also those that lead to others. Reads the kubeconfigs of today. */
export async function readTargetAttributes(
	targets: readonly Target[],
	all: readonly Target[] = targets,
): Promise<ReadonlyMap<string, TargetAttributes>> {
	return new Map(
		await Promise.all(targets.map(async target => [target.name, await readAttributes(target, all)] as const)),
	);
}
