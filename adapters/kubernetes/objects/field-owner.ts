import type {Check} from '../../../src/contract/action.ts';
import type {ApiObject} from '../../../src/port/kubernetes.ts';
import {controllerOf} from './owner-index.ts';

type ToolSignature = {
	readonly tool: string;
	readonly mark: RegExp;
	readonly manager: RegExp;
	/** What it does about a change by hand. */
	readonly consequence: string;
};

/** By a label or an annotation that the tool writes, or by the name under which it owns fields. */
const toolSignatures: readonly ToolSignature[] = [
	{
		tool: 'Argo CD',
		mark: /^argocd\.argoproj\.io\/(tracking-id|instance)$/,
		manager: /^argocd-(application-)?controller$/,
		consequence: 'it may put this back',
	},
	{
		tool: 'Flux',
		mark: /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
		manager: /^(kustomize|helm)-controller$/,
		consequence: 'it may put this back',
	},
	{
		tool: 'Helm',
		mark: /^meta\.helm\.sh\/release-name$/,
		manager: /^helm$/,
		consequence: 'its release does not know of this, and the next upgrade may put it back',
	},
];

const nameOf = (value: string): string => (value.length <= 60 && value !== '' ? ` (${value.split(':')[0]})` : '');

const fieldOwnerLabel = 'who looks after it';

/** The tool, or the operator's own object, that thinks it owns this object, if one does. */
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
		detail: `${owner.kind} ${owner.name}, which made it and may put this back`,
	};
}
