import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import type {DemandAnswer} from '../../../src/policy/demand.ts';
import {hasEnded} from '../../../src/remedy/remedy-state.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('whatever is pressed, in whatever order', () => {
	type Step = (bench: Awaited<ReturnType<typeof createRunnerFixture>>) => unknown;
	/** What a person does who means it, and who may be too quick. */
	const asAsked = async (bench: Parameters<Step>[0], ms: number): Promise<void> => {
		await bench.propose();
		await bench.clock.advance(ms);
		const demand = bench.now()?.demand;
		const typed = {kind: 'typed', text: 'valve', count: '1', reason: 'it leaks'} as const;
		await bench.pass(bench.runner.confirm(demand?.kind === 'key' ? {kind: 'key', key: 'y'} : typed));
	};
	const answer = fc.oneof(
		fc.constantFrom<DemandAnswer>(
			{kind: 'key', key: 'y'},
			{kind: 'key', key: '\r'},
			{kind: 'key', key: 'y', pasted: true},
			{kind: 'typed', text: 'valve'},
			{kind: 'typed', text: 'valve', count: '1', reason: 'it leaks'},
		),
		fc.record({kind: fc.constant('typed' as const), text: fc.string()}),
	);
	const step = fc.oneof(
		{weight: 2, arbitrary: fc.constant<Step>(bench => bench.propose())},
		{
			weight: 3,
			arbitrary: fc.nat(4000).map(
				(ms): Step =>
					bench =>
						asAsked(bench, ms),
			),
		},
		answer.map(
			(given): Step =>
				bench =>
					void bench.runner.confirm(given),
		),
		{
			weight: 4,
			arbitrary: answer.map(
				(given): Step =>
					bench =>
						bench.pass(bench.runner.confirm(given)),
			),
		},
		fc.constant<Step>(bench => bench.runner.cancel()),
		fc.constant<Step>(bench => bench.runner.dismiss()),
		fc.constant<Step>(bench => bench.runner.undo(bench.runner.undoable()[0]?.record ?? '')),
		fc.nat(5000).map(
			(ms): Step =>
				bench =>
					bench.clock.advance(ms),
		),
		fc.constantFrom('low' as const, 'medium' as const, 'high' as const).map(
			(risk): Step =>
				bench => {
					bench.valve.risk = risk;
				},
		),
		fc.constantFrom('none' as const, 'lost' as const, 'denied' as const).map(
			(fault): Step =>
				bench => {
					bench.valve.fault = fault;
				},
		),
		fc.boolean().map(
			(slow): Step =>
				bench => {
					bench.valve.slow = slow;
				},
		),
		fc.constant<Step>(bench => {
			bench.valve.revision += 1;
		}),
	);

	test('each run has its intent on disk before it, confirmed as it was asked for, and runs once', {
		timeout: 60_000,
	}, async () => {
		let ran = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 25}), async steps => {
				const bench = await createRunnerFixture();
				for (const one of steps) await one(bench);
				await bench.pass(bench.runner.close());
				const last = bench.now();
				if (last) expect(hasEnded(last)).toBe(true);
				expect(bench.runner.inProgress()).toEqual([]);
				for (const {record, written, plan} of bench.valve.runs) {
					ran += 1;
					expect(written).toMatchObject({id: record, confirmation: {method: expect.any(String)}});
					expect(['intent', 'undo']).toContain(written?.kind);
					const asked = {low: 'key', medium: 'type', high: 'type-count-reason'} as const;
					const {risk = 'high'} = written?.preview ?? {};
					expect(written?.confirmation?.method).toBe(asked[risk]);
					expect(written?.preview?.cli_equivalent).toBe(`valvectl set ${plan.to}`);
				}
				const ids = bench.valve.runs.map(run => run.record);
				expect(new Set(ids).size).toBe(ids.length);
				const told = await bench.audit.recent(500);
				const sent = told.filter(({kind, result}) => kind === 'outcome' && result === 'sent').map(({of}) => of);
				const seen = told.filter(({kind}) => kind === 'verify').map(({of}) => of);
				expect(seen.toSorted()).toEqual(sent.toSorted());
				expect((await verifyDirectory(bench.audit.dir)).flatMap(report => report.faults)).toEqual([]);
			}),
			{numRuns: 60},
		);
		expect(ran).toBeGreaterThan(20);
	});
});
