import {demoEstate} from '../../../adapters/demo/estate.ts';
import type {ScenarioName} from '../../../adapters/demo/scenario.ts';
import type {Row, RowKind} from '../../../src/contract.ts';
import {createWatch} from '../../../src/watch.ts';
import {createFakeClock} from '../../fake-clock.ts';

/** What the demo shows of these kinds after some seconds, and the moment it was read at. */
export async function demoRows(
	name: ScenarioName,
	seconds: number,
): Promise<{readonly rows: ReadonlyMap<RowKind, readonly Row[]>; readonly now: number}> {
	const clock = createFakeClock();
	const watch = createWatch({
		targets: demoEstate(name, {now: clock.now}),
		clock,
		readOnly: true,
		random: () => 0.5,
	});
	watch.start();
	await clock.advance(seconds * 1000);
	const rows = new Map<RowKind, readonly Row[]>();
	for (const {kind, snapshot} of watch.readings()) {
		rows.set(kind, [...(rows.get(kind) ?? []), ...(snapshot?.rows ?? [])]);
	}
	await watch.close();
	return {rows, now: clock.now()};
}
