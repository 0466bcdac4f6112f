import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {AuditRecord} from './audit-record.ts';
import {initialSinkState, type SinkState} from './sink-progress.ts';
import {type ConfiguredSink, createSinkSender, sinkFailure} from './sink-sender.ts';

/** A required sink that did not accept a record in time. */
export type UndeliveredSink = {readonly name: string; readonly message: string; readonly hint: string};

/** Sends copies of the log to all sinks. */
export type Delivery = {
	/** The state of each sink, in the order of the configuration; empty without sinks. */
	readonly state: Store<readonly SinkState[]>;
	/** Sends what an earlier console left. */
	start(): void;
	/** Announces a record that this console wrote; it is sent in order. */
	push(record: AuditRecord): void;
	/** Resolves with the required sinks that have not accepted the record and all before it within 5 s. Never rejects. */
	undelivered(record: AuditRecord): Promise<readonly UndeliveredSink[]>;
	/** Waits up to 2 s for the requests in flight. */
	close(): Promise<void>;
};

/** How long an action waits until its intent is accepted. */
const deliveryTimeoutMs = 5000;
const closeTimeoutMs = 2000;

export function createDelivery(options: {
	readonly sinks: readonly ConfiguredSink[];
	readonly dir: string;
	readonly stateDir: string;
	readonly clock: Clock;
}): Delivery {
	const {sinks, clock} = options;
	const state = createStore<readonly SinkState[]>(sinks.map(initialSinkState));
	const onChange = (next: SinkState) => state.set(state.get().map(sink => (sink.name === next.name ? next : sink)));
	const senders = sinks.map(configured => createSinkSender({...options, configured, onChange}));

	const within = <T>(timeoutMs: number, message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
		withDeadline(
			{
				clock,
				timeoutMs,
				createTimeoutError: () => new AdapterError('timeout', message, 'Check whether it answers.'),
			},
			work,
		);

	return {
		state,
		start() {
			for (const sender of senders) sender.start();
		},
		push(record) {
			for (const sender of senders) sender.push(record);
		},
		async undelivered(record) {
			const required = senders.filter(({configured}) => configured.required);
			const results = await Promise.all(
				required.map(async ({configured: {name, destination}, waitUntilSent}): Promise<readonly UndeliveredSink[]> => {
					const seconds = deliveryTimeoutMs / 1000;
					try {
						await within(deliveryTimeoutMs, `${destination} has not accepted it within ${seconds} s`, () =>
							waitUntilSent(record),
						);
						return [];
					} catch (error) {
						return [{name, ...sinkFailure(error)}];
					}
				}),
			);
			return results.flat();
		},
		async close() {
			const all = (signal: AbortSignal) => Promise.all(senders.map(sender => sender.close(signal)));
			await within(closeTimeoutMs, 'the console was closed', all).catch(() => {});
		},
	};
}
