import type {Check} from '../../../src/contract/action.ts';
import type {ApiObject} from '../../../src/port/kubernetes.ts';
import {controllerOf} from './owner-index.ts';

type ToolSignature = {
	readonly tool: string;
	readonly mark: RegExp;
	readonly manager: RegExp;
	/** What it does about a manual change. */
	readonly consequence: string;
};

/** Each tool is recognised by a label or annotation that it writes, or by its name in `metadata.managedFields`. */
const toolSignatures: readonly ToolSignature[] = [
	{
		tool: 'Argo CD',
		mark: /^argocd\.argoproj\.io\/(tracking-id|instance)$/,
		manager: /^argocd-(application-)?controller$/,
		consequence: 'it may revert this change',
	},
	{
		tool: 'Flux',
		mark: /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
		manager: /^(kustomize|helm)-controller$/,
		consequence: 'it may revert this change',
	},
	{
		tool: 'Helm',
		mark: /^meta\.helm\.sh\/release-name$/,
		manager: /^helm$/,
		consequence: 'its release does not include this change, and the next upgrade may revert it',
	},
];

const nameOf = (value: string): string => (value.length <= 60 && value !== '' ? ` (${value.split(':')[0]})` : '');

const fieldOwnerLabel = 'managed by';

/** Returns a warning when a GitOps tool or a controller (an operator's custom resource) owns this object; undefined otherwise. */
export function fieldOwnerCheck({metadata}: ApiObject): Check | undefined {
	const marks = Object.entries({...metadata.labels, ...metadata.annotations});
	for (const {tool, mark, manager, consequence} of toolSignatures) {
		const found = marks.find(([name]) => mark.test(name));
		if (found === undefined && !metadata.managedFields?.some(entry => manager.test(entry.manager ?? ''))) continue;
		const name = found === undefined ? '' : nameOf(found[1]);
		return {label: fieldOwnerLabel, result: 'warn', detail: `${tool}${name}: ${consequence}`};
	}
	const owner = controllerOf(metadata);
	if (owner === undefined) return undefined;
	return {
		label: fieldOwnerLabel,
		result: 'warn',
		detail: `${owner.kind} ${owner.name}, which created it and may revert this change`,
	};
}
