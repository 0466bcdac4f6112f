import {rm, writeFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {accessState, createPolicy} from '../../../src/policy/policy.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';
import {createArming} from '../../../src/remedy/arming.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const minute = 60_000;

async function scratchArming(file?: PolicyFile) {
	const clock = createFakeClock();
	const audit = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
	const targets = [
		{name: 'orders-db', production: true},
		{name: 'cache', production: true},
	];
	const arming = createArming({clock, audit, policy: createPolicy({readOnly: false, targets, file})});
	const recorded = async () =>
		(await audit.recent(20)).toReversed().map(({kind, target, note}) => [kind, target, ...(note ? [note] : [])]);
	/** The disk takes its own time. */
	const written = async (count: number) => {
		while ((await audit.recent(20)).length < count) await new Promise(resolve => setTimeout(resolve, 1));
	};
	return {
		clock,
		audit,
		arming,
		recorded,
		written,
		state: (name: string) => accessState(arming.policy.get(), name, clock.monotonic()).state,
	};
}

describe('arming', () => {
	test('is recorded before it takes effect, expires, and its end is recorded', async () => {
		const {arming, clock, recorded, written, state} = await scratchArming();
		const arm = arming.arm('orders-db');
		expect(state('orders-db')).toBe('guarded');
		expect(await arm).toBeUndefined();
		expect([state('orders-db'), state('cache')]).toEqual(['armed', 'guarded']);
		let changes = 0;
		arming.policy.subscribe(() => {
			changes += 1;
		});
		await clock.advance(10 * minute - 1);
		expect([changes, state('orders-db')]).toEqual([0, 'armed']);
		await clock.advance(1);
		expect([changes, arming.policy.get().armed.size]).toEqual([1, 0]);
		await written(2);
		expect(await recorded()).toEqual([
			['arm', 'orders-db'],
			['disarm', 'orders-db', 'it was idle for too long'],
		]);
	});

	test('has a record that says who armed the target and when', async () => {
		const {arming, audit, clock, written} = await scratchArming();
		expect(arming.armedBy('cache')).toBeUndefined();
		await arming.arm('cache');
		const [record] = await audit.recent(1);
		expect(arming.armedBy('cache')).toEqual({record: record?.id, ts: record?.ts, user: 'mira', uid: 1000});
		expect(arming.armedBy('orders-db')).toBeUndefined();
		await clock.advance(10 * minute);
		expect(arming.armedBy('cache')).toBeUndefined();
		await written(2);
	});

	test('of each target expires separately, later after an action on it', async () => {
		const {arming, clock, state, written} = await scratchArming();
		await arming.arm('orders-db');
		await clock.advance(4 * minute);
		await arming.arm('cache');
		await clock.advance(5 * minute);
		arming.touch('orders-db');
		await clock.advance(5 * minute);
		expect([state('orders-db'), arming.policy.get().armed.has('cache')]).toEqual(['armed', false]);
		await clock.advance(5 * minute);
		expect(arming.policy.get().armed.size).toBe(0);
		expect(clock.waiting).toBe(0);
		await written(4);
	});

	test('is not extended by a clock that is set back', async () => {
		const {arming, clock, state, written} = await scratchArming();
		await arming.arm('orders-db');
		clock.set(-2 * 60 * minute);
		arming.handleClockJump(-2 * 60 * minute);
		await clock.advance(10 * minute - 1);
		expect(state('orders-db')).toBe('armed');
		await clock.advance(1);
		expect([state('orders-db'), arming.policy.get().armed.size]).toEqual(['guarded', 0]);
		await written(2);
	});

	test('ends when the clock goes forward, as after a sleep of the machine', async () => {
		const {arming, clock, state, recorded, written} = await scratchArming();
		await arming.arm('orders-db');
		clock.set(60 * minute);
		arming.handleClockJump(60 * minute);
		expect(state('orders-db')).toBe('guarded');
		await written(2);
		expect((await recorded()).at(-1)).toEqual([
			'disarm',
			'orders-db',
			'the clock of this machine went forward, or the machine slept',
		]);
	});

	test('ends at once when the user disarms, even when that cannot be recorded', async () => {
		const {arming, audit, state} = await scratchArming();
		await arming.arm('orders-db');
		await rm(audit.dir, {recursive: true});
		await writeFile(audit.dir, '');
		await arming.disarm('orders-db');
		expect(state('orders-db')).toBe('guarded');
	});

	test('is refused without a record where it is not allowed', async () => {
		const {arming, recorded} = await scratchArming({readOnlyTargets: ['cache']});
		expect(await arming.arm('cache')).toMatchObject({reason: expect.stringContaining('makes cache read-only')});
		expect(await recorded()).toEqual([]);
	});

	test('leaves no timer when it is closed', async () => {
		const {arming, clock} = await scratchArming();
		await arming.arm('orders-db');
		expect(clock.waiting).toBe(1);
		arming.close();
		expect(clock.waiting).toBe(0);
	});
});
