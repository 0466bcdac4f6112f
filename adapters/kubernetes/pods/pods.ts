import {defineSource} from '../../../src/contract/define.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {createPodFindings} from '../../../src/model/kubernetes/pod-findings.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {slowNotes} from '../api/cached-reads.ts';
import {kubectlEverywhere} from '../api/cli-equivalent.ts';
import {createMissingNamespaces} from '../api/missing-namespaces.ts';
import {readPodRows} from '../objects/pod-rows.ts';

const podFindings = createPodFindings();

/** Pods as `kubectl get pods` shows them, each with what is behind its status. Read from what the watch has brought: no request of its own. */
export const pods = defineSource<PodRow, KubernetesPort>()({
	kind: 'kubernetes.pod',
	title: 'Pods',
	intervalMs: 1000,
	timeoutMs: 20_000,
	cost: 'cheap',
	reads: target => kubectlEverywhere(target, 'get', 'pods', '-o', 'wide'),
	open(port, target) {
		const {namespaces} = target.settings as KubernetesSettings;
		const missing = createMissingNamespaces(port, namespaces);
		return async context => {
			const {rows, notes: told, sample} = await readPodRows(port, target.name, context);
			const inhabited = new Set(rows.map(({namespace}) => namespace));
			const notes = [...slowNotes(port.latencyMs()), ...missing(inhabited, context.now), ...told];
			return {rows, gauges: [], omitted: 0, notes, ...(sample === undefined ? {} : {sample})};
		};
	},
	findings: ({rows}, _previous, {target}) => podFindings(rows, target),
});
