import {AuditError} from '../audit/audit-log.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import type {Trouble} from './remedy-state.ts';

/** What to do about anything that was thrown. */
export function hintOf(error: unknown): string {
	if (isAdapterError(error) || error instanceof AuditError) return error.hint;
	return 'nobody expected this: report it with what you were doing';
}

export const troubleOf = (error: unknown): Trouble => ({
	kind: isAdapterError(error) ? error.kind : 'other',
	message: messageOf(error),
	hint: hintOf(error),
});
