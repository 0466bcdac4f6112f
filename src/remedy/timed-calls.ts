import type {Audit} from '../audit/audit-log.ts';
import type {ActionContext} from '../contract/action.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {errorHint} from './remedy-failure.ts';
import type {LiveConnection, RunContext} from './run-context.ts';

/** How long, and what took so long when it did. */
export type CallLimit = {readonly ms: number; readonly what: string};

/** Calls to an action, each on the live connection and each with an end. */
export type TimedCalls = {
	/** A read. Given up when the remedy ends. @throws AdapterError `timeout` when it is late. */
	read<T>(job: RunContext, late: CallLimit, call: (context: ActionContext<unknown>) => Promise<T>): Promise<T>;
	/** The live connection, before anything is sent on it. @throws AdapterError */
	connect(job: RunContext): Promise<LiveConnection>;
	/** Sends, on a connection that stands, and is never given up before it is late. @throws AdapterError `timeout` when it is late. */
	send<T>(
		job: RunContext,
		connection: LiveConnection,
		late: CallLimit,
		call: (context: ActionContext<unknown>) => Promise<T>,
	): Promise<T>;
};

const connectMs = 5000;

export function createTimedCalls(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'saveFile'>;
	resolve(target: string): Promise<LiveConnection>;
}): TimedCalls {
	const {clock, audit, resolve} = options;

	const within = <T>(
		{ms, what}: CallLimit,
		signal: AbortSignal | undefined,
		work: (signal: AbortSignal) => Promise<T>,
	): Promise<T> => {
		const late = () =>
			new AdapterError('timeout', `${what} took longer than ${ms / 1000} s`, 'look whether the target answers at all');
		return withDeadline({clock, timeoutMs: ms, createTimeoutError: late, signal}, work);
	};

	const contextOf = (job: RunContext, {port, target}: LiveConnection, signal: AbortSignal): ActionContext<unknown> => ({
		signal,
		now: clock.now,
		port,
		target,
		record: job.id,
		async saveFile(name, text) {
			try {
				return await audit.saveFile(job.id, name, text);
			} catch (error) {
				throw new AdapterError('denied', messageOf(error), errorHint(error), {cause: error});
			}
		},
	});

	return {
		async read(job, late, call) {
			job.reads.signal.throwIfAborted();
			return within(late, job.reads.signal, async signal => {
				const connection = await resolve(job.target);
				job.who = connection.who ?? job.who;
				job.server = connection.server ?? job.server;
				signal.throwIfAborted();
				return call(contextOf(job, connection, signal));
			});
		},
		connect: job => within({ms: connectMs, what: 'connecting'}, undefined, () => resolve(job.target)),
		send: (job, connection, late, call) => within(late, undefined, signal => call(contextOf(job, connection, signal))),
	};
}
