import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {formatDuration} from '../../../src/text/format.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {type Owner, readOwnerChain} from '../objects/owner-chain.ts';
import {rowObject} from '../objects/row-object.ts';
import type {WorkloadKind, WorkloadRef} from '../objects/workload-ref.ts';
import {readOwnerTree} from './owner-tree.ts';
import {readRevisions} from './revisions.ts';

/** Kinds that keep earlier revisions of their template. */
const revisionedKinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

const refOf = ({kind, name, uid}: Owner, namespace: string): WorkloadRef | undefined => {
	const known = revisionedKinds.find(each => each === kind);
	return known === undefined ? undefined : {kind: known, namespace, name, uid};
};

/** The topmost owner, everything below it down to its pods, and the revisions that it can be rolled back to. */
export const inspectOwners = defineInspection<PodRow | PodUsageRow | WorkloadRow, KubernetesPort, KubernetesSettings>()(
	{
		id: 'kubernetes.owners',
		title: 'Owners, children and revisions',
		key: 'w',
		kind: 'kubernetes.pod',
		also: ['kubernetes.workload', 'kubernetes.pod-usage'],
		risk: 'none',
		async open(row, {port, target, ...context}) {
			const {ref: own, kind, namespaceOption, slashed, title} = rowObject(row);
			const object = await port.get(own, context);
			const owners = (await readOwnerChain(port, object.metadata, context)).toReversed();
			const self: Owner = {kind, name: row.name, uid: row.uid, object, readError: undefined};
			const chain = [...owners, self];
			const lines: DocumentLine[] = [];
			if (owners.length === 0 && row.kind !== 'kubernetes.workload') {
				lines.push({text: 'No workload owns this pod: it will not come back.', severity: 'warn'}, {text: ''});
			}
			lines.push(...(await readOwnerTree(port, {target: target.name, namespace: row.namespace, chain}, context)));
			const [top = self] = chain;
			const fieldOwner = top.object === undefined ? undefined : fieldOwnerCheck(top.object);
			if (fieldOwner !== undefined) lines.push({text: ''}, {text: fieldOwner.detail, severity: 'warn'});
			const workload = chain.find(each => each.object !== undefined && refOf(each, row.namespace) !== undefined);
			const ref = workload && refOf(workload, row.namespace);
			if (ref !== undefined && workload?.object !== undefined) {
				const revisions = await readRevisions(port, ref, workload.object, context);
				lines.push({text: ''}, {text: 'Revisions, newest first', loud: true});
				for (const {revision, at, changeCause, name} of revisions) {
					const age = at === undefined ? '' : `, made ${formatDuration((context.now() - at) / 1000)} ago`;
					lines.push({text: `  ${revision}  ${name}${age}${changeCause === undefined ? '' : `  ${changeCause}`}`});
				}
			}
			const named = top === self ? slashed : `${top.kind.toLowerCase()}/${top.name}`;
			return {
				title: `Owners and children of ${title}`,
				cliEquivalent: [
					kubectlCommand(target, ...namespaceOption, 'get', named, '-o', 'wide'),
					...(ref === undefined
						? []
						: [
								kubectlCommand(
									target,
									...namespaceOption,
									'rollout',
									'history',
									`${ref.kind.toLowerCase()}/${ref.name}`,
								),
							]),
				],
				lines,
			};
		},
	},
);
