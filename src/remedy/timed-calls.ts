import type {Audit} from '../audit/audit-log.ts';
import type {ActionContext} from '../contract/action.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {errorHint} from './remedy-failure.ts';
import type {LiveConnection, RunContext} from './run-context.ts';

/** The timeout of a call, and its name in the error: `<what> took longer than 5 s`. */
export type CallLimit = {readonly timeoutMs: number; readonly what: string};

/** Calls the functions of an action on the open connection of its target, each with a timeout. */
export type TimedCalls = {
	/** Calls a function that only reads. Cancelled when the remedy ends. @throws AdapterError `timeout` */
	read<T>(run: RunContext, limit: CallLimit, call: (context: ActionContext<unknown>) => Promise<T>): Promise<T>;
	/** The open connection, before anything is sent on it. @throws AdapterError */
	connect(run: RunContext): Promise<LiveConnection>;
	/** Calls a function that sends, on an open connection. Not cancelled before its timeout. @throws AdapterError `timeout` */
	send<T>(
		run: RunContext,
		connection: LiveConnection,
		limit: CallLimit,
		call: (context: ActionContext<unknown>) => Promise<T>,
	): Promise<T>;
};

const connectTimeoutMs = 5000;

export function createTimedCalls(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'saveFile'>;
	resolve(target: string): Promise<LiveConnection>;
}): TimedCalls {
	const {clock, audit, resolve} = options;

	const within = <T>(
		{timeoutMs, what}: CallLimit,
		signal: AbortSignal | undefined,
		work: (signal: AbortSignal) => Promise<T>,
	): Promise<T> => {
		const createTimeoutError = () =>
			new AdapterError('timeout', `${what} took longer than ${timeoutMs / 1000} s`, 'check whether the target answers');
		return withDeadline({clock, timeoutMs, createTimeoutError, signal}, work);
	};

	const contextOf = (run: RunContext, {port, target}: LiveConnection, signal: AbortSignal): ActionContext<unknown> => ({
		signal,
		now: clock.now,
		port,
		target,
		record: run.id,
		async saveFile(name, text) {
			try {
				return await audit.saveFile(run.id, name, text);
			} catch (error) {
				throw new AdapterError('denied', messageOf(error), errorHint(error), {cause: error});
			}
		},
	});

	return {
		async read(run, limit, call) {
			run.reads.signal.throwIfAborted();
			return within(limit, run.reads.signal, async signal => {
				const connection = await resolve(run.target);
				run.targetUser = connection.targetUser ?? run.targetUser;
				run.server = connection.server ?? run.server;
				signal.throwIfAborted();
				return call(contextOf(run, connection, signal));
			});
		},
		connect: run => within({timeoutMs: connectTimeoutMs, what: 'connecting'}, undefined, () => resolve(run.target)),
		send: (run, connection, limit, call) =>
			within(limit, undefined, signal => call(contextOf(run, connection, signal))),
	};
}
