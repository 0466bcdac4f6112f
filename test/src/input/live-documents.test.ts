import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import type {Context} from '../../../src/contract/context.ts';
import type {Document, DocumentLine} from '../../../src/contract/document.ts';
import type {InspectionContext} from '../../../src/contract/inspection.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import {documentLayout, shownLines} from '../../../src/input/document-keys.ts';
import {currentDocument, type DocumentLayer} from '../../../src/session/session.ts';
import {layOutPage} from '../../../src/session/text-page.ts';
import {loadPatterns} from '../../../src/text/pattern.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';

beforeAll(loadPatterns);

let fixture: DeckFixture;
afterEach(() => fixture.close());

function layer(): DocumentLayer {
	const found = currentDocument(fixture.deck.session.get());
	if (found === undefined) throw new Error(`no text is open, but ${fixture.layer()}`);
	return found;
}

const text = () => [...shownLines(layer().text, false)];
const page = () =>
	layOutPage(layer().text, layer().top, documentLayout(fixture.deck, layer())).drawn.map(drawn => drawn.text);

/** A follow stream whose lines the test gives. */
function stream() {
	const queue: (readonly DocumentLine[])[] = [];
	let wake = () => {};
	let signal: AbortSignal | undefined;
	let returned = 0;
	let failure: Error | undefined;
	let over = false;
	async function* follow(context: Context): AsyncGenerator<readonly DocumentLine[]> {
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
			cliEquivalent: [],
			follow,
		}),
		async send(...lines: readonly (string | DocumentLine)[]) {
			queue.push(lines.map(line => (typeof line === 'string' ? {text: line} : line)));
			wake();
			await fixture.clock.advance(200);
		},
		async fail(error: Error) {
			failure = error;
			wake();
			await fixture.clock.advance(200);
		},
		async end() {
			over = true;
			wake();
			await fixture.clock.advance(200);
		},
		aborted: () => signal?.aborted === true,
		returned: () => returned,
	};
}

const many = (from: number, count: number) => Array.from({length: count}, (_, index) => `line ${from + index}`);

describe('a followed document', () => {
	it('shows its end as lines arrive, and ends its stream when it is closed', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('first');
		await fixture.pressKeys('d');
		fixture.deck.setTextArea({cells: 20, rows: 3});
		await source.send(...many(0, 10));
		expect(page()).toEqual(['line 7', 'line 8', 'line 9']);
		await source.send('\u001b[31mred\u202e');
		expect(page().at(-1)).toBe('red<202e>');
		expect(source.aborted()).toBe(false);
		await fixture.pressKeys('esc');
		await fixture.clock.settle();
		expect([source.aborted(), source.returned()]).toEqual([true, 1]);
	});

	it('ends its stream when the deck is closed', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('first');
		await fixture.pressKeys('d');
		fixture.deck.close();
		await fixture.clock.settle();
		expect([source.aborted(), source.returned()]).toEqual([true, 1]);
	});

	it('pauses when it is scrolled up or paused by a key, counts new lines, and goes on with G', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document(...many(0, 20));
		await fixture.pressKeys('d');
		fixture.deck.setTextArea({cells: 20, rows: 3});
		await fixture.pressKeys('k');
		expect(page()).toEqual(['line 16', 'line 17', 'line 18']);
		await source.send(...many(20, 5));
		expect(page()).toEqual(['line 16', 'line 17', 'line 18']);
		expect(layer().text.shownCount(layer().pausedAtLine)).toBe(5);
		await fixture.pressKeys('G');
		expect([layer().top, page().at(-1)]).toEqual(['end', 'line 24']);
		await fixture.pressKeys('f');
		await source.send('more');
		expect(page().at(-1)).toBe('line 24');
		await fixture.pressKeys('pagedown');
		expect(layer().top).toBe('end');
		await fixture.pressKeys('f', 'f');
		expect(page().at(-1)).toBe('more');
	});

	it('keeps following on up when all of it is on the screen', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('a');
		await fixture.pressKeys('d', 'k');
		expect(layer().top).toBe('end');
	});

	it('shows why it ended, and keeps its last lines', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('a');
		await fixture.pressKeys('d');
		await source.fail(new AdapterError('denied', 'not allowed any more', 'ask for it'));
		expect([layer().followState, ...text()]).toEqual(['ended', 'a', 'not allowed any more', 'ask for it']);
		await fixture.pressKeys('f');
		expect(fixture.notice()).toMatch(/this text is not followed/);
	});

	it('is read again from its start with r, which ends the previous stream', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('a');
		await fixture.pressKeys('d');
		await source.send('b');
		const again = stream();
		fixture.server.read = async () => again.document('c');
		await fixture.pressKeys('r');
		await again.send('d');
		expect([source.aborted(), ...text()]).toEqual([true, 'c', 'd']);
	});

	it('shows only lines that pass the filter, also those that come, and says what is wrong with it', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async () => source.document('error one', 'fine', 'error two');
		await fixture.pressKeys('d', '&');
		await fixture.type('error');
		expect(text()).toEqual(['error one', 'error two']);
		await source.send('fine too', 'ERROR three');
		expect(text()).toEqual(['error one', 'error two', 'ERROR three']);
		await fixture.type(' /(/');
		await fixture.pressKeys('enter');
		expect(fixture.notice()).toMatch(/is no regular expression/);
		await fixture.pressKeys('esc');
		expect([fixture.layer(), text().length]).toEqual(['document', 5]);
		await fixture.pressKeys('&');
		await fixture.type('level>=error');
		await fixture.pressKeys('enter');
		expect([fixture.layer(), layer().filter, ...text()]).toEqual(['document', 'level>=error', 'ERROR three']);
	});

	it('searches, wraps, shows time stamps, and moves sideways', async () => {
		fixture = await openDeckFixture();
		const at = '2026-11-22T14:05:22.123456789Z';
		fixture.server.read = async () => ({title: 'T', lines: [{text: `${'x'.repeat(50)}needle`, at}], cliEquivalent: []});
		await fixture.pressKeys('d');
		fixture.deck.setTextArea({cells: 40, rows: 3});
		const stamp = () => layOutPage(layer().text, layer().top, documentLayout(fixture.deck, layer())).drawn[0]?.stamp;
		expect(page()).toEqual(['x'.repeat(40), `${'x'.repeat(10)}needle`]);
		await fixture.pressKeys('right');
		expect(fixture.notice()).toBe('lines are wrapped; w changes that');
		await fixture.pressKeys('w', 'right', 'right');
		expect(page()).toEqual([`${'x'.repeat(10)}needle`]);
		await fixture.pressKeys('left', 'left', 'left');
		expect(page()).toEqual(['x'.repeat(40)]);
		expect(stamp()).toBe('');
		await fixture.pressKeys('t');
		expect(stamp()).toBe('14:05:22.123');
	});

	it('is saved as it is shown, with complete time stamps', async () => {
		fixture = await openDeckFixture();
		const line = {text: 'bad', at: '2026-11-22T14:05:22.123456789Z', sourceLabel: {text: 'api', hue: 1}};
		fixture.server.read = async () => ({title: 'A log', lines: [line, {text: 'good'}], cliEquivalent: []});
		await fixture.pressKeys('d', '&');
		await fixture.type('bad');
		await fixture.pressKeys('enter', 's');
		expect(fixture.saved).toEqual([{name: 'A log', lines: ['2026-11-22T14:05:22.123456789Z api bad']}]);
		expect(fixture.notice()).toBe('1 lines saved to saved/A log.txt');
	});
});

