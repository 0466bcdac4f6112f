import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import type {AuditSink} from '../port/audit-sink.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {createSingleflight} from '../time/singleflight.ts';
import type {AuditRecord} from './audit-record.ts';
import {type IncludableField, toOutboundRecord} from './outbound-record.ts';
import {createSinkLog} from './sink-log.ts';
import {createSinkProgress, type SinkState} from './sink-progress.ts';

/** A sink as it is configured. */
export type ConfiguredSink = {
	readonly name: string;
	/** Its endpoint, without secrets. */
	readonly destination: string;
	/** Nothing is sent to a target before this sink has accepted the intent. */
	readonly required: boolean;
	readonly include: readonly IncludableField[];
	readonly sink: AuditSink;
};

/** Sends the log to one sink: in order, each record at least once. */
export type SinkSender = {
	readonly configured: ConfiguredSink;
	/** Sends what is pending. */
	start(): void;
	/** Announces a record that this console wrote. */
	push(record: AuditRecord): void;
	/** Resolves when the sink has accepted this record. @throws AdapterError */
	waitUntilSent(record: AuditRecord): Promise<void>;
	/** Tries once more to send what is pending. Aborts the request in flight when `signal` fires: a silent sink must not delay the exit. */
	close(signal: AbortSignal): Promise<void>;
};

/** For one batch, connecting included. */
const sendTimeoutMs = 5000;
const minRetryMs = 1000;
const maxRetryMs = 30_000;

/** A failed attempt as it is shown. */
export const sinkFailure = (error: unknown): {readonly message: string; readonly hint: string} => ({
	message: messageOf(error),
	hint: isAdapterError(error) ? error.hint : 'Check the state directory.',
});

export function createSinkSender(options: {
	readonly configured: ConfiguredSink;
	/** The directory of the log. */
	readonly dir: string;
	readonly stateDir: string;
	readonly clock: Clock;
	onChange(state: SinkState): void;
}): SinkSender {
	const {configured, clock} = options;
	const progress = createSinkProgress(configured, options.onChange);
	const log = createSinkLog({...options, name: configured.name, progress});
	const batches = createBatchSender(configured, clock);
	const sending = createSingleflight<void>();
	let retryMs = minRetryMs;
	let cancelRetry = () => {};
	let closed = false;

	async function sendPending(): Promise<void> {
		let position = await log.start();
		for (;;) {
			const {records, isContinuous} = await log.readBatch(position);
			const last = records.at(-1);
			if (last === undefined) break;
			await batches.send(records);
			position = {seq: last.seq, hash: last.hash};
			await log.accept(position, isContinuous);
		}
		retryMs = minRetryMs;
		progress.update({failure: undefined});
	}

	async function sendOrRetryLater(): Promise<void> {
		cancelRetry();
		try {
			await sendPending();
		} catch (error) {
			progress.update({failure: sinkFailure(error)});
			if (!closed) cancelRetry = clock.after(retryMs, () => void sendQuietly());
			retryMs = Math.min(retryMs * 2, maxRetryMs);
			throw error;
		}
	}

	const send = (): Promise<void> => sending.run(sendOrRetryLater);

	/** A failure is in the state, and retried. */
	const sendQuietly = (): Promise<void> => send().catch(() => {});

	return {
		configured,
		start: () => void sendQuietly(),
		push(record) {
			progress.add(record);
			// A failing sink is retried after its delay, not with each record.
			if (progress.state().failure === undefined) void sendQuietly();
		},
		async waitUntilSent(record) {
			// A run in flight may have read the log before this record was in it.
			for (let attempt = 0; attempt < 3 && progress.accepted() < record.seq; attempt += 1) await send();
			if (progress.accepted() < record.seq) {
				throw missingRecordError(record);
			}
		},
		async close(signal) {
			closed = true;
			cancelRetry();
			signal.addEventListener('abort', () => batches.abort(signal.reason), {once: true});
			const {pendingRecords, failure} = progress.state();
			if (pendingRecords > 0 && failure === undefined) await sendQuietly();
			await sending.inFlight?.catch(() => {});
			cancelRetry();
			configured.sink.close();
		},
	};
}

const missingRecordError = ({seq}: AuditRecord): AdapterError =>
	new AdapterError('malformed', `record ${seq} is no longer in the log`, 'Run midwatch audit verify.');

/** Sends one batch at a time, with a timeout. */
function createBatchSender({destination, include, sink}: ConfiguredSink, clock: Clock) {
	const cancellation = new AbortController();
	const createTimeoutError = () =>
		new AdapterError(
			'timeout',
			`${destination} did not accept the record within ${sendTimeoutMs / 1000} s`,
			'Check whether it answers.',
		);
	return {
		/** Sends records and waits until the sink has accepted them. @throws AdapterError */
		async send(records: readonly AuditRecord[]): Promise<void> {
			const {signal: cancelled} = cancellation;
			await withDeadline({clock, timeoutMs: sendTimeoutMs, createTimeoutError, signal: cancelled}, signal =>
				sink.send(
					records.map(record => toOutboundRecord(record, include)),
					signal,
				),
			);
		},
		/** Aborts the batch in flight, and every later one. */
		abort: (reason: unknown) => cancellation.abort(reason),
	};
}
