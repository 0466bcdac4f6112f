import {expect, test} from 'vitest';
import {reportClockBehind, reportClockJumps} from '../../bin/clock-reports.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {createFakeClock} from '../fake-clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

async function console() {
	const clock = createFakeClock();
	const audit = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
	const said: string[] = [];
	const deck = {showNotice: (text: string) => void said.push(text)};
	return {clock, audit, deck, said};
}

test('a jump is shown once and recorded, and what counts by the wall clock is brought in line', async () => {
	const {clock, audit, deck, said} = await console();
	const set: number[] = [];
	const kept = {handleClockJump: (byMs: number) => void set.push(byMs)};
	const stop = reportClockJumps({clock, audit, deck, watch: kept, arming: kept});
	clock.set(-7_200_000);
	await clock.advance(3000);
	expect(said).toEqual(['the clock of this machine was set back by 2h00m']);
	expect(set).toEqual([-7_200_000, -7_200_000]);
	while (audit.last.get() === undefined) await clock.settle();
	expect(audit.last.get()).toMatchObject({kind: 'clock', note: said[0]});
	stop();
	expect(clock.waiting).toBe(0);
});

test('at the start, a record of the future is shown and recorded', async () => {
	const {clock, audit, deck, said} = await console();
	const start = async () => reportClockBehind({clock, audit, deck}, await audit.append({kind: 'start'}));
	await start();
	clock.set(-60_000);
	await start();
	expect(said).toEqual([]);
	clock.set(-24 * 3_600_000);
	await start();
	await start();
	expect(said).toEqual([
		'the record before this start is of 2026-11-21T14:04:22.000Z, 1d00h ahead of the clock of this machine: it was ahead then, or is behind now',
	]);
	expect((await audit.recent(9)).map(({kind}) => kind)).toEqual(['start', 'clock', 'start', 'start', 'start']);
});
