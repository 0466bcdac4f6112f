import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {AuditRecord} from './audit-record.ts';
import {type ConfiguredSink, createSinkSender, type SinkState, sinkFailure} from './sink-sender.ts';

/** A required sink that did not take a record in time. */
export type UndeliveredSink = {readonly name: string; readonly message: string; readonly hint: string};

/** Copies of the log on their way to all sinks. */
export type Delivery = {
	/** In the order of the configuration; empty without sinks. */
	readonly state: Store<readonly SinkState[]>;
	/** Begins with what was left from before. */
	start(): void;
	/** A record that was written here: it goes out in its turn. */
	push(record: AuditRecord): void;
	/** Resolves with those required sinks that have not taken the record, and all before it, within a few seconds. Never rejects. */
	undelivered(record: AuditRecord): Promise<readonly UndeliveredSink[]>;
	/** Waits at most a few seconds for what is under way. */
	close(): Promise<void>;
};

/** How long an action waits for its intent to be taken. */
const deliveryTimeoutMs = 5000;
const closeMs = 2000;

export function createDelivery(options: {
	readonly sinks: readonly ConfiguredSink[];
	readonly dir: string;
	readonly stateDir: string;
	readonly clock: Clock;
}): Delivery {
	const {sinks, clock} = options;
	const state = createStore<readonly SinkState[]>(
		sinks.map(({name, destination, required}) => ({
			name,
			destination,
			required,
			pendingRecords: 0,
			failure: undefined,
			mismatch: undefined,
		})),
	);
	const changed = (next: SinkState) => state.set(state.get().map(one => (one.name === next.name ? next : one)));
	const couriers = sinks.map(configured => createSinkSender({...options, configured, changed}));

	const within = <T>(ms: number, message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
		withDeadline(
			{
				clock,
				timeoutMs: ms,
				createTimeoutError: () => new AdapterError('timeout', message, 'Look whether it answers at all.'),
			},
			work,
		);

	return {
		state,
		start() {
			for (const courier of couriers) courier.start();
		},
		push(record) {
			for (const courier of couriers) courier.push(record);
		},
		async undelivered(record) {
			const required = couriers.filter(({configured}) => configured.required);
			const tried = await Promise.all(
				required.map(
					async ({
						configured: {name, destination: where},
						waitUntilSent: through,
					}): Promise<readonly UndeliveredSink[]> => {
						try {
							await within(deliveryTimeoutMs, `${where} has not taken it within ${deliveryTimeoutMs / 1000} s`, () =>
								through(record),
							);
							return [];
						} catch (error) {
							return [{name, ...sinkFailure(error)}];
						}
					},
				),
			);
			return tried.flat();
		},
		async close() {
			const all = (signal: AbortSignal) => Promise.all(couriers.map(courier => courier.close(signal)));
			await within(closeMs, 'not waited for any longer', all).catch(() => {});
		},
	};
}
