import type {AuditRecord} from './audit-record.ts';

/** How far one sink has accepted the log, as it is shown. */
export type SinkState = {
	readonly name: string;
	readonly destination: string;
	readonly required: boolean;
	/** Number of records that it has not accepted. */
	readonly pendingRecords: number;
	/** Why the last attempt failed; undefined when it succeeded. */
	readonly failure: {readonly message: string; readonly hint: string} | undefined;
	/** One sentence when the log does not continue what was delivered: it was cut or rewritten. Set until the console ends. */
	readonly mismatch: string | undefined;
};

/** The state of a sink before its first attempt. */
export const initialSinkState = ({
	name,
	destination,
	required,
}: Pick<SinkState, 'name' | 'destination' | 'required'>): SinkState => ({
	name,
	destination,
	required,
	pendingRecords: 0,
	failure: undefined,
	mismatch: undefined,
});

/** The counters behind a `SinkState`. */
export type SinkProgress = {
	state(): SinkState;
	/** Sequence number of the last accepted record. */
	accepted(): number;
	/** The oldest record that this console wrote and the sink has not accepted. */
	oldestPending(): AuditRecord | undefined;
	/** Announces a record that this console wrote. */
	add(record: AuditRecord): void;
	/** Sets the range of pending records: those after `accepted` up to `newest`. Reported with the next `update`. */
	setRange(accepted: number, newest: number): void;
	/** Sequence number of the newest known record; 0 before the log was read. */
	newest(): number;
	/** Marks records up to `seq` as accepted. Reported with the next `update`. */
	accept(seq: number): void;
	/** Changes the state, and reports it when it differs. */
	update(part: Partial<Pick<SinkState, 'failure' | 'mismatch'>>): void;
};

export function createSinkProgress(
	sink: Pick<SinkState, 'name' | 'destination' | 'required'>,
	onChange: (state: SinkState) => void,
): SinkProgress {
	let state = initialSinkState(sink);
	let oldest: AuditRecord | undefined;
	let newest = 0;
	let accepted = 0;

	function update(part: Partial<SinkState>): void {
		const next = {...state, ...part, pendingRecords: Math.max(0, newest - accepted)};
		if (JSON.stringify(next) === JSON.stringify(state)) return;
		state = next;
		onChange(state);
	}

	return {
		state: () => state,
		accepted: () => accepted,
		oldestPending: () => oldest,
		newest: () => newest,
		add(record) {
			oldest ??= record;
			newest = Math.max(newest, record.seq);
			update({});
		},
		setRange(acceptedSeq, newestSeq) {
			accepted = acceptedSeq;
			newest = newestSeq;
		},
		accept(seq) {
			accepted = seq;
			if (oldest !== undefined && oldest.seq <= seq) oldest = undefined;
		},
		update,
	};
}
