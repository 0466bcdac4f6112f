import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Check, Preview} from '../../../src/contract/action.ts';
import {type Demand, type DemandAnswer, unmetReason} from '../../../src/policy/demand.ts';
import {reduce} from '../../../src/remedy/reduce.ts';
import {
	createRemedy,
	hasEnded,
	previewExpiryMs,
	type Remedy,
	type RemedyEvent,
} from '../../../src/remedy/remedy-state.ts';

const preview: Preview = {
	plan: {pid: 4411},
	target: 'orders-db',
	object: '4411',
	count: 1,
	touches: ['pid 4411'],
	lockNames: ['pid 4411'],
	cliEquivalent: "psql -c 'SELECT pg_cancel_backend(4411)'",
	impact: 'its statement ends with an error',
	checkedIdentity: 'pid 4411',
	changes: [],
	risk: 'low',
	undo: {class: 'none', text: 'a statement cannot be brought back'},
};
const id = 'R1';
const hash = 'h1';
const pass: Check = {label: 'still there', result: 'pass', detail: 'pid 4411 runs'};
const key: Demand = {kind: 'key', key: 'y'};
const grave: Demand = {kind: 'type-count-reason', text: '4411', count: 1, delayMs: 3000};
const confirm: DemandAnswer = {kind: 'key', key: 'y'};
const failure = {kind: 'timeout', message: 'no answer', hint: 'look at it'} as const;

const fresh = (): Remedy =>
	createRemedy({id, action: {id: 'postgres.cancel', title: 'Cancel query'}, target: 'orders-db', params: {}, at: 0});
const led = (...events: readonly RemedyEvent[]): Remedy => events.reduce(reduce, fresh());

const toReady = (demand: Demand = key): readonly RemedyEvent[] => [
	{type: 'preview-started', at: 0},
	{type: 'previewed', at: 1, preview, hash},
	{type: 'checked', at: 2, checks: [pass], demand},
];
const toIntent: readonly RemedyEvent[] = [
	...toReady(),
	{type: 'answered', at: 3, answer: confirm},
	{type: 'recheck-started', at: 4},
	{type: 'checked', at: 5, checks: [pass], demand: key},
];
const written: RemedyEvent = {type: 'intent-written', at: 6, record: id, planHash: hash};

