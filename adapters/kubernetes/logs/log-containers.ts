import type {Context} from '../../../src/contract/context.ts';
import type {Line} from '../../../src/contract/document.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {besides} from '../api/cached-reads.ts';
import {type Above, aboveOf, workloadOf} from '../objects/owner-index.ts';

/** One container of one pod, and no other pod of the same name. */
export type LogPart = {
	readonly uid: string;
	readonly namespace: string;
	readonly pod: string;
	readonly container: string;
	/** Short, for the eye: `api-x2k4p/main`. */
	readonly name: string;
};

/** Rows that have logs. */
export type LogRow = PodRow | PodUsageRow | WorkloadRow;

export const partKey = ({uid, container}: LogPart): string => `${uid}/${container}`;

/** Streams at once: more than can be read, and not yet a burden to the API server. */
export const mostParts = 100;

/** The pods that rows are about as they are now: of a pod its own, of a workload all that it has. */
export async function podsOfRows(
	port: KubernetesPort,
	rows: readonly LogRow[],
	context: Context,
): Promise<readonly PodObject[]> {
	const {objects} = await port.watched('pods', context);
	const own = new Set(rows.filter(row => !('kind' in row)).map(row => row.id));
	const workloads = rows.filter(row => 'kind' in row);
	const chosen = [...objects.values()].filter(({metadata}) => own.has(metadata.uid));
	if (workloads.length === 0) return chosen;
	const [sets, jobs] = await Promise.all([
		besides(port, 'replicasets', '', context),
		besides(port, 'jobs', '', context),
	]);
	const above = aboveOf({replicaSets: sets.objects, jobs: jobs.objects});
	return [...chosen, ...podsOfWorkloads(objects.values(), workloads, above)];
}

function podsOfWorkloads(
	pods: Iterable<PodObject>,
	workloads: readonly WorkloadRow[],
	above: Above,
): readonly PodObject[] {
	const uids = new Set(workloads.map(({uid}) => uid));
	const namespaces = new Set(workloads.map(({namespace}) => namespace));
	return [...pods].filter(
		({metadata}) => namespaces.has(metadata.namespace) && uids.has(workloadOf(metadata, above).workload?.uid ?? ''),
	);
}

/** All statuses of a pod's containers, by name. */
export const statusesOf = ({status}: PodObject): ReadonlyMap<string, ContainerStatus> =>
	new Map(
		[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(each => [each.name, each]),
	);

/** `api-7f9c6d-x2k4p` is `api-x2k4p`: the hash of its template says nothing to the eye. */
function podName({name, labels}: PodObject['metadata']): string {
	const hash = labels?.['pod-template-hash'];
	return hash === undefined ? name : name.replace(`-${hash}-`, '-');
}

/** What there is to read of these pods; `alone` when there is and will be only one. Of several, init containers that ended well are left out: their work is done. */
export function partsOf(pods: readonly PodObject[], alone: boolean): readonly LogPart[] {
	return pods.flatMap(pod => {
		const {metadata, spec} = pod;
		const statuses = statusesOf(pod);
		const containers = (spec?.containers ?? []).map(({name}) => name);
		const inits = (spec?.initContainers ?? [])
			.map(({name}) => name)
			.filter(name => alone || statuses.get(name)?.state?.terminated?.exitCode !== 0);
		const all = [...containers, ...inits];
		return all.map(container => ({
			uid: metadata.uid,
			namespace: metadata.namespace,
			pod: metadata.name,
			container,
			name: alone ? container : all.length === 1 ? podName(metadata) : `${podName(metadata)}/${container}`,
		}));
	});
}

/** A number from a name: its colour is the same whenever it is opened. */
const hueOf = (name: string): number =>
	[...name].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0), 7) % 1009;

export type Leads = {of(part: LogPart): NonNullable<Line['lead']>};

const widestLead = 28;

/** The names before the lines, as wide as the widest that there was so far. */
export function createLeads(parts: readonly LogPart[]): Leads {
	let cells = Math.min(widestLead, Math.max(0, ...parts.map(({name}) => name.length)));
	const known = new Map<string, NonNullable<Line['lead']>>();
	return {
		of(part) {
			const key = partKey(part);
			const before = known.get(key);
			if (before !== undefined && before.text.length >= cells) return before;
			cells = Math.max(cells, Math.min(widestLead, part.name.length));
			const text =
				part.name.length <= widestLead
					? part.name.padEnd(cells)
					: `…${part.name.slice(part.name.length - widestLead + 1)}`;
			const made = {text, hue: hueOf(part.name)};
			known.set(key, made);
			return made;
		},
	};
}
