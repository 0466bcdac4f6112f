import {defineSource} from '../../src/define.ts';
import {type PodRow, podRow} from '../../src/model/pod.ts';
import {podFindings} from '../../src/model/pod-findings.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {kubectlEverywhere} from './by-hand.ts';
import {aboveOf} from './owners.ts';
import {glimpsedFacts, podFacts, warningsByUid} from './pod-facts.ts';
import {besides, staleNotes} from './watching.ts';

/** Pods as `kubectl get pods` shows them, each with what is behind its status. Read from what the watch has brought: no request of its own. */
export const pods = defineSource<PodRow, KubernetesPort>()({
	kind: 'kubernetes.pod',
	title: 'Pods',
	intervalMs: 1000,
	timeoutMs: 20_000,
	cost: 'cheap',
	reads: target => kubectlEverywhere(target, 'get', 'pods', '-o', 'wide'),
	open: (port, target) => async context => {
		const [watched, sets, deployments, statefulSets, events] = await Promise.all([
			port.watched('pods', context),
			besides(port, 'replicasets', 'which rollout a pod came with is not known', context),
			besides(port, 'deployments', 'whether a rollout is paused is not known', context),
			besides(port, 'statefulsets', 'how many pods a stateful set is to have is not known', context),
			besides(port, 'events', 'causes that only events tell are not shown', context),
		]);
		const above = aboveOf(sets.objects, deployments.objects, statefulSets.objects);
		const warnings = warningsByUid(events.objects.values());
		const now = context.now();
		const glimpses = watched.complete ? [] : (watched.glimpse ?? []);
		const rows = [...watched.objects.values()].map(pod =>
			podRow(target.name, podFacts(pod, above, warnings.get(pod.metadata.uid) ?? []), now),
		);
		for (const glimpse of glimpses) {
			if (!watched.objects.has(glimpse.metadata.uid))
				rows.push(podRow(target.name, glimpsedFacts(glimpse, above), now));
		}
		return {
			rows,
			gauges: [],
			omitted: 0,
			notes: [
				...staleNotes('pods', watched),
				...sets.notes,
				...deployments.notes,
				...statefulSets.notes,
				...events.notes,
			],
			...(watched.complete ? {} : {sample: `causes of ${watched.objects.size} of ${rows.length} pods read so far`}),
		};
	},
	findings: ({rows}, _previous, {target}) => podFindings(rows, target),
});
