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

/** Reads the current server of a cluster from its kubeconfig, without running a program. `unknown` when it cannot be read. */
async function readClusterAttributes({access}: KubernetesSettings): Promise<TargetAttributes> {
	try {
		const {server, context} = await access();
		return {kind: 'kubernetes', endpoints: endpointsIn(server), cluster: {context}};
	} catch {
		return {kind: 'kubernetes', endpoints: 'unknown', cluster: 'unknown'};
	}
}

/** Reads the attributes of a target that policy rules match. The host of a target that is reached via a cluster is unknown here. */
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
			const cluster = targets.find(target => target.kind === 'kubernetes' && target.name === via.kubernetes);
			const attributes = cluster && (await readClusterAttributes(cluster.settings as KubernetesSettings));
			return {kind, endpoints: 'unknown', cluster: attributes?.cluster ?? 'unknown'};
		}
		default:
			return {kind, endpoints: 'unknown', cluster: 'unknown'};
	}
}

/** Reads the attributes of targets, by target name, from the current kubeconfigs. `all` also holds the targets that `via` refers to. */
export async function readTargetAttributes(
	targets: readonly Target[],
	all: readonly Target[] = targets,
): Promise<ReadonlyMap<string, TargetAttributes>> {
	return new Map(
		await Promise.all(targets.map(async target => [target.name, await readAttributes(target, all)] as const)),
	);
}
