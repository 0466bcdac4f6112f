/** Returns true for a system error with this code: `ENOENT`. */
export const isErrno = (error: unknown, code: string): boolean =>
	error instanceof Error && 'code' in error && error.code === code;
