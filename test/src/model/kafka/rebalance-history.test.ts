import {expect, it} from 'vitest';
import {type RebalanceHistory, recordGroupState} from '../../../../src/model/kafka/rebalance-history.ts';
import type {KafkaGroup} from '../../../../src/port/kafka.ts';

const group = (state: string, members: readonly string[], epoch?: number): KafkaGroup => ({
	group: 'orders',
	type: 'classic',
	state,
	epoch,
	coordinator: 1,
	members: members.map(id => ({id, clientId: id, host: '', assignment: []})),
});

function seen(...reads: readonly (readonly [second: number, group: KafkaGroup])[]): number {
	let unrest: RebalanceHistory | undefined;
	for (const [second, one] of reads) unrest = recordGroupState(unrest, one, second * 1000);
	return unrest?.rebalanceTimes.length ?? 0;
}

const a = group('Stable', ['1', '2']);

it('counts nothing while the members stay the same', () => {
	expect(seen([0, a], [5, a], [10, group('Stable', ['2', '1'])])).toBe(0);
});

it('counts a rebalance once, whether it is seen in progress or by its new members', () => {
	const moving = group('PreparingRebalance', []);
	expect(seen([0, a], [5, moving], [10, moving], [15, group('Stable', ['1', '3'])])).toBe(1);
	expect(seen([0, a], [5, group('Stable', ['1', '3'])])).toBe(1);
	expect(seen([0, a], [5, moving], [10, a], [15, moving], [20, a])).toBe(2);
});

it('counts by the epoch where there is one', () => {
	expect(
		seen([0, group('Stable', ['1'], 4)], [5, group('Reconciling', ['1'], 6)], [10, group('Stable', ['1'], 6)]),
	).toBe(2);
});

it('forgets rebalances after five minutes', () => {
	const other = group('Stable', ['3']);
	expect(seen([0, a], [5, other], [100, a], [304, a])).toBe(2);
	expect(seen([0, a], [5, other], [100, a], [306, a])).toBe(1);
	expect(seen([0, a], [5, other], [100, a], [401, a])).toBe(0);
});
