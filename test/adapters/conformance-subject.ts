import type {Context} from '../../src/contract/context.ts';
import type {Params} from '../../src/contract/param.ts';
import type {Row} from '../../src/contract/row.ts';
import type {System} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';

/** What must be there for one action to have something to do, made on the real server by its own client. */
export type ActionCase = {
	readonly params: Params;
	/** The rows that the action is meant for, among those its source reads. */
	readonly isTarget: (row: Row) => boolean;
	/** Changes what the plan is bound to, by hand: the session goes on to another statement, the limit is changed by someone else. */
	changeServer(): Promise<void>;
	/** Whether the server shows the effect of the action. */
	isApplied(): Promise<boolean>;
	/** Puts everything back. Called once, whatever happened. */
	cleanUp(): Promise<void>;
};

export type ConformanceSubject<Port> = {
	readonly system: System<Port>;
	/** Of the real server; faults are put in front of it. */
	readonly server: {readonly host: string; readonly port: number};
	/** Where the target of `server` leads, when that is not where the faults are put in front of. */
	readonly targetEndpoint?: {readonly host: string; readonly port: number};
	/** The port that the server tells its clients to come back to: the proxy with the faults has to have it. Any, when absent. */
	readonly advertisedPort?: number;
	target(at: {readonly host: string; readonly port: number}): Target;
	/** Something for every source to see, while all tests of the sources run; ids of `steady` rows may not change meanwhile. */
	generateLoad(): Promise<{readonly steady: (row: Row) => boolean; end(): Promise<void>}>;
	/** One for each action of the system, by its id. */
	readonly actionCases: Readonly<Record<string, () => Promise<ActionCase>>>;
	/** False leaves out the bad links: they are the client's doing, so that one server of a system is enough. */
	readonly testsConnectionFaults: boolean;
	/** True: the very next read after a link has healed is a good one. */
	readonly recoversOnNextRead?: true;
	/** The target's user has what `midwatch doctor --grants` prints, and nothing else: then it lacks nothing. */
	readonly hasLeastGrants?: true;
	/** How many writes the server has ever been sent by anyone, from its own log or statistics. */
	countWrites(): Promise<number>;
};

/** Where a test keeps what an action writes before it sends: nowhere. */
export const fakeSaveFile = async (name: string): Promise<string> => `/kept/${name}`;

/** Without a limit of time, unless a signal is given. */
export const testContext = (signal: AbortSignal = new AbortController().signal): Context => ({signal, now: Date.now});
