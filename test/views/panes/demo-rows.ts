import {demoEstate} from '../../../demo/estate.ts';
import type {ScenarioName} from '../../../demo/scenario.ts';
import type {Row, RowKind} from '../../../src/contract/row.ts';
import {createWatch} from '../../../src/watch/watch.ts';
import {advanceDemo} from '../../demo/advance-demo.ts';
import {createFakeClock} from '../../fake-clock.ts';

/** What the demo shows of these kinds after some seconds, and the moment it was read at. */
export async function demoRows(
	name: ScenarioName,
	seconds: number,
): Promise<{readonly rows: ReadonlyMap<RowKind, readonly Row[]>; readonly now: number}> {
	const clock = createFakeClock();
	const watch = createWatch({
		targets: demoEstate(name, {now: clock.now, clock}),
		clock,
		readOnly: true,
		random: () => 0.5,
	});
	watch.start();
	await advanceDemo(watch, clock, seconds);
	const rows = new Map<RowKind, readonly Row[]>();
	for (const {kind, snapshot} of watch.readings()) {
		rows.set(kind, [...(rows.get(kind) ?? []), ...(snapshot?.rows ?? [])]);
	}
	await watch.close();
	return {rows, now: clock.now()};
}
