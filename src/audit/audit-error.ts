import {isErrno} from '../files/errno.ts';
import {NotAFileError} from '../files/regular-file.ts';
import {LockHeldError} from '../state/lock-file.ts';

/** The audit log could not be written or read. `message` says why, `hint` what to do. */
export class AuditError extends Error {
	override readonly name = 'AuditError';
	readonly hint: string;

	constructor(message: string, hint: string, options?: {readonly cause?: unknown}) {
		super(message, options);
		this.hint = hint;
	}
}

/** What to do when the audit log in `dir` could not be written or read because of `error`. */
export function auditHint(error: unknown, dir: string): string {
	if (error instanceof LockHeldError) return error.hint;
	if (error instanceof NotAFileError) return 'check what it is, and move it away';
	if (isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')) return `free some space on the disk that holds ${dir}`;
	if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM')) {
		return `make ${dir} yours and writable, or set XDG_STATE_HOME`;
	}
	if (isErrno(error, 'EROFS')) {
		return `${dir} is on a disk that is mounted read-only: set XDG_STATE_HOME to one that is not`;
	}
	if (isErrno(error, 'ENOTDIR') || isErrno(error, 'EEXIST')) {
		return `${dir} must be a directory, but something else is in its place: move it away`;
	}
	return `check ${dir}, or set XDG_STATE_HOME to a writable directory`;
}
