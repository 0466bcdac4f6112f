import {z} from 'zod';
import type {PolicyFile} from '../policy/standing.ts';
import {ConfigError} from './config-error.ts';
import {mistakesOf, readDocument} from './document.ts';
import {readSafeFile} from './safe-file.ts';
import {strict} from './schema-parts.ts';

const names = (must: string) => z.array(z.string({error: must}).min(1, {error: must}), {error: must});
const count = z.int({error: 'must be a whole number, 0 or more'}).min(0, {error: 'must be a whole number, 0 or more'});

/** Each key can only tighten. */
export const policySchema = strict({
	readOnly: z
		.boolean({error: 'must be true or false'})
		.optional()
		.describe('`true`: nothing can be changed from this machine.'),
	guard: z
		.literal('all', {error: 'must be all'})
		.optional()
		.describe('`all`: targets declared `production: false` must be armed too.'),
	forbid: names('must be a list of actions, such as postgres.terminate or redis.*')
		.optional()
		.describe('Actions that cannot be done: `postgres.terminate`, or `redis.*` for all of a system.'),
	readOnlyTargets: names('must be a list of names of targets').optional().describe('Targets that cannot be armed.'),
	armMinutes: count.optional().describe('Minutes until an idle target is no longer armed; counts only below 10.'),
	leastDemand: z
		.enum(['type', 'type-count-reason'], {error: 'must be one of type, type-count-reason'})
		.optional()
		.describe('The least that is asked before any action.'),
	maxObjects: count.optional().describe('An action that touches more objects is refused.'),
});

/**
 * The policy of this machine's administrator. A policy that cannot be trusted or understood stops the start: it was written to be obeyed.
 * @returns undefined when there is none.
 * @throws ConfigError
 */
export async function loadPolicyFile(file: string): Promise<PolicyFile | undefined> {
	const text = await readSafeFile(file, {kind: 'trusted', owner: 'root'});
	return text === undefined ? undefined : readPolicy(file, text);
}

/** @throws ConfigError with one line a mistake. */
export function readPolicy(file: string, text: string): PolicyFile {
	const document = readDocument(file, text);
	const parsed = policySchema.safeParse(document.value);
	if (!parsed.success) throw new ConfigError(file, mistakesOf(document, parsed.error.issues));
	return parsed.data;
}
