import type {Context} from '../../../src/contract/context.ts';
import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {NodeUsage, PodUsage, ResourceType} from '../../../src/port/kubernetes.ts';
import {asObject, asText} from '../../../src/text/json-values.ts';
import {findApiRefusal} from './errors.ts';
import {listAll, metadataOf} from './list.ts';
import {parseQuantity} from './quantity.ts';
import type {ApiTransport} from './transport.ts';

const metrics = (resource: string, namespaced: boolean): ResourceType => ({
	group: 'metrics.k8s.io',
	version: 'v1beta1',
	resource,
	namespaced,
});

const usageOf = (value: unknown) => ({
	cpu: parseQuantity(asText(asObject(asObject(value)['usage'])['cpu'])) ?? 0,
	memory: parseQuantity(asText(asObject(asObject(value)['usage'])['memory'])) ?? 0,
});

const measuredAt = (value: unknown, now: number): number => {
	const at = Date.parse(asText(asObject(value)['timestamp']));
	return Number.isNaN(at) ? now : at;
};

/** Distinguishes: no metrics API, no permission to read it, or a metrics server that fails. */
function explainMetricsError(error: unknown): unknown {
	if (!isAdapterError(error)) return error;
	const code = findApiRefusal(error)?.code;
	const options = {cause: error.cause};
	if (code === 404) {
		const hint = 'Install metrics-server in the cluster; kubectl top needs it, too.';
		return new AdapterError('unsupported', 'the cluster has no metrics API', hint, options);
	}
	if (code === 503) {
		const hint = 'Look at metrics-server: kubectl get apiservice v1beta1.metrics.k8s.io, then at the log of its pods.';
		return new AdapterError('unreachable', `the metrics API fails: ${error.message}`, hint, options);
	}
	return error;
}

async function read<T>(
	transport: ApiTransport,
	type: ResourceType,
	namespace: string,
	{signal}: Context,
	take: (item: unknown) => T,
): Promise<readonly T[]> {
	let usages: T[] = [];
	try {
		await listAll(transport, {type, namespace}, signal, {
			begin() {
				usages = [];
			},
			take(item) {
				usages.push(take(item));
			},
			page: () => true,
		});
		return usages;
	} catch (error) {
		throw explainMetricsError(error);
	}
}

/** Reads the usage of all pods. @throws AdapterError `unsupported` without a metrics API, `denied` when forbidden, `unreachable` when it fails. */
export const readPodUsage = (
	transport: ApiTransport,
	namespace: string,
	context: Context,
): Promise<readonly PodUsage[]> =>
	read(transport, metrics('pods', true), namespace, context, item => {
		const containers = asObject(item)['containers'];
		const {name, namespace: podNamespace} = metadataOf(item);
		return {
			name,
			namespace: podNamespace,
			measuredAt: measuredAt(item, context.now()),
			containers: (Array.isArray(containers) ? containers : []).map(container => ({
				name: asText(asObject(container)['name']),
				...usageOf(container),
			})),
		};
	});

export const readNodeUsage = (transport: ApiTransport, context: Context): Promise<readonly NodeUsage[]> =>
	read(transport, metrics('nodes', false), '', context, item => ({
		name: metadataOf(item).name,
		measuredAt: measuredAt(item, context.now()),
		...usageOf(item),
	}));
