/** The result of one check of `midwatch doctor`: the lines to print, and its exit code (see exit-codes.ts). */
export type CheckResult = {readonly lines: readonly string[]; readonly code: 0 | 1 | 2};

/** Returns the higher exit code: what could not be read (2) may be worse than what was found (1). */
export const worstCode = (results: readonly CheckResult[]): CheckResult['code'] =>
	results.reduce<CheckResult['code']>((worst, {code}) => (code > worst ? code : worst), 0);
