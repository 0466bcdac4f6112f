import {test} from 'vitest';

/** Whether a missing server or tool is a failure. */
const required = process.env['MIDWATCH_REQUIRE'] === 'all';

/** Replaces tests whose server or tool this machine lacks: skipped with the reason, which the summary of a run lists, or failed. */
export function skipOrFail(what: string, reason: string): void {
	test(`has its ${what}`, context => {
		if (required) throw new Error(reason);
		// Not every machine has every server. CI must, so that nothing is skipped there.
		context.skip(reason);
	});
}
