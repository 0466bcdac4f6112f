import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import type {Context} from '../../../src/contract/context.ts';
import type {Document, Line} from '../../../src/contract/document.ts';
import type {InspectionContext} from '../../../src/contract/inspection.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import {layoutOf, shownLines} from '../../../src/input/document-keys.ts';
import {type DocumentLayer, openText} from '../../../src/session/session.ts';
import {pageOf} from '../../../src/session/text-page.ts';
import {loadPatterns} from '../../../src/text/pattern.ts';
import {type House, openHouse} from './deck-fixture.ts';

beforeAll(loadPatterns);

let house: House;
afterEach(() => house.close());

function layer(): DocumentLayer {
	const found = openText(house.deck.session.get());
	if (found === undefined) throw new Error(`no text is open, but ${house.layer()}`);
	return found;
}

const text = () => [...shownLines(layer().text, false)];
const page = () => pageOf(layer().text, layer().top, layoutOf(house.deck, layer())).drawn.map(drawn => drawn.text);

/** A far end that goes on: lines are given by the test. */
function stream() {
	const queue: (readonly Line[])[] = [];
	let wake = () => {};
	let signal: AbortSignal | undefined;
	let returned = 0;
	let failure: Error | undefined;
	let over = false;
	async function* follow(context: Context): AsyncGenerator<readonly Line[]> {
		signal = context.signal;
		context.signal.addEventListener('abort', () => wake(), {once: true});
		try {
			while (!context.signal.aborted) {
				const next = queue.shift();
				if (next !== undefined) yield next;
				else if (failure !== undefined) throw failure;
				else if (over) return;
				else
					await new Promise<void>(resolve => {
						wake = resolve;
					});
			}
		} finally {
			returned += 1;
		}
	}
	return {
		document: (...first: string[]): Document => ({
			title: 'Log',
			lines: first.map(line => ({text: line})),
			reads: [],
			follow,
		}),
		async send(...lines: readonly (string | Line)[]) {
			queue.push(lines.map(line => (typeof line === 'string' ? {text: line} : line)));
			wake();
			await house.clock.advance(200);
		},
		async fail(error: Error) {
			failure = error;
			wake();
			await house.clock.advance(200);
		},
		async end() {
			over = true;
			wake();
			await house.clock.advance(200);
		},
		aborted: () => signal?.aborted === true,
		returned: () => returned,
	};
}

const many = (from: number, count: number) => Array.from({length: count}, (_, index) => `line ${from + index}`);

