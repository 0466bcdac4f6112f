import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import type {KafkaGroupName, KafkaPort} from '../../../src/port/kafka.ts';
import {compilePattern, loadPatterns, type Pattern} from '../../../src/text/pattern.ts';
import {problemNote} from './lag-notes.ts';

/** The permission without which the brokers leave groups out of their list, without an error. */
export const describeClusterPermission = 'Describe on the cluster';

const listIntervalMs = 10_000;

/** The watched groups of a cluster. */
export type GroupList = {
	readonly groups: ReadonlyMap<string, KafkaGroupName>;
	/** The brokers whose groups could not be listed, and a missing permission. */
	readonly notes: readonly Note[];
	/** Lists the groups when the last list is old. Returns whether it did. */
	refresh(context: Context): Promise<boolean>;
};

/** `pattern`: an RE2 expression that the names of watched groups match; all groups when undefined. */
export function createGroupList(port: KafkaPort, pattern: string | undefined): GroupList {
	let groups: ReadonlyMap<string, KafkaGroupName> = new Map();
	let notes: readonly Note[] = [];
	let listedAt = Number.NEGATIVE_INFINITY;
	return {
		get groups() {
			return groups;
		},
		get notes() {
			return notes;
		},
		async refresh(context) {
			if (context.now() - listedAt < listIntervalMs) return false;
			const {read, failed} = await port.groups(context);
			const watched = pattern === undefined ? undefined : await compileGroupPattern(pattern);
			const listed = new Map(
				read.filter(({group}) => watched?.matchesSomewhere(group) ?? true).map(name => [name.group, name] as const),
			);
			// The groups of a broker that did not respond may still exist.
			groups = failed.length === 0 ? listed : new Map([...groups, ...listed]);
			notes = failed.map(({of, problem, hint}) =>
				problemNote(`the groups of broker ${of} could not be listed`, {problem, hint}),
			);
			if (read.length === 0 && failed.length === 0) notes = await hiddenGroupNotes(port, context);
			listedAt = context.now();
			return true;
		},
	};
}

/** Compiles the setting `groups`. @throws AdapterError `unsupported` when the expression is not RE2. */
async function compileGroupPattern(groups: string): Promise<Pattern | undefined> {
	await loadPatterns();
	try {
		return compilePattern(groups);
	} catch (error) {
		const hint = 'Correct `groups` of this target in the configuration: it is an expression of RE2.';
		throw new AdapterError('unsupported', `/${groups}/ is not a regular expression: ${messageOf(error)}`, hint);
	}
}

/** A note when the list may be empty only because of a missing permission: brokers leave out groups that may not be described. */
async function hiddenGroupNotes(port: KafkaPort, context: Context): Promise<readonly Note[]> {
	const missing = (await port.permissions(context)).filter(
		({name, state}) => name === describeClusterPermission && state === 'lack',
	);
	return missing.map(({name, grant}) =>
		problemNote('the brokers list no group', {
			problem: `without ${name} they hide those that this user may not describe`,
			hint: `An administrator grants it with: ${grant}`,
		}),
	);
}
