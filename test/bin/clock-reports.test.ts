import {expect, test} from 'vitest';
import {reportClockBehind, reportClockJumps} from '../../bin/clock-reports.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {createFakeClock} from '../fake-clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

async function reportFixture() {
	const clock = createFakeClock();
	const audit = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
	const notices: string[] = [];
	const deck = {showNotice: (text: string) => void notices.push(text)};
	return {clock, audit, deck, notices};
}

test('a clock jump is shown once and recorded, and passed to the watch and the arming', async () => {
	const {clock, audit, deck, notices} = await reportFixture();
	const jumps: number[] = [];
	const jumpHandler = {handleClockJump: (byMs: number) => void jumps.push(byMs)};
	const stop = reportClockJumps({clock, audit, deck, watch: jumpHandler, arming: jumpHandler});
	clock.set(-7_200_000);
	await clock.advance(3000);
	expect(notices).toEqual(['the clock of this machine was set back by 2h00m']);
	expect(jumps).toEqual([-7_200_000, -7_200_000]);
	while (audit.last.get() === undefined) await clock.settle();
	expect(audit.last.get()).toMatchObject({kind: 'clock', note: notices[0]});
	stop();
	expect(clock.waiting).toBe(0);
});

test('a record with a time in the future is reported at the start', async () => {
	const {clock, audit, deck, notices} = await reportFixture();
	const start = async () => reportClockBehind({clock, audit, deck}, await audit.append({kind: 'start'}));
	await start();
	clock.set(-60_000);
	await start();
	expect(notices).toEqual([]);
	clock.set(-24 * 3_600_000);
	await start();
	await start();
	expect(notices).toEqual([
		'the audit record before this start has the time 2026-11-21T14:04:22.000Z, 1d00h ahead of the clock of this machine: the clock was ahead then, or is behind now',
	]);
	expect((await audit.recent(9)).map(({kind}) => kind)).toEqual(['start', 'clock', 'start', 'start', 'start']);
});
