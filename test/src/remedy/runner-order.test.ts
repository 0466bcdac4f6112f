import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import type {DemandAnswer} from '../../../src/policy/demand.ts';
import {hasEnded} from '../../../src/remedy/remedy-state.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('random keys in random order', () => {
	type Step = (fixture: Awaited<ReturnType<typeof createRunnerFixture>>) => unknown;
	/** Proposes and gives the answer that the demand requires, possibly before its delay has passed. */
	const meetDemand = async (fixture: Parameters<Step>[0], ms: number): Promise<void> => {
		await fixture.propose();
		await fixture.clock.advance(ms);
		const demand = fixture.now()?.demand;
		const typed = {kind: 'typed', text: 'setting', count: '1', reason: 'it fails'} as const;
		await fixture.pass(fixture.runner.confirm(demand?.kind === 'key' ? {kind: 'key', key: 'y'} : typed));
	};
	const answer = fc.oneof(
		fc.constantFrom<DemandAnswer>(
			{kind: 'key', key: 'y'},
			{kind: 'key', key: '\r'},
			{kind: 'key', key: 'y', pasted: true},
			{kind: 'typed', text: 'setting'},
			{kind: 'typed', text: 'setting', count: '1', reason: 'it fails'},
		),
		fc.record({kind: fc.constant('typed' as const), text: fc.string()}),
	);
	const step = fc.oneof(
		{weight: 2, arbitrary: fc.constant<Step>(fixture => fixture.propose())},
		{
			weight: 3,
			arbitrary: fc.nat(4000).map(
				(ms): Step =>
					fixture =>
						meetDemand(fixture, ms),
			),
		},
		answer.map(
			(given): Step =>
				fixture =>
					void fixture.runner.confirm(given),
		),
		{
			weight: 4,
			arbitrary: answer.map(
				(given): Step =>
					fixture =>
						fixture.pass(fixture.runner.confirm(given)),
			),
		},
		fc.constant<Step>(fixture => fixture.runner.cancel()),
		fc.constant<Step>(fixture => fixture.runner.dismiss()),
		fc.constant<Step>(fixture => fixture.runner.undo(fixture.runner.sentActions()[0]?.record ?? '')),
		fc.nat(5000).map(
			(ms): Step =>
				fixture =>
					fixture.clock.advance(ms),
		),
		fc.constantFrom('low' as const, 'medium' as const, 'high' as const).map(
			(risk): Step =>
				fixture => {
					fixture.server.risk = risk;
				},
		),
		fc.constantFrom('none' as const, 'lost' as const, 'denied' as const).map(
			(fault): Step =>
				fixture => {
					fixture.server.fault = fault;
				},
		),
		fc.boolean().map(
			(slow): Step =>
				fixture => {
					fixture.server.slow = slow;
				},
		),
		fc.constant<Step>(fixture => {
			fixture.server.revision += 1;
		}),
	);

	test('each run has its intent on disk first, with the required confirmation, and runs once', {
		timeout: 60_000,
	}, async () => {
		let ran = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 25}), async steps => {
				const fixture = await createRunnerFixture();
				for (const one of steps) await one(fixture);
				await fixture.pass(fixture.runner.close());
				const last = fixture.now();
				if (last) expect(hasEnded(last)).toBe(true);
				expect(fixture.runner.inProgress()).toEqual([]);
				for (const {record, written, plan} of fixture.server.runs) {
					ran += 1;
					expect(written).toMatchObject({id: record, confirmation: {method: expect.any(String)}});
					expect(['intent', 'undo']).toContain(written?.kind);
					const required = {low: 'key', medium: 'type', high: 'type-count-reason'} as const;
					const {risk = 'high'} = written?.preview ?? {};
					expect(written?.confirmation?.method).toBe(required[risk]);
					expect(written?.preview?.cli_equivalent).toBe(`settingctl set ${plan.to}`);
				}
				const ids = fixture.server.runs.map(run => run.record);
				expect(new Set(ids).size).toBe(ids.length);
				const records = await fixture.audit.recent(500);
				const sent = records.filter(({kind, result}) => kind === 'outcome' && result === 'sent').map(({of}) => of);
				const seen = records.filter(({kind}) => kind === 'verify').map(({of}) => of);
				expect(seen.toSorted()).toEqual(sent.toSorted());
				expect((await verifyDirectory(fixture.audit.dir)).flatMap(report => report.faults)).toEqual([]);
			}),
			{numRuns: 60},
		);
		expect(ran).toBeGreaterThan(20);
	});
});
