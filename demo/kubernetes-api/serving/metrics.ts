import type {FakeCluster} from '../cluster.ts';
import {ApiError, notFound} from '../objects/api-error.ts';
import type {Node, Pod} from '../objects/kinds.ts';
import {type JsonObject, type KubeObject, timestamp} from '../objects/kube-object.ts';
import {parseLabelSelector} from '../objects/selectors.ts';
import type {UsageModel} from '../usage.ts';
import {jsonResourceResponse, type ResourceRequest, type ResourceResponse} from './resource-request.ts';

/** The metrics server scrapes the kubelets every 15 seconds, independent of requests, and returns an average over its window. */
const scrapeMs = 15_000;

export const lastScrape = (now: number): number => now - (now % scrapeMs);

/** metrics.k8s.io/v1beta1. A container that does not run, or that was not scraped yet, has no figures. */
export function handleMetrics(cluster: FakeCluster, usage: UsageModel, call: ResourceRequest): ResourceResponse {
	if (cluster.metrics === 'failing') {
		throw new ApiError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request', {
			causes: [{reason: 'UnexpectedServerResponse', message: 'service unavailable'}],
		});
	}
	const {type, namespace, name, query} = call;
	const at = lastScrape(cluster.clock.now());
	const measure = (object: KubeObject) =>
		type.plural === 'nodes' ? nodeMetrics(usage, object as Node, at) : podMetrics(usage, object as Pod, at);
	const {store} = cluster;
	if (name !== undefined) {
		const object = store.get(type.plural, namespace, name);
		const measured = object && measure(object);
		if (measured === undefined) throw notFound({resource: type.key, name});
		return jsonResourceResponse(measured);
	}
	const fits = parseLabelSelector(query.get('labelSelector') ?? '');
	const items = store
		.list(type.plural, namespace)
		.filter(object => fits(object.metadata.labels ?? {}))
		.flatMap(object => measure(object) ?? []);
	return jsonResourceResponse({kind: `${type.kind}List`, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items});
}

const quantities = ({cpu, memory}: {readonly cpu: number; readonly memory: number}) => ({
	cpu: `${Math.round(cpu * 1e9)}n`,
	memory: `${Math.round(memory / 1024)}Ki`,
});

const head = (kind: string, {metadata}: KubeObject, at: number) => ({
	kind,
	apiVersion: 'metrics.k8s.io/v1beta1',
	metadata: {
		name: metadata.name,
		...(metadata.namespace === undefined ? {} : {namespace: metadata.namespace}),
		creationTimestamp: timestamp(at),
		...(metadata.labels === undefined ? {} : {labels: metadata.labels}),
	},
	timestamp: timestamp(at),
	window: '15s',
});

function nodeMetrics(usage: UsageModel, node: Node, at: number): JsonObject | undefined {
	const found = usage.node(node, at);
	return found && {...head('NodeMetrics', node, at), usage: quantities(found)};
}

function podMetrics(usage: UsageModel, pod: Pod, at: number): JsonObject | undefined {
	const containers = usage.containers(pod, at);
	if (containers.length === 0) return undefined;
	return {
		...head('PodMetrics', pod, at),
		containers: containers.map(({name, ...used}) => ({name, usage: quantities(used)})),
	};
}