describe('a remedy that succeeds', () => {
	test('passes through every state', () => {
		const events: readonly RemedyEvent[] = [
			...toIntent,
			written,
			{type: 'sent', at: 7, receipt: {summary: 'cancelled', before: {}}},
			{type: 'verified', at: 8, outcome: {result: 'pending', detail: 'still runs'}},
			{type: 'verified', at: 9, outcome: {result: 'done', detail: 'it was deleted'}},
		];
		const states: string[] = [];
		events.reduce((remedy, event) => {
			const next = reduce(remedy, event);
			states.push(next.state);
			return next;
		}, fresh());
		expect(states).toEqual([
			'previewing',
			'checking',
			'ready',
			'confirmed',
			'rechecking',
			'intent',
			'running',
			'verifying',
			'verifying',
			'done',
		]);
	});

	test.each<[string, readonly RemedyEvent[], string]>([
		[
			'a preview of something that was deleted',
			[
				{type: 'preview-started', at: 0},
				{type: 'preview-failed', at: 1, failure: {...failure, kind: 'conflict'}},
			],
			'stale',
		],
		[
			'a preview that fails',
			[
				{type: 'preview-started', at: 0},
				{type: 'preview-failed', at: 1, failure},
			],
			'failed',
		],
		['policy refuses', [...toReady({kind: 'refused', reason: 'guarded', hint: 'arm it'})], 'refused'],
		[
			'a check blocks',
			[...toReady().slice(0, 2), {type: 'checked', at: 2, checks: [{...pass, result: 'block'}], demand: key}],
			'blocked',
		],
		[
			'a check that fails does not block',
			[...toReady().slice(0, 2), {type: 'checked', at: 2, checks: [{...pass, result: 'unknown'}], demand: key}],
			'ready',
		],
		[
			'a conflict while it waited',
			[...toReady(), {type: 'checked', at: 3, checks: [{...pass, result: 'block', conflict: true}], demand: key}],
			'stale',
		],
		[
			'a conflict after it was confirmed',
			[
				...toIntent.slice(0, -1),
				{type: 'checked', at: 5, checks: [{...pass, result: 'block', conflict: true}], demand: key},
			],
			'stale',
		],
		[
			'blocked after it was confirmed',
			[...toIntent.slice(0, -1), {type: 'checked', at: 5, checks: [{...pass, result: 'block'}], demand: key}],
			'blocked',
		],
		[
			'not to be checked after it was confirmed',
			[...toIntent.slice(0, -1), {type: 'check-failed', at: 5, failure}],
			'failed',
		],
		[
			'disarmed after it was confirmed',
			[
				...toIntent.slice(0, -1),
				{type: 'checked', at: 5, checks: [pass], demand: {kind: 'refused', reason: 'guarded', hint: ''}},
			],
			'refused',
		],
		[
			'the demand is higher after it was confirmed',
			[...toIntent.slice(0, -1), {type: 'checked', at: 5, checks: [pass], demand: grave}],
			'refused',
		],
		['cancelled', [...toReady(), {type: 'cancelled', at: 3}], 'cancelled'],
		['cancelled after it was confirmed', [...toIntent.slice(0, -1), {type: 'cancelled', at: 5}], 'cancelled'],
		['no preflight for 60 s', [...toReady(), {type: 'clock-ticked', at: 3 + previewExpiryMs}], 'expired'],
		['confirmed after 60 s', [...toReady(), {type: 'answered', at: 3 + previewExpiryMs, answer: confirm}], 'expired'],
		[
			'checked again after 60 s',
			[...toReady(), {type: 'checked', at: 3 + previewExpiryMs, checks: [pass], demand: key}],
			'expired',
		],
		[
			'looked at again within 60 s',
			[
				...toReady(),
				{type: 'checked', at: previewExpiryMs, checks: [pass], demand: key},
				{type: 'answered', at: 3 + previewExpiryMs, answer: confirm},
			],
			'confirmed',
		],
		[
			'the intent cannot be written',
			[...toIntent, {type: 'refused', at: 6, reason: 'disk full', hint: 'free some'}],
			'refused',
		],
		['the intent of another remedy', [...toIntent, {...written, record: 'R2'}], 'refused'],
		['the intent of another plan', [...toIntent, {...written, planHash: 'h2'}], 'refused'],
		['cancelled while the intent is written', [...toIntent, {type: 'cancelled', at: 6}], 'intent'],
		[
			'the guard refused',
			[...toIntent, written, {type: 'run-failed', at: 7, failure: {...failure, kind: 'conflict'}, harmless: true}],
			'stale',
		],
		[
			'the system refused',
			[...toIntent, written, {type: 'run-failed', at: 7, failure: {...failure, kind: 'denied'}, harmless: true}],
			'failed',
		],
		['no answer', [...toIntent, written, {type: 'run-failed', at: 7, failure, harmless: false}], 'unknown'],
		['cancelled while it runs', [...toIntent, written, {type: 'cancelled', at: 7}], 'running'],
	])('%s', (_, events, state) => {
		expect(led(...events).state).toBe(state);
	});

	test('an answer that does not meet the demand only sets `unmet`', () => {
		const remedy = led(...toReady(grave), {type: 'answered', at: 9000, answer: confirm});
		expect(remedy).toMatchObject({state: 'ready', unmet: 'type 4411 to go on'});
	});

	test('keeps the last checks when a later preflight fails', () => {
		const warn: Check = {label: 'pooled', result: 'warn', detail: 'by pgbouncer'};
		const seen = led(...toReady(), {type: 'checked', at: 2000, checks: [pass, warn], demand: key});
		expect(seen).toMatchObject({checks: [pass, warn], checkedAt: 2000, readyAt: 2});
		const failed = reduce(seen, {type: 'check-failed', at: 4000, failure});
		expect(failed).toMatchObject({checks: [pass, warn], checkedAt: 2000, preflightFailure: failure});
		const again = reduce(failed, {type: 'checked', at: 6000, checks: [pass], demand: key});
		expect(again).toMatchObject({checks: [pass], checkedAt: 6000, preflightFailure: undefined});
	});

	test('the delay counts from when the demand was first shown', () => {
		const answer: DemandAnswer = {kind: 'typed', text: '4411', count: '1', reason: 'locks held'};
		const shown: readonly RemedyEvent[] = [...toReady(), {type: 'checked', at: 5000, checks: [pass], demand: grave}];
		expect(led(...shown, {type: 'answered', at: 7999, answer}).state).toBe('ready');
		expect(
			led(...shown, {type: 'checked', at: 7000, checks: [pass], demand: grave}, {type: 'answered', at: 8000, answer}),
		).toMatchObject({
			state: 'confirmed',
			confirmation: {method: 'type-count-reason', typed: '4411', count: 1, reason: 'locks held', hash},
		});
	});
});

