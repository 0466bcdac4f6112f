import type {Finding} from './finding.ts';

/**
 * One kind of fault that a system reports. `type` is `<system>.<word>` and never changes. `actions` and `inspections` are the ids that
 * findings of this type may offer, the best first.
 */
export type FindingType<ActionId extends string = string, InspectionId extends string = string> = {
	readonly type: `${string}.${string}`;
	readonly actions: readonly ActionId[];
	readonly inspections: readonly InspectionId[];
};

/** Declares a finding type. Keeps the literal ids, so that `createFinding` accepts no others. */
export const defineFindingType = <const ActionId extends string, const InspectionId extends string>(
	type: FindingType<ActionId, InspectionId>,
): FindingType<ActionId, InspectionId> => type;

/** A finding of `type`. It offers all actions and inspections of its type unless `part` lists some of them. */
export const createFinding = <ActionId extends string, InspectionId extends string>(
	type: FindingType<ActionId, InspectionId>,
	part: Omit<Finding, 'type' | 'actions' | 'inspections'> & {
		readonly actions?: readonly NoInfer<ActionId>[];
		readonly inspections?: readonly NoInfer<InspectionId>[];
	},
): Finding => ({...type, ...part});
