import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {conflictError} from '../../../src/errors.ts';
import {factLine} from '../../../src/model/document-lines.ts';
import type {PodRow, Rollout} from '../../../src/model/kubernetes/pod.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ContainerSpec, ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {formatClockTime, formatDuration} from '../../../src/text/format.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {readEventLines} from './event-lines.ts';
import {podObjectRef, podRef} from './pod-ref.ts';

export const formatTimestamp = (text: string | undefined): string => {
	const when = parseTimestamp(text);
	return when === undefined ? '-' : `${new Date(when).toISOString().slice(0, 10)} ${formatClockTime(when)}`;
};

/** `revision 41 of 2026-11-21 13:58:00Z`. */
export const rolloutText = ({revision, at: began}: Rollout): string =>
	began === undefined
		? `revision ${revision}, which came back`
		: `revision ${revision} of ${formatTimestamp(new Date(began).toISOString())}`;

function stateText({state}: ContainerStatus, now: number): string {
	const {waiting, terminated, running} = state ?? {};
	if (waiting !== undefined) return [waiting.reason ?? 'waiting', waiting.message].filter(Boolean).join(': ');
	if (terminated !== undefined) return `ended ${terminated.reason ?? ''} ${terminated.exitCode ?? 0}`.trim();
	const since = parseTimestamp(running?.startedAt);
	return since === undefined ? 'unknown' : `running for ${formatDuration((now - since) / 1000)}`;
}

/** `requests cpu 100m; limits memory 512Mi`. */
export const resourceText = ({resources}: ContainerSpec): string =>
	(['requests', 'limits'] as const)
		.map(kind => {
			const amounts = Object.entries(resources?.[kind] ?? {}).map(([name, amount]) => `${name} ${amount}`);
			return `${kind} ${amounts.length === 0 ? 'none' : amounts.join(', ')}`;
		})
		.join('; ');

function containerLines(
	spec: ContainerSpec,
	status: ContainerStatus | undefined,
	now: number,
): readonly DocumentLine[] {
	const last = status?.lastState?.terminated;
	const isHealthy = status?.ready === true || status?.state?.terminated?.exitCode === 0;
	return [
		{text: ''},
		{text: `Container ${spec.name}`, loud: true},
		factLine('  image', spec.image ?? '-'),
		{
			...factLine('  state', status === undefined ? 'not started' : stateText(status, now)),
			...(isHealthy || status === undefined ? {} : {severity: 'warn' as const}),
		},
		...(last === undefined
			? []
			: [
					{
						...factLine(
							'  last end',
							`${last.reason ?? 'Error'}, exit code ${last.exitCode ?? 0}, ${formatTimestamp(last.finishedAt)}`,
						),
						severity: 'warn' as const,
					},
					...(last.message === undefined ? [] : [factLine('  last message', last.message.trim())]),
				]),
		factLine('  restarts', String(status?.restartCount ?? 0)),
		factLine('  resources', resourceText(spec)),
	];
}

/** Describes a pod, its containers and its events, read from the server when it opens. */
export const inspectPod = defineInspection<PodRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.describe-pod',
	title: 'Describe pod',
	key: 'd',
	kind: 'kubernetes.pod',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const object = await port.get(podObjectRef(podRef(row)), context);
		if (object.metadata.uid !== row.uid) throw conflictError(`${row.name} is another pod of the same name now`);
		const {metadata, spec, status} = object as unknown as PodObject;
		const now = context.now();
		const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
		const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
		const involved = [{kind: 'Pod', name: row.name, uid: row.uid}];
		return {
			title: `${row.namespace}/${row.name}`,
			cliEquivalent: [kubectlCommand(target, '-n', row.namespace, 'describe', 'pod', row.name)],
			lines: [
				...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
				factLine('Status', row.status),
				...(status?.message === undefined ? [] : [factLine('Message', status.message)]),
				factLine('Ready', `${row.ready} of ${row.containers} containers`),
				factLine(
					'Restarts',
					row.restarts === 0
						? '0'
						: `${row.restarts}, last ${formatTimestamp(new Date(row.restartedAt ?? 0).toISOString())}`,
				),
				factLine('Node', spec?.nodeName ?? 'none yet'),
				factLine('Address', status?.podIP ?? '-'),
				factLine(
					'Workload',
					row.workload === undefined ? 'none: nothing recreates it' : `${row.workload.kind} ${row.workload.name}`,
				),
				...(row.rollout === undefined ? [] : [factLine('Rollout', rolloutText(row.rollout))]),
				factLine('Class', status?.qosClass ?? '-'),
				factLine('Created', formatTimestamp(metadata.creationTimestamp)),
				...(metadata.deletionTimestamp === undefined
					? []
					: [factLine('Deletion deadline', formatTimestamp(metadata.deletionTimestamp))]),
				...((metadata.finalizers ?? []).length === 0
					? []
					: [factLine('Finalizers', (metadata.finalizers ?? []).join(', '))]),
				factLine('UID', metadata.uid),
				...containers.flatMap(each =>
					containerLines(
						each,
						statuses.find(({name}) => name === each.name),
						now,
					),
				),
				{text: ''},
				{text: 'Conditions', loud: true},
				...(status?.conditions ?? []).map(({type, status: is, reason, message}) => ({
					text: `  ${type.padEnd(28)}${is}  ${[reason, message].filter(Boolean).join(': ')}`,
					...(is === 'False' && type !== 'PodReadyToStartContainers' ? {severity: 'warn' as const} : {}),
				})),
				{text: ''},
				{text: 'Events', loud: true},
				...(await readEventLines(port, row.namespace, involved, context)),
			],
		};
	},
});
