import {AuditError} from '../audit/audit-error.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import type {RemedyFailure} from './remedy-state.ts';

/** What to do next about a thrown value. */
export function errorHint(error: unknown): string {
	if (isAdapterError(error) || error instanceof AuditError) return error.hint;
	return 'unexpected error: report it with the steps that led to it';
}

export const toRemedyFailure = (error: unknown): RemedyFailure => ({
	kind: isAdapterError(error) ? error.kind : 'other',
	message: messageOf(error),
	hint: errorHint(error),
});
