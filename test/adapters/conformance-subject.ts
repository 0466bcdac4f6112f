import type {Context} from '../../src/contract/context.ts';
import type {Params} from '../../src/contract/param.ts';
import type {Row} from '../../src/contract/row.ts';
import type {System} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';

/** The situation in which one action has an effect, created on the real server by a separate client. */
export type ActionCase = {
	readonly params: Params;
	/** The rows that the action is meant for, among those its source reads. */
	readonly isTarget: (row: Row) => boolean;
	/** Changes what the plan is bound to: the session runs another statement, another client changes the limit. */
	changeServer(): Promise<void>;
	/** Whether the server shows the effect of the action. */
	isApplied(): Promise<boolean>;
	/** Restores the server. Called once, also after a failure. */
	cleanUp(): Promise<void>;
};

export type ConformanceSubject<Port> = {
	readonly system: System<Port>;
	/** The real server; the fault proxy is in front of it. */
	readonly server: {readonly host: string; readonly port: number};
	/** The endpoint of the target, when it is not `server`. */
	readonly targetEndpoint?: {readonly host: string; readonly port: number};
	/** The port that the server advertises to its clients: the fault proxy listens on it. Default: any free port. */
	readonly advertisedPort?: number;
	target(at: {readonly host: string; readonly port: number}): Target;
	/** Generates rows for every source while the source tests run; ids of `steady` rows must not change meanwhile. */
	generateLoad(): Promise<{readonly steady: (row: Row) => boolean; end(): Promise<void>}>;
	/** One for each action of the system, by its id. */
	readonly actionCases: Readonly<Record<string, () => Promise<ActionCase>>>;
	/** False skips the connection faults: they test the client, so one server per system is enough. */
	readonly testsConnectionFaults: boolean;
	/** True: the first read after a repaired connection succeeds. */
	readonly recoversOnNextRead?: true;
	/** The target's user has what `midwatch doctor --grants` prints, and nothing else: then it lacks nothing. */
	readonly hasLeastGrants?: true;
	/** The number of writes that the server has received from all clients, from its log or statistics. */
	countWrites(): Promise<number>;
};

/** Saves nothing: returns the path that an action would record. */
export const fakeSaveFile = async (name: string): Promise<string> => `/saved/${name}`;

/** A context without a deadline, unless a signal is given. */
export const testContext = (signal: AbortSignal = new AbortController().signal): Context => ({signal, now: Date.now});
