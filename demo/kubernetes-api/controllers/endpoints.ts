import type {FakeCluster} from '../cluster.ts';
import {type Endpoints, isActive, isReady, type Pod, type Service} from '../objects/kinds.ts';
import {equalJson} from '../objects/kube-object.ts';
import {matchesSelector} from '../objects/selectors.ts';

/** The addresses of a service: those of its ready pods, and separately those of the others. */
export function reconcileEndpoints(cluster: FakeCluster, service: Service): void {
	const {store} = cluster;
	const {metadata, spec} = service;
	const {selector} = spec;
	if (selector === undefined || metadata.namespace === undefined) return;
	const pods = store
		.list<Pod>('pods', metadata.namespace)
		.filter(
			pod =>
				isActive(pod) &&
				pod.status.podIP !== undefined &&
				matchesSelector({matchLabels: selector}, pod.metadata.labels),
		);
	const address = ({metadata: {namespace = '', name, uid}, spec: {nodeName}, status}: Pod) => ({
		ip: status.podIP ?? '',
		...(nodeName === undefined ? {} : {nodeName}),
		targetRef: {kind: 'Pod', namespace, name, uid},
	});
	const ready = pods.filter(isReady).map(address);
	const waiting = pods.filter(pod => !isReady(pod)).map(address);
	const ports = spec.ports.map(({name, port, protocol, targetPort}) => ({
		...(name === undefined ? {} : {name}),
		port: typeof targetPort === 'number' ? targetPort : port,
		protocol,
	}));
	const subset = {
		...(ready.length === 0 ? {} : {addresses: ready}),
		...(waiting.length === 0 ? {} : {notReadyAddresses: waiting}),
		ports,
	};
	const subsets = pods.length === 0 ? [] : [subset];
	const before = store.get<Endpoints>('endpoints', metadata.namespace, metadata.name);
	if (before !== undefined && equalJson(before.subsets ?? [], subsets)) return;
	const fresh = {
		apiVersion: 'v1',
		kind: 'Endpoints',
		metadata: cluster.newMetadata(metadata.name, {namespace: metadata.namespace}),
	};
	store.put<Endpoints>('endpoints', {...(before ?? fresh), subsets});
}
