import {canonicalJson, sha256} from '../audit/audit-record.ts';
import type {Preview} from '../contract/action.ts';

/** What a confirmation is bound to. */
export const hashPlan = (action: string, target: string, plan: unknown): string =>
	sha256(canonicalJson({action, target, plan}));

/**
 * The preview with its plan as it would come back from JSON, and frozen to the bottom: what is confirmed is what is run.
 * @throws TypeError when the plan holds what JSON cannot carry.
 */
export const freezePreview = (preview: Preview): Preview =>
	deepFreeze({...preview, plan: JSON.parse(canonicalJson(preview.plan)) as unknown});

function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const member of Object.values(value)) deepFreeze(member);
	}
	return value;
}
