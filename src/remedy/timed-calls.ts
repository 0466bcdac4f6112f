import type {Audit} from '../audit/audit-log.ts';
import type {ActionContext} from '../contract/action.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {bounded} from '../time/deadline.ts';
import {hintOf} from './remedy-failure.ts';
import type {Job, Resolved} from './run-context.ts';

/** How long, and what took so long when it did. */
export type Late = {readonly ms: number; readonly what: string};

/** Calls to an action, each on the live connection and each with an end. */
export type Asking = {
	/** A read. Given up when the remedy ends. @throws AdapterError `timeout` when it is late. */
	ask<T>(job: Job, late: Late, call: (context: ActionContext<unknown>) => Promise<T>): Promise<T>;
	/** The live connection, before anything is sent on it. @throws AdapterError */
	connect(job: Job): Promise<Resolved>;
	/** Sends, on a connection that stands, and is never given up before it is late. @throws AdapterError `timeout` when it is late. */
	send<T>(
		job: Job,
		connection: Resolved,
		late: Late,
		call: (context: ActionContext<unknown>) => Promise<T>,
	): Promise<T>;
};

const connectMs = 5000;

export function createAsking(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'keep'>;
	resolve(target: string): Promise<Resolved>;
}): Asking {
	const {clock, audit, resolve} = options;

	const within = <T>(
		{ms, what}: Late,
		controller: AbortController,
		work: (signal: AbortSignal) => Promise<T>,
	): Promise<T> => {
		const late = () =>
			new AdapterError('timeout', `${what} took longer than ${ms / 1000} s`, 'look whether the target answers at all');
		return bounded({clock, ms, late, controller}, work);
	};

	const contextOf = (job: Job, {port, target}: Resolved, signal: AbortSignal): ActionContext<unknown> => ({
		signal,
		now: clock.now,
		port,
		target,
		record: job.id,
		async keep(name, text) {
			try {
				return await audit.keep(job.id, name, text);
			} catch (error) {
				throw new AdapterError('denied', messageOf(error), hintOf(error), {cause: error});
			}
		},
	});

	return {
		async ask(job, late, call) {
			// Its own controller, so that one read that is late does not give up the others.
			const controller = new AbortController();
			const {signal: over} = job.reads;
			const giveUp = () => controller.abort(over.reason);
			over.throwIfAborted();
			over.addEventListener('abort', giveUp, {once: true});
			try {
				return await within(late, controller, async signal => {
					const connection = await resolve(job.target);
					job.who = connection.who ?? job.who;
					job.server = connection.server ?? job.server;
					signal.throwIfAborted();
					return call(contextOf(job, connection, signal));
				});
			} finally {
				over.removeEventListener('abort', giveUp);
			}
		},
		connect: job => within({ms: connectMs, what: 'connecting'}, new AbortController(), () => resolve(job.target)),
		send: (job, connection, late, call) =>
			within(late, new AbortController(), signal => call(contextOf(job, connection, signal))),
	};
}
