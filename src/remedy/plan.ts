import {canonicalJson, sha256} from '../audit/audit-record.ts';
import type {Preview} from '../contract/action.ts';

/** SHA-256 over action, target and plan. A confirmation is bound to it. */
export const hashPlan = (action: string, target: string, plan: unknown): string =>
	sha256(canonicalJson({action, target, plan}));

/**
 * A deep-frozen copy of the preview whose plan went through JSON: what is confirmed is what runs.
 * @throws TypeError when the plan holds a value that JSON cannot represent
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
