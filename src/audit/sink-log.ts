import type {AuditRecord} from './audit-record.ts';
import {type ChainPosition, chainStart} from './chain.ts';
import {createDeliveryCursor, readLogEnd, readRecordsAfter} from './delivery-cursor.ts';
import type {SinkProgress} from './sink-progress.ts';

const batchSize = 100;

/** Records to send next. Not continuous: the log differs from what was delivered, and these are its end. */
export type SinkBatch = {readonly records: readonly AuditRecord[]; readonly isContinuous: boolean};

/** The log as one sink has to read it: from its cursor on, in batches. */
export type SinkLog = {
	/** The position of the cursor. A sink without one starts here: records from before it was configured are not sent. */
	start(): Promise<ChainPosition>;
	/** The records after `position`; empty at the end of the log. Checks that the log still contains what was delivered before. */
	readBatch(position: ChainPosition): Promise<SinkBatch>;
	/** Moves the cursor after a batch was accepted. */
	accept(position: ChainPosition, isContinuous: boolean): Promise<void>;
};

export function createSinkLog(options: {
	readonly name: string;
	/** The directory of the log. */
	readonly dir: string;
	readonly stateDir: string;
	readonly progress: SinkProgress;
}): SinkLog {
	const {name, dir, stateDir, progress} = options;
	const cursor = createDeliveryCursor(stateDir, name);

	async function createCursor(): Promise<ChainPosition> {
		const oldest = progress.oldestPending();
		const position = oldest ? {seq: oldest.seq - 1, hash: oldest.prev} : ((await readLogEnd(dir)) ?? chainStart);
		await cursor.write(position, 'back');
		return position;
	}

	async function read(position: ChainPosition): Promise<SinkBatch> {
		const records = await readRecordsAfter(dir, position.seq - 1, batchSize + 1);
		if (position.seq === 0 || records.some(({seq, hash}) => seq === position.seq && hash === position.hash)) {
			return {records: records.filter(({seq}) => seq > position.seq), isContinuous: true};
		}
		progress.update({
			mismatch: `record ${position.seq} of the log is not the one that ${name} has: the log was cut or rewritten`,
		});
		// It is unknown from which record on the log differs: its last records are sent, also those that were sent before.
		const end = progress.oldestPending()?.seq ?? (await readLogEnd(dir))?.seq ?? 0;
		return {records: await readRecordsAfter(dir, Math.max(0, end - batchSize), batchSize), isContinuous: false};
	}

	return {
		async start() {
			const position = (await cursor.read()) ?? (await createCursor());
			// What an earlier console did not deliver is pending too.
			if (progress.newest() === 0) progress.setRange(progress.accepted(), (await readLogEnd(dir))?.seq ?? 0);
			return position;
		},
		async readBatch(position) {
			const batch = await read(position);
			const [first] = batch.records;
			const last = batch.records.at(-1);
			if (batch.isContinuous) {
				progress.setRange(position.seq, Math.max(progress.newest(), last?.seq ?? position.seq));
			} else {
				progress.setRange((first?.seq ?? 1) - 1, last?.seq ?? 0);
			}
			if (last !== undefined) progress.update({});
			return batch;
		},
		async accept(position, isContinuous) {
			await cursor.write(position, isContinuous ? undefined : 'back');
			progress.accept(position.seq);
		},
	};
}
