import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {dispatchKey} from '../../../src/input/dispatch-key.ts';
import {createKeyDecoder, type KeyDecoder} from '../../../views/terminal/decode-keys.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';

/*
 * A terminal in front of the real decoder and the real deck: keys that repeat at a rate, a console or a link that stalls, and reads that
 * bring whatever came since the last one, cut anywhere. Whatever is held down, and whatever is pasted at once, answers and arms nothing.
 */

/** Bytes that a terminal sends, and their time in milliseconds. */
type Sent = {readonly at: number; readonly bytes: string};

let fixture: DeckFixture;
let decoder: KeyDecoder;
let clock = 0;
let timers: {readonly at: number; readonly call: () => void}[] = [];

const after = (ms: number, call: () => void) => {
	const timer = {at: clock + ms, call};
	timers.push(timer);
	return () => {
		timers = timers.filter(other => other !== timer);
	};
};

function passTo(at: number): void {
	for (const timer of timers.filter(one => one.at <= at).sort((a, b) => a.at - b.at)) {
		if (!timers.includes(timer)) continue;
		timers = timers.filter(other => other !== timer);
		clock = timer.at;
		timer.call();
	}
	clock = at;
}

/** Feeds the bytes to the decoder as reads. A stall delays them to one read; `cuts` are the maximum sizes of successive pieces, in bytes. */
function receive(
	sent: readonly Sent[],
	stalls: readonly {readonly at: number; readonly ms: number}[],
	cuts: readonly number[],
): void {
	const start = clock;
	const readAt = (at: number): number => {
		const stall = stalls.find(({at: from, ms}) => at >= from && at < from + ms);
		return stall === undefined ? at : stall.at + stall.ms;
	};
	const reads = Map.groupBy(sent, key => readAt(key.at));
	let turn = 0;
	for (const [at, parts] of [...reads].sort(([a], [b]) => a - b)) {
		passTo(start + at);
		const bytes = new TextEncoder().encode(parts.map(part => part.bytes).join(''));
		for (let from = 0; from < bytes.length; turn += 1) {
			const length = cuts.length === 0 ? bytes.length : (cuts[turn % cuts.length] ?? 1);
			decoder.feed(bytes.subarray(from, from + length));
			// The current question is on the screen.
			fixture.deck.markQuestionShown(fixture.deck.pendingQuestion());
			from += length;
		}
	}
	passTo(clock + 2000);
}

const held = (bytes: string, hz: number, count: number, from = 0): readonly Sent[] =>
	Array.from({length: count}, (_, index) => ({at: from + (index * 1000) / hz, bytes}));

const esc = '\u001b';
const heldKey = fc.constantFrom(
	'y',
	'\r',
	'O',
	'Y',
	' ',
	'\t',
	'\u007f',
	'K',
	'é',
	'1',
	`${esc}[A`,
	`${esc}OM`,
	`${esc}[6~`,
);
const hz = fc.integer({min: 15, max: 40});
const count = fc.integer({min: 2, max: 60});
const stalls = fc.array(fc.record({at: fc.integer({min: 0, max: 3000}), ms: fc.integer({min: 0, max: 2000})}), {
	maxLength: 3,
});
const cuts = fc.array(fc.integer({min: 1, max: 6}), {maxLength: 5});

const ran = () => fixture.server.executedPlans.splice(0).length;
const isArmed = () => fixture.deck.options.arming.policy.get().armed.size > 0;
const leaveAll = () => {
	for (let turn = 0; turn < 9 && fixture.layer() !== undefined; turn += 1) dispatchKey(fixture.deck, 'esc');
};

async function open(guarded: boolean): Promise<void> {
	fixture = await openDeckFixture({guarded});
	clock = 0;
	timers = [];
	decoder = createKeyDecoder(
		event => {
			if (event.type === 'key') dispatchKey(fixture.deck, event.key, event.text, event.alone);
		},
		{after},
	);
}

afterEach(() => fixture.close());

