import {describe, expect, test} from 'vitest';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import {findUnresolvedIntents, type UnresolvedIntent} from '../../../src/audit/unresolved-intents.ts';
import {recheckOutcome} from '../../../src/remedy/recheck-outcome.ts';
import type {FakeServer} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

/** A console whose action was begun and has no known end, and another one that looks at it. */
async function lost(fault: FakeServer['fault'] = 'lost') {
	const bench = await createRunnerFixture();
	bench.valve.fault = fault;
	await bench.propose();
	await bench.yes();
	const [open] = findUnresolvedIntents(await createOpenIntentReader(bench.audit.dir).read(), new Set());
	if (open === undefined) throw new Error('its end is known');
	const target = {name: 'tank', kind: 'probe', production: false, settings: {}} as const;
	const look = (of: Partial<UnresolvedIntent> = {}) =>
		recheckOutcome(
			{...open, ...of},
			{
				clock: bench.clock,
				actionOf: id => (id === 'probe.turn' ? bench.action : undefined),
				resolve: async () => ({port: bench.valve, target}),
			},
		);
	return {...bench, open, look};
}

describe('an action whose end is not known', () => {
	test('is looked at by the plan in its record, and nothing is sent', async () => {
		const {look, valve, open, told} = await lost();
		expect(open).toMatchObject({plan: {to: 40, revision: 0}, count: 1, receipt: undefined});
		expect(await look()).toBe('it looks done: it stands at 40');
		valve.value = 10;
		expect(await look()).toBe('it does not look done: it stands at 10');
		valve.slow = true;
		expect(await look()).toBe('it does not look done: it still turns');
		expect(valve.runs).toHaveLength(1);
		expect(await told()).toEqual(['intent', 'outcome unknown']);
	});

	test('on several objects is compared with what was there before, since it is not known to which it was sent', async () => {
		const {look, valve} = await lost();
		expect(await look({count: 2})).toBe('not as it was before: it was turned 1 times');
		valve.revision = 0;
		expect(await look({count: 2})).toBe('all of it is still as it was before');
		expect(await look({count: 2, receipt: {summary: 'turned to 40', before: {}}})).toBe(
			'it looks done: it stands at 40',
		);
	});

	test('is not looked at by a plan that is not the whole one, nor when no such action is known any more', async () => {
		const {look} = await lost();
		expect(await look({plan: {to: 41, revision: 0}})).toBeUndefined();
		expect(await look({plan: undefined})).toBeUndefined();
		expect(await look({action: {id: 'probe.old', title: 'Old'}})).toBeUndefined();
	});

	test('whose target does not answer is looked at later', async () => {
		const {look, valve} = await lost();
		valve.unreachable = true;
		await expect(look()).rejects.toThrow('the valve does not answer');
	});
});
