import {test} from 'vitest';

/** With MIDWATCH_REQUIRE=all nothing may be missing. */
const required = process.env['MIDWATCH_REQUIRE'] === 'all';

/** Stands where tests would, whose server or tool this machine lacks: skipped with the reason, which the end of a run lists, or failed. */
export function skipOrFail(what: string, reason: string): void {
	test(`has its ${what}`, context => {
		if (required) throw new Error(reason);
		// A person's machine has not every server; CI has to, so that nothing is skipped where it counts.
		context.skip(reason);
	});
}