describe('a document with options and typed params', () => {
	const counted = async (_row: unknown, {params, rows}: InspectionContext<Row, unknown>) => ({
		title: `Opened with ${params['amount'] ?? 'nothing'}`,
		lines: rows.map(({id}) => ({text: id})),
		cliEquivalent: [],
	});

	it('is opened again in its place with other params, looked at in the same way', async () => {
		fixture = await openDeckFixture();
		const source = stream();
		fixture.server.read = async (row, context) =>
			context.params['amount'] === '1' ? source.document('1') : counted(row, context);
		await fixture.pressKeys('m', 'w');
		expect(layer().documentOptions?.map(({key, title, shown}) => [key, title, shown])).toEqual([['x', 'Amount', '1']]);
		await fixture.pressKeys('x');
		expect([layer().title, layer().wrap, source.aborted()]).toEqual(['Opened with 2', false, true]);
		await fixture.pressKeys('x', 'esc');
		expect(fixture.layer()).toBeUndefined();
	});

	it('is opened on all marked rows', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = counted;
		await fixture.pressKeys('space', 'j', 'j', 'space', 'm');
		expect(text()).toEqual(['a', 'c']);
	});

	it('prompts first, and offers earlier values', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = counted;
		const enterValue = async (value: string) => {
			await fixture.pressKeys('x', 'ctrl+u');
			await fixture.type(value);
		};
		for (const value of ['7', '8', '7']) {
			await enterValue(value);
			await fixture.pressKeys('enter', 'esc');
		}
		await enterValue('nonsense');
		await fixture.pressKeys('enter');
		expect(fixture.layer()).toBe('params');
		const values = () => {
			const top = fixture.deck.session.get().layers.at(-1);
			return top?.kind === 'params' ? top.values : undefined;
		};
		await fixture.pressKeys('up');
		expect(values()).toEqual(['7']);
		await fixture.pressKeys('up');
		expect(values()).toEqual(['8']);
		await fixture.pressKeys('up', 'down');
		expect(values()).toEqual(['7']);
		await fixture.pressKeys('enter');
		expect(layer().title).toBe('Opened with 7');
	});
});
