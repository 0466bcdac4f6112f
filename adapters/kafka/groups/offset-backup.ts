import type {OffsetMove} from '../../../src/model/kafka/offset-reset.ts';

/**
 * The offsets before the reset as `kafka-consumer-groups.sh --reset-offsets --from-file` reads them: `topic,partition,offset` lines. A
 * partition without an offset has no line.
 */
export const offsetBackupCsv = (topic: string, moves: readonly Pick<OffsetMove, 'partition' | 'from'>[]): string =>
	moves
		.filter(({from}) => from !== null)
		.map(({partition, from}) => `${topic},${partition},${from}\n`)
		.join('');

/** All offsets before the reset with their metadata, and the partitions that had none. */
export const offsetBackupJson = (
	about: {readonly target: string; readonly group: string; readonly topic: string; readonly at: string},
	moves: readonly OffsetMove[],
): string =>
	`${JSON.stringify(
		{...about, offsets: moves.map(({partition, from, metadata}) => ({partition, offset: from, metadata}))},
		null,
		'\t',
	)}\n`;
