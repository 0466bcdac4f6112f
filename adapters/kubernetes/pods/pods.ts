import {defineSource} from '../../../src/contract/define.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {createPodFindings} from '../../../src/model/kubernetes/pod-findings.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {latencyNotes} from '../api/cached-reads.ts';
import {kubectlCommandPerNamespace} from '../api/cli-equivalent.ts';
import {createMissingNamespaceNotes} from '../api/missing-namespaces.ts';
import {readPodRows} from '../objects/pod-rows.ts';

const podFindings = createPodFindings();

/** Pods as `kubectl get pods` shows them, each with the cause of its status. Read from the watch cache: sends no request of its own. */
export const podsSource = defineSource<PodRow, KubernetesPort, KubernetesSettings>()({
	kind: 'kubernetes.pod',
	title: 'Pods',
	intervalMs: 1000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => kubectlCommandPerNamespace(target, 'get', 'pods', '-o', 'wide'),
	open(port, target) {
		const {namespaces} = target.settings;
		const missingNotes = createMissingNamespaceNotes(port, namespaces);
		return async context => {
			const {rows, notes: readNotes, sample} = await readPodRows(port, target.name, context);
			const inhabited = new Set(rows.map(({namespace}) => namespace));
			const notes = [...latencyNotes(port.latencyMs()), ...missingNotes(inhabited, context.now), ...readNotes];
			return {rows, gauges: [], omitted: 0, notes, ...(sample === undefined ? {} : {sample})};
		};
	},
	findings: ({rows}, _previous, {target}) => podFindings(rows, target),
});
