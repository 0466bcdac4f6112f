import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	countMovedMessages,
	parseOffsetReset,
	planOffsetMove,
	type ResetInput,
	type ResetSpec,
} from '../../../../src/model/kafka/offset-reset.ts';

describe('the destination of a reset', () => {
	it.each<[string, ResetSpec]>([
		['earliest', {kind: 'earliest'}],
		[' latest ', {kind: 'latest'}],
		['+1', {kind: 'shift', by: 1}],
		['-100', {kind: 'shift', by: -100}],
		['482012', {kind: 'exact', offset: 482_012}],
		['0', {kind: 'exact', offset: 0}],
		['-15m', {kind: 'ago', ms: 900_000}],
		['-1h30m', {kind: 'ago', ms: 5_400_000}],
		['-2d', {kind: 'ago', ms: 172_800_000}],
		['2026-11-21T14:00Z', {kind: 'time', at: Date.UTC(2026, 10, 21, 14)}],
		['2026-11-21 14:00:30+01:00', {kind: 'time', at: Date.UTC(2026, 10, 21, 13, 0, 30)}],
		['2026-11-21', {kind: 'time', at: Date.UTC(2026, 10, 21)}],
	])('%s', (text, spec) => {
		expect(parseOffsetReset(text)).toEqual([{partition: undefined, spec}]);
	});

	it.each([
		'',
		'early',
		'+0',
		'-0',
		'+',
		'15m',
		'-m',
		'-0s',
		'1.5',
		'1e3',
		'99999999999999999999',
		// A time without a zone is ambiguous.
		'2026-11-21T14:00',
		'2026-13-01T00:00Z',
		'7:',
		'7:soon',
		'7:+1, 7:+2',
		'7:+1, latest',
		'latest, earliest',
		'-1:+1',
	])('is refused: %s', text => {
		expect(parseOffsetReset(text)).toBeUndefined();
	});

	it('may be a list by partition, however it is spaced', () => {
		const list = [
			{partition: 7, spec: {kind: 'shift', by: 1}},
			{partition: 8, spec: {kind: 'exact', offset: 482_012}},
			{partition: 9, spec: {kind: 'time', at: Date.UTC(2026, 10, 21, 14)}},
		];
		expect(parseOffsetReset('7:+1, 8:482012,9:2026-11-21T14:00Z')).toEqual(list);
		expect(parseOffsetReset(' 7:+1 ,8:482012 , 9:2026-11-21 14:00Z ')).toEqual(list);
	});
});

const ground = fc
	.record({
		start: fc.nat(1000),
		length: fc.nat(1000),
		committed: fc.option(fc.nat(3000), {nil: undefined}),
		found: fc.option(fc.nat(3000), {nil: undefined}),
	})
	.map(
		({start, length, committed, found}): ResetInput => ({
			partition: 3,
			committed,
			metadata: 'm',
			start,
			end: start + length,
			found,
		}),
	);

const spec = fc.oneof(
	fc.constantFrom<ResetSpec>({kind: 'earliest'}, {kind: 'latest'}, {kind: 'time', at: 5}, {kind: 'ago', ms: 5}),
	fc.integer({min: -3000, max: 3000}).map((by): ResetSpec => ({kind: 'shift', by})),
	fc.nat(4000).map((offset): ResetSpec => ({kind: 'exact', offset})),
);

describe('the new offset of a partition', () => {
	it('is never one that does not exist, and the requested one is recorded', () => {
		fc.assert(
			fc.property(ground, spec, (from, to) => {
				const move = planOffsetMove(from, to);
				if (move === undefined) {
					expect(to.kind === 'shift' ? from.committed : from.found).toBeUndefined();
					return;
				}
				expect(move.to).toBeGreaterThanOrEqual(from.start);
				expect(move.to).toBeLessThanOrEqual(from.end);
				if (move.requested !== null) expect(move.requested < from.start || move.requested > from.end).toBe(true);
				else if (to.kind === 'exact') expect(move.to).toBe(to.offset);
				expect(move).toMatchObject({from: from.committed ?? null, metadata: 'm', note: ''});
			}),
		);
	});

	it('is recorded with the requested offset also when a time leads to the end', () => {
		const ground = {partition: 3, committed: 5, metadata: 'm', start: 0, end: 11, found: 11};
		expect(planOffsetMove(ground, {kind: 'exact', offset: 12})).toMatchObject({to: 11, requested: 12});
	});

	it('skips or repeats the messages in between, never both, and no more than exist', () => {
		fc.assert(
			fc.property(ground, spec, (from, to) => {
				const move = planOffsetMove(from, to);
				if (move === undefined) return;
				const {skipped, again} = countMovedMessages(move);
				expect(Math.min(skipped, again)).toBe(0);
				expect(Math.max(skipped, again)).toBeLessThanOrEqual(from.end - from.start);
				expect(skipped).toBeGreaterThanOrEqual(0);
				const within = (offset: number) => offset >= from.start && offset <= from.end;
				if (from.committed !== undefined && within(from.committed) && move.to !== null) {
					expect(skipped - again).toBe(move.to - from.committed);
				}
			}),
		);
	});

	it('neither skips nor repeats messages when the group had no offset', () => {
		const move = planOffsetMove(
			{partition: 0, committed: undefined, metadata: '', start: 0, end: 9, found: undefined},
			{kind: 'latest'},
		);
		expect(move).toMatchObject({from: null, to: 9});
		expect(move && countMovedMessages(move)).toEqual({skipped: 0, again: 0});
	});
});
