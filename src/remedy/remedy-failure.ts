import {AuditError} from '../audit/audit-log.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import type {RemedyFailure} from './remedy-state.ts';

/** What to do about anything that was thrown. */
export function errorHint(error: unknown): string {
	if (isAdapterError(error) || error instanceof AuditError) return error.hint;
	return 'nobody expected this: report it with what you were doing';
}

export const toRemedyFailure = (error: unknown): RemedyFailure => ({
	kind: isAdapterError(error) ? error.kind : 'other',
	message: messageOf(error),
	hint: errorHint(error),
});
