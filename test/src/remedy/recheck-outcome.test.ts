import {describe, expect, test} from 'vitest';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import {findUnresolvedIntents, type UnresolvedIntent} from '../../../src/audit/unresolved-intents.ts';
import {recheckOutcome} from '../../../src/remedy/recheck-outcome.ts';
import type {FakeServer} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

/** A console whose action was begun and has no known end, and another one that looks at it. */
async function lost(fault: FakeServer['fault'] = 'lost') {
	const fixture = await createRunnerFixture();
	fixture.server.fault = fault;
	await fixture.propose();
	await fixture.confirm();
	const [open] = findUnresolvedIntents(await createOpenIntentReader(fixture.audit.dir).read(), new Set());
	if (open === undefined) throw new Error('its end is known');
	const target = {name: 'demo-target', kind: 'probe', production: false, settings: {}} as const;
	const look = (of: Partial<UnresolvedIntent> = {}) =>
		recheckOutcome(
			{...open, ...of},
			{
				clock: fixture.clock,
				actionOf: id => (id === 'probe.set' ? fixture.action : undefined),
				resolve: async () => ({port: fixture.server, target}),
			},
		);
	return {...fixture, open, look};
}

describe('the recheck of an unresolved intent', () => {
	test('verifies the plan in the record and sends nothing', async () => {
		const {look, server, open, recorded} = await lost();
		expect(open).toMatchObject({plan: {to: 40, revision: 0}, count: 1, receipt: undefined});
		expect(await look()).toBe('it looks done: it is 40');
		server.value = 10;
		expect(await look()).toBe('it does not look done: it is 10');
		server.slow = true;
		expect(await look()).toBe('it does not look done: it is being applied');
		expect(server.runs).toHaveLength(1);
		expect(await recorded()).toEqual(['intent', 'outcome unknown']);
	});

	test('on several objects runs the preflight, since it is unknown to which of them the plan was sent', async () => {
		const {look, server} = await lost();
		expect(await look({count: 2})).toBe('it is not as it was before: its revision is 1 now');
		server.revision = 0;
		expect(await look({count: 2})).toBe('it is still as it was before');
		expect(await look({count: 2, receipt: {summary: 'set to 40', before: {}}})).toBe('it looks done: it is 40');
	});

	test('needs the complete plan and an action that still exists', async () => {
		const {look} = await lost();
		expect(await look({plan: {to: 41, revision: 0}})).toBeUndefined();
		expect(await look({plan: undefined})).toBeUndefined();
		expect(await look({action: {id: 'probe.old', title: 'Old'}})).toBeUndefined();
	});

	test('can be repeated when the target did not answer', async () => {
		const {look, server} = await lost();
		server.unreachable = true;
		await expect(look()).rejects.toThrow('the server does not answer');
	});
});
