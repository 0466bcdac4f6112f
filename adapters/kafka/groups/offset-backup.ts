import type {OffsetMove} from '../../../src/model/kafka/offset-reset.ts';

/** What `kafka-consumer-groups.sh --reset-offsets --from-file` reads: `topic,partition,offset`, a line each. Without an offset, no line. */
export const offsetBackupCsv = (topic: string, moves: readonly Pick<OffsetMove, 'partition' | 'from'>[]): string =>
	moves
		.filter(({from}) => from !== null)
		.map(({partition, from}) => `${topic},${partition},${from}\n`)
		.join('');

/** Everything that the offsets were, what is written beside them too, and which partitions had none. */
export const offsetBackupJson = (
	about: {readonly target: string; readonly group: string; readonly topic: string; readonly at: string},
	moves: readonly OffsetMove[],
): string =>
	`${JSON.stringify(
		{...about, offsets: moves.map(({partition, from, metadata}) => ({partition, offset: from, metadata}))},
		null,
		'\t',
	)}\n`;
