import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import type {AuditSink} from '../port/audit-sink.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import type {AuditRecord} from './audit-record.ts';
import {type ChainPosition, chainStart} from './chain.ts';
import {createDeliveryCursor, readLogEnd, readRecordsAfter} from './delivery-cursor.ts';
import {type IncludableField, toOutboundRecord} from './outbound-record.ts';

/** A sink as it is configured. */
export type ConfiguredSink = {
	readonly name: string;
	/** Where it goes, without a secret. */
	readonly destination: string;
	/** Nothing is done while it does not take the intent. */
	readonly required: boolean;
	readonly include: readonly IncludableField[];
	readonly sink: AuditSink;
};

export type SinkState = {
	readonly name: string;
	readonly destination: string;
	readonly required: boolean;
	/** Records that it has not taken. */
	readonly pendingRecords: number;
	/** Why the last try failed; undefined when it did not. */
	readonly failure: {readonly message: string; readonly hint: string} | undefined;
	/** The log does not go on from what was delivered: it was cut or rewritten. In a sentence; stays until the console ends. */
	readonly mismatch: string | undefined;
};

/** Brings the log to one sink: in its order, each record once or more. */
export type SinkSender = {
	readonly configured: ConfiguredSink;
	/** Tries to bring what waits. */
	start(): void;
	/** A record that was written here. */
	push(record: AuditRecord): void;
	/** Resolves when the sink has taken this record. @throws AdapterError */
	waitUntilSent(record: AuditRecord): Promise<void>;
	/** Tries once more to bring what waits. What is under way is given up when `signal` fires: a silent sink must not hold up the end. */
	close(signal: AbortSignal): Promise<void>;
};

/** For one batch: connecting included. */
const sendMs = 5000;
const batch = 100;
const retryMs = 1000;
const slowestMs = 30_000;

/** What is shown of a failed try. */
export const sinkFailure = (error: unknown): {readonly message: string; readonly hint: string} => ({
	message: messageOf(error),
	hint: isAdapterError(error) ? error.hint : 'Look at the state directory.',
});

export function createSinkSender(options: {
	readonly configured: ConfiguredSink;
	/** The directory of the log. */
	readonly dir: string;
	readonly stateDir: string;
	readonly clock: Clock;
	changed(state: SinkState): void;
}): SinkSender {
	const {configured, dir, stateDir, clock, changed} = options;
	const {name, destination: where, required, include, sink} = configured;
	const cursor = createDeliveryCursor(stateDir, name);
	let state: SinkState = {
		name,
		destination: where,
		required,
		pendingRecords: 0,
		failure: undefined,
		mismatch: undefined,
	};
	/** The oldest record that was written here and not delivered, and the newest that we know of. */
	let oldest: AuditRecord | undefined;
	let newest = 0;
	let taken = 0;
	let running: Promise<void> | undefined;
	let pauseMs = retryMs;
	let sending: AbortController | undefined;
	let callOff = () => {};
	let closed = false;

	function tell(part: Partial<SinkState>): void {
		const next = {...state, ...part, pendingRecords: Math.max(0, newest - taken)};
		if (JSON.stringify(next) === JSON.stringify(state)) return;
		state = next;
		changed(state);
	}

	/** Where a sink begins that has taken nothing yet: what was written before it was configured is not sent. */
	async function begin(): Promise<ChainPosition> {
		const place = oldest ? {seq: oldest.seq - 1, hash: oldest.prev} : ((await readLogEnd(dir)) ?? chainStart);
		await cursor.write(place, 'back');
		return place;
	}

	/** What comes after `place`, after a look whether the log still holds what was delivered there. */
	async function next(
		place: ChainPosition,
	): Promise<{readonly records: readonly AuditRecord[]; readonly isWhole: boolean}> {
		const found = await readRecordsAfter(dir, place.seq - 1, batch + 1);
		if (place.seq === 0 || found.some(({seq, hash}) => seq === place.seq && hash === place.hash)) {
			return {records: found.filter(({seq}) => seq > place.seq), isWhole: true};
		}
		tell({mismatch: `the log no longer holds record ${place.seq} as ${name} has it: it was cut or rewritten`});
		// From which record on it differs is not known here: its end is sent, with what was sent before.
		const end = oldest?.seq ?? (await readLogEnd(dir))?.seq ?? 0;
		return {records: await readRecordsAfter(dir, Math.max(0, end - batch), batch), isWhole: false};
	}

	async function run(): Promise<void> {
		let place = (await cursor.read()) ?? (await begin());
		// What an earlier console left waits too.
		if (newest === 0) newest = (await readLogEnd(dir))?.seq ?? 0;
		for (;;) {
			const {records, isWhole} = await next(place);
			const last = records.at(-1);
			taken = isWhole ? place.seq : (records[0]?.seq ?? 1) - 1;
			newest = isWhole ? Math.max(newest, last?.seq ?? place.seq) : (last?.seq ?? 0);
			if (last === undefined) break;
			tell({});
			const late = () =>
				new AdapterError(
					'timeout',
					`${where} did not take the record within ${sendMs / 1000} s`,
					'Look whether it answers.',
				);
			sending = new AbortController();
			await withDeadline({clock, timeoutMs: sendMs, createTimeoutError: late, signal: sending.signal}, signal =>
				sink.send(
					records.map(record => toOutboundRecord(record, include)),
					signal,
				),
			);
			place = {seq: last.seq, hash: last.hash};
			await cursor.write(place, isWhole ? undefined : 'back');
			taken = place.seq;
			if (oldest !== undefined && oldest.seq <= place.seq) oldest = undefined;
		}
		pauseMs = retryMs;
		tell({failure: undefined});
	}

	function bring(): Promise<void> {
		if (running !== undefined) return running;
		callOff();
		running = run()
			.catch((error: unknown) => {
				tell({failure: sinkFailure(error)});
				if (!closed) callOff = clock.after(pauseMs, () => void quietly());
				pauseMs = Math.min(pauseMs * 2, slowestMs);
				throw error;
			})
			.finally(() => {
				running = undefined;
			});
		return running;
	}

	/** A failure is shown in the state, and tried again. */
	const quietly = (): Promise<void> => bring().catch(() => {});

	return {
		configured,
		start: () => void quietly(),
		push(record) {
			oldest ??= record;
			newest = Math.max(newest, record.seq);
			tell({});
			// What fails is tried again in its own time: not with each record.
			if (state.failure === undefined) void quietly();
		},
		async waitUntilSent(record) {
			// One that was under way may have read the log before this record was in it.
			for (let attempt = 0; attempt < 3 && taken < record.seq; attempt += 1) await bring();
			if (taken < record.seq) {
				throw new AdapterError(
					'malformed',
					`record ${record.seq} is not in the log any more`,
					'Run midwatch audit verify.',
				);
			}
		},
		async close(signal) {
			closed = true;
			callOff();
			signal.addEventListener('abort', () => sending?.abort(signal.reason), {once: true});
			if (state.pendingRecords > 0 && state.failure === undefined) await quietly();
			await running?.catch(() => {});
			callOff();
			sink.close();
		},
	};
}