describe('a confirmation', () => {
	beforeEach(() => open(false));

	/** Opens the confirmation again and types what it requires, up to `typed`. */
	async function ask(key: 'K' | 'T' | 'X', typed: 'nothing' | 'all'): Promise<void> {
		leaveAll();
		await fixture.pressKeys(key);
		await fixture.waitForState('ready');
		if (typed === 'nothing' || key === 'K') return;
		await fixture.type(fixture.demandedName());
		if (key === 'T') return;
		await fixture.pressKeys('tab');
		await fixture.type('1');
		await fixture.pressKeys('tab');
		await fixture.type('they are stuck');
	}

	it('is not answered by a key that is held, whatever stalls and however it is cut', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom('K' as const, 'T' as const, 'X' as const),
				heldKey,
				hz,
				count,
				stalls,
				cuts,
				async (action, key, rate, times, slow, pieces) => {
					await ask(action, 'nothing');
					receive(held(key, rate, times), slow, pieces);
					await fixture.clock.settle();
					expect(ran()).toBe(0);
				},
			),
			{numRuns: 150},
		);
	});

	it('is not answered by a y that is held and then an enter that is held', async () => {
		await fc.assert(
			fc.asyncProperty(
				hz,
				count,
				count,
				fc.integer({min: 0, max: 500}),
				stalls,
				cuts,
				async (rate, yes, enters, pause, slow, pieces) => {
					await ask('K', 'nothing');
					const first = held('y', rate, yes);
					receive([...first, ...held('\r', rate, enters, (first.at(-1)?.at ?? 0) + pause)], slow, pieces);
					await fixture.clock.settle();
					expect(ran()).toBe(0);
				},
			),
			{numRuns: 100},
		);
	});

	it('is not answered by an enter that is held until its delay has passed', async () => {
		await fc.assert(
			fc.asyncProperty(hz, count, stalls, async (rate, times, slow) => {
				await ask('X', 'all');
				await fixture.pressKeys('enter');
				await fixture.clock.advance(3001);
				receive(held('\r', rate, times), slow, []);
				await fixture.clock.settle();
				expect(ran()).toBe(0);
			}),
			{numRuns: 40},
		);
	});

	it('is not answered by a held key after a wrong number, even when the number then becomes right', async () => {
		await fc.assert(
			fc.asyncProperty(heldKey, hz, count, stalls, cuts, async (key, rate, times, slow, pieces) => {
				await ask('X', 'all');
				await fixture.clock.advance(3001);
				await fixture.pressKeys('tab', 'tab', 'backspace');
				await fixture.type('7');
				await fixture.pressKeys('tab', 'enter');
				expect(fixture.deck.session.get().layers.at(-1)).toMatchObject({field: 1});
				receive(held(key, rate, times), slow, pieces);
				await fixture.clock.settle();
				expect(ran()).toBe(0);
			}),
			{numRuns: 60},
		);
	});

	it('is not answered by text that is read at once', async () => {
		const text = fc.oneof(
			fc.constantFrom(
				'y\r',
				'yy\r\r',
				'y\n',
				'\ry\r',
				`y${esc}[I\r`,
				`${esc}[<0;3;4My\r`,
				`${esc}[200~y\r${esc}[201~\r`,
			),
			fc
				.array(fc.constantFrom('y', '\r', '\n', '\t', 'a', '1', ' ', `${esc}OM`), {minLength: 2, maxLength: 30})
				.map(parts => parts.join('')),
		);
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom('K' as const, 'T' as const, 'X' as const),
				text,
				fc.boolean(),
				async (action, pasted, named) => {
					await ask(action, 'nothing');
					const name = action === 'K' || !named ? '' : fixture.demandedName();
					receive([{at: 0, bytes: `${name}${pasted}`}], [], []);
					await fixture.clock.settle();
					expect(ran()).toBe(0);
				},
			),
			{numRuns: 150},
		);
	});

	it('is answered by y and then enter in separate reads, with mouse and focus reports between them', async () => {
		await ask('K', 'nothing');
		receive(
			[
				{at: 0, bytes: `${esc}[Iy${esc}[<65;3;4M`},
				{at: 300, bytes: `${esc}[<0;1;1M\r${esc}[O`},
			],
			[],
			[],
		);
		await fixture.waitForState('done');
		expect(ran()).toBe(1);
	});
});

describe('arming', () => {
	beforeEach(() => open(true));

	it('is not done by a key that is held, nor by O held and then enter held', async () => {
		await fc.assert(
			fc.asyncProperty(
				heldKey,
				fc.boolean(),
				hz,
				count,
				stalls,
				cuts,
				async (key, thenEnter, rate, times, slow, pieces) => {
					leaveAll();
					const first = held(thenEnter ? 'O' : key, rate, times);
					const enters = thenEnter ? held('\r', rate, times, (first.at(-1)?.at ?? 0) + 100) : [];
					receive([...first, ...enters], slow, pieces);
					await fixture.clock.settle();
					expect(isArmed()).toBe(false);
				},
			),
			{numRuns: 150},
		);
	});

	it('is not done by text that is read at once, even when enter follows it in another read', async () => {
		const text = fc.array(fc.constantFrom('O', '\r', '\n', 'o', 'y', ' ', 't'), {minLength: 2, maxLength: 30});
		await fc.assert(
			fc.asyncProperty(text, fc.boolean(), async (parts, thenEnter) => {
				leaveAll();
				receive([{at: 0, bytes: parts.join('')}, ...(thenEnter ? [{at: 300, bytes: '\r'}] : [])], [], []);
				await fixture.clock.settle();
				expect(isArmed()).toBe(false);
			}),
			{numRuns: 150},
		);
	});

	it('is done by O and then enter; esc and any other key leave the target guarded', async () => {
		for (const key of [esc, 'x', ' ', 'y']) {
			receive(
				[
					{at: 0, bytes: 'O'},
					{at: 300, bytes: key},
					{at: 600, bytes: '\r'},
				],
				[],
				[],
			);
			await fixture.clock.settle();
			expect(isArmed()).toBe(false);
			leaveAll();
		}
		receive(
			[
				{at: 0, bytes: 'O'},
				{at: 300, bytes: '\r'},
			],
			[],
			[],
		);
		await expect.poll(isArmed).toBe(true);
	});
});