describe('a text that goes on', () => {
	it('shows its end as lines come, and is left with all that belongs to it', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('first');
		await house.keys('d');
		house.deck.setTextArea({cells: 20, rows: 3});
		await far.send(...many(0, 10));
		expect(page()).toEqual(['line 7', 'line 8', 'line 9']);
		await far.send('\u001b[31mred\u202e');
		expect(page().at(-1)).toBe('red<202e>');
		expect(far.aborted()).toBe(false);
		await house.keys('esc');
		await house.clock.settle();
		expect([far.aborted(), far.returned()]).toEqual([true, 1]);
	});

	it('is left when the deck is closed', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('first');
		await house.keys('d');
		house.deck.close();
		await house.clock.settle();
		expect([far.aborted(), far.returned()]).toEqual([true, 1]);
	});

	it('holds still when it is scrolled up or told to, counts what comes, and goes on with G', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document(...many(0, 20));
		await house.keys('d');
		house.deck.setTextArea({cells: 20, rows: 3});
		await house.keys('k');
		expect(page()).toEqual(['line 16', 'line 17', 'line 18']);
		await far.send(...many(20, 5));
		expect(page()).toEqual(['line 16', 'line 17', 'line 18']);
		expect(layer().text.shown(layer().heldAt)).toBe(5);
		await house.keys('G');
		expect([layer().top, page().at(-1)]).toEqual(['end', 'line 24']);
		await house.keys('f');
		await far.send('more');
		expect(page().at(-1)).toBe('line 24');
		await house.keys('pagedown');
		expect(layer().top).toBe('end');
		await house.keys('f', 'f');
		expect(page().at(-1)).toBe('more');
	});

	it('keeps following when all of it is on the screen and one presses up', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('a');
		await house.keys('d', 'k');
		expect(layer().top).toBe('end');
	});

	it('tells why it ended, and what it ended with stays', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('a');
		await house.keys('d');
		await far.fail(new AdapterError('denied', 'not allowed any more', 'ask for it'));
		expect([layer().follows, ...text()]).toEqual(['ended', 'a', 'not allowed any more', 'ask for it']);
		await house.keys('f');
		expect(house.notice()).toMatch(/no more lines come/);
	});

	it('is read again from its start with r, and the stream before it is left', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('a');
		await house.keys('d');
		await far.send('b');
		const again = stream();
		house.far.read = async () => again.document('c');
		await house.keys('r');
		await again.send('d');
		expect([far.aborted(), ...text()]).toEqual([true, 'c', 'd']);
	});

	it('shows only lines that pass the filter, also those that come, and says what is wrong with it', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async () => far.document('error one', 'fine', 'error two');
		await house.keys('d', '&');
		await house.type('error');
		expect(text()).toEqual(['error one', 'error two']);
		await far.send('fine too', 'ERROR three');
		expect(text()).toEqual(['error one', 'error two', 'ERROR three']);
		await house.type(' /(/');
		await house.keys('enter');
		expect(house.notice()).toMatch(/is no regular expression/);
		await house.keys('esc');
		expect([house.layer(), text().length]).toEqual(['document', 5]);
		await house.keys('&');
		await house.type('level>=error');
		await house.keys('enter');
		expect([house.layer(), layer().filter, ...text()]).toEqual(['document', 'level>=error', 'ERROR three']);
	});

	it('searches, wraps, shows time stamps, and moves sideways', async () => {
		house = await openHouse();
		const at = '2026-11-22T14:05:22.123456789Z';
		house.far.read = async () => ({title: 'T', lines: [{text: `${'x'.repeat(50)}needle`, at}], reads: []});
		await house.keys('d');
		house.deck.setTextArea({cells: 40, rows: 3});
		const stamp = () => pageOf(layer().text, layer().top, layoutOf(house.deck, layer())).drawn[0]?.stamp;
		expect(page()).toEqual(['x'.repeat(40), `${'x'.repeat(10)}needle`]);
		await house.keys('right');
		expect(house.notice()).toBe('lines are wrapped; w changes that');
		await house.keys('w', 'right', 'right');
		expect(page()).toEqual([`${'x'.repeat(10)}needle`]);
		await house.keys('left', 'left', 'left');
		expect(page()).toEqual(['x'.repeat(40)]);
		expect(stamp()).toBe('');
		await house.keys('t');
		expect(stamp()).toBe('14:05:22.123');
	});

	it('is saved as it is shown, with whole moments', async () => {
		house = await openHouse();
		const line = {text: 'bad', at: '2026-11-22T14:05:22.123456789Z', lead: {text: 'api', hue: 1}};
		house.far.read = async () => ({title: 'A log', lines: [line, {text: 'good'}], reads: []});
		await house.keys('d', '&');
		await house.type('bad');
		await house.keys('enter', 's');
		expect(house.saved).toEqual([{name: 'A log', lines: ['2026-11-22T14:05:22.123456789Z api bad']}]);
		expect(house.notice()).toBe('1 lines saved to saved/A log.txt');
	});
});

describe('a text with dials and typed params', () => {
	const counted = async (_row: unknown, {params, rows}: InspectionContext<Row, unknown>) => ({
		title: `Opened with ${params['amount'] ?? 'nothing'}`,
		lines: rows.map(({id}) => ({text: id})),
		reads: [],
	});

	it('is opened again in its place with other params, looked at in the same way', async () => {
		house = await openHouse();
		const far = stream();
		house.far.read = async (row, context) =>
			context.params['amount'] === '1' ? far.document('1') : counted(row, context);
		await house.keys('m', 'w');
		expect(layer().dials?.map(({key, title, shown}) => [key, title, shown])).toEqual([['x', 'Amount', '1']]);
		await house.keys('x');
		expect([layer().title, layer().wrap, far.aborted()]).toEqual(['Opened with 2', false, true]);
		await house.keys('x', 'esc');
		expect(house.layer()).toBeUndefined();
	});

	it('is opened on all marked rows', async () => {
		house = await openHouse();
		house.far.read = counted;
		await house.keys('space', 'j', 'j', 'space', 'm');
		expect(text()).toEqual(['a', 'c']);
	});

	it('asks first, and offers what was typed before', async () => {
		house = await openHouse();
		house.far.read = counted;
		const typeAnew = async (value: string) => {
			await house.keys('x', 'ctrl+u');
			await house.type(value);
		};
		for (const value of ['7', '8', '7']) {
			await typeAnew(value);
			await house.keys('enter', 'esc');
		}
		await typeAnew('nonsense');
		await house.keys('enter');
		expect(house.layer()).toBe('params');
		const values = () => {
			const top = house.deck.session.get().layers.at(-1);
			return top?.kind === 'params' ? top.values : undefined;
		};
		await house.keys('up');
		expect(values()).toEqual(['7']);
		await house.keys('up');
		expect(values()).toEqual(['8']);
		await house.keys('up', 'down');
		expect(values()).toEqual(['7']);
		await house.keys('enter');
		expect(layer().title).toBe('Opened with 7');
	});
});