describe('random events in random order', () => {
	const result = fc.constantFrom<Check['result']>('pass', 'pass', 'pass', 'warn', 'unknown', 'block');
	const check = fc
		.record({result, conflict: fc.boolean()})
		.map(({result: said, conflict}): Check => ({...pass, result: said, ...(conflict ? {conflict} : {})}));
	const demand = fc.constantFrom<Demand>(key, key, key, {kind: 'type', text: '4411'}, grave, {
		kind: 'refused',
		reason: 'guarded',
		hint: '',
	});
	const answer = fc.oneof(
		fc.constantFrom<DemandAnswer>(
			confirm,
			confirm,
			{kind: 'key', key: '\r'},
			{kind: 'typed', text: '4411'},
			{kind: 'typed', text: '4411', count: '1', reason: 'locks held'},
		),
		fc.record({kind: fc.constant('typed' as const), text: fc.string(), pasted: fc.boolean()}),
		fc.record({kind: fc.constant('key' as const), key: fc.string({maxLength: 2}), pasted: fc.boolean()}),
	);
	const event = (at: number): fc.Arbitrary<RemedyEvent> =>
		fc.oneof(
			fc.constant<RemedyEvent>({type: 'preview-started', at}),
			fc.constantFrom('h1', 'h2').map((one): RemedyEvent => ({type: 'previewed', at, preview, hash: one})),
			{
				weight: 4,
				arbitrary: fc
					.tuple(fc.array(check, {maxLength: 2}), demand)
					.map(([checks, demand]): RemedyEvent => ({type: 'checked', at, checks, demand})),
			},
			fc.constant<RemedyEvent>({type: 'check-failed', at, failure}),
			{weight: 3, arbitrary: answer.map((given): RemedyEvent => ({type: 'answered', at, answer: given}))},
			{weight: 2, arbitrary: fc.constant<RemedyEvent>({type: 'recheck-started', at})},
			{
				weight: 3,
				arbitrary: fc
					.tuple(fc.constantFrom('R1', 'R1', 'R2'), fc.constantFrom('h1', 'h2'))
					.map(([record, planHash]): RemedyEvent => ({type: 'intent-written', at, record, planHash})),
			},
			fc.constant<RemedyEvent>({type: 'sent', at, receipt: {summary: 'cancelled', before: {}}}),
			fc.boolean().map((harmless): RemedyEvent => ({type: 'run-failed', at, failure, harmless})),
			fc
				.constantFrom('done' as const, 'pending' as const, 'ineffective' as const, 'unknown' as const)
				.map((seen): RemedyEvent => ({type: 'verified', at, outcome: {result: seen, detail: ''}})),
			fc.constant<RemedyEvent>({type: 'clock-ticked', at}),
		);
	const story = fc.array(fc.nat(1500), {maxLength: 60}).chain(steps => {
		let at = 0;
		return fc.tuple(
			...steps.map(step => {
				at += step;
				return event(at);
			}),
		);
	});
	/** Random events alone seldom get far, so each story may start some way in. */
	const start = fc.constantFrom<readonly RemedyEvent[]>(
		[],
		toReady(),
		toReady(grave),
		toIntent.slice(0, -2),
		toIntent.slice(0, -1),
		toIntent,
	);

	test('nothing runs without an answer that met the demand, a second preflight and a written intent of the same plan', () => {
		let reached = 0;
		fc.assert(
			fc.property(start, story, (beginning, rest) => {
				let remedy = fresh();
				let met: {demand: Demand; hash: string} | undefined;
				let seenAgain = false;
				for (const one of [...beginning, ...rest]) {
					const before = remedy;
					remedy = reduce(before, one);
					if (before.state === 'ready' && one.type === 'answered' && remedy.state === 'confirmed') {
						expect(unmetReason(before.demand, one.answer, one.at - before.readyAt)).toBeUndefined();
						met = {demand: before.demand, hash: before.hash};
						seenAgain = false;
					}
					if (met && one.type === 'checked' && before.state === 'rechecking') {
						seenAgain =
							one.checks.every(seen => seen.result !== 'block') &&
							JSON.stringify(one.demand) === JSON.stringify(met.demand);
					}
					if (remedy.state === 'running' && before.state !== 'running') {
						reached += 1;
						expect(met).toBeDefined();
						expect(seenAgain).toBe(true);
						expect(one).toMatchObject({type: 'intent-written', record: remedy.id, planHash: met?.hash});
						expect(remedy.preview).toBe(preview);
					}
					if (hasEnded(before)) expect(remedy).toBe(before);
				}
			}),
			{numRuns: 3000},
		);
		expect(reached).toBeGreaterThan(20);
	});
});
