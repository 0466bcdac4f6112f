import type {Context} from '../contract/context.ts';
import type {Permission} from '../contract/system.ts';

/** What is granted is seldom taken back, and a refusal says so at once. */
const haveMs = 10 * 60_000;
/** Somebody may be granting it. */
const lackMs = 60_000;

/** The permissions that a server reported, cached for one connection and one user. For the screen only: an action asks for itself. */
export type PermissionCache = {
	/** @throws what asking throws. */
	read(context: Context): Promise<readonly Permission[]>;
	/** The server refused what needs this permission: unless that was known, all of them are asked for again. */
	refused(name: string): void;
};

/** `connection` changes when the connection is another one. */
export function createPermissionCache(
	ask: (context: Context) => Promise<readonly Permission[]>,
	connection: () => number,
): PermissionCache {
	let known: {readonly at: number; readonly connection: number; readonly answer: readonly Permission[]} | undefined;
	/** Sources that are read at the same moment share one question. */
	let asking: Promise<readonly Permission[]> | undefined;
	return {
		async read(context) {
			if (asking !== undefined) {
				const shared = await asking.catch(() => undefined);
				if (shared !== undefined) return shared;
			}
			const now = context.now();
			if (known !== undefined && known.connection === connection()) {
				const age = now - known.at;
				if (age >= 0 && age < (known.answer.every(({state}) => state === 'have') ? haveMs : lackMs))
					return known.answer;
			}
			const question = ask(context);
			asking = question;
			try {
				const answer = await question;
				known = {at: now, connection: connection(), answer};
				return answer;
			} finally {
				if (asking === question) asking = undefined;
			}
		},
		refused(name) {
			if (known?.answer.some(one => one.name === name && one.state === 'have')) known = undefined;
		},
	};
}
