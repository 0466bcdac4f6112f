import {afterEach, describe, expect, it, vi} from 'vitest';
import type {Document} from '../../../src/contract/document.ts';
import {AdapterError} from '../../../src/errors.ts';
import {layoutOf, shownLines} from '../../../src/input/document-keys.ts';
import type {DocumentLayer} from '../../../src/session/session.ts';
import {topOf} from '../../../src/session/text-page.ts';
import {type House, openHouse} from './deck-fixture.ts';

let house: House;
afterEach(() => house.close());

function document(): DocumentLayer {
	const layer = house.deck.session.get().layers.at(-1);
	if (layer?.kind !== 'document') throw new Error(`no document is open, but ${layer?.kind}`);
	return layer;
}

const text = () => [...shownLines(document().text, false)];
const top = () => topOf(document().text, document().top, layoutOf(house.deck, document()));
const told = (title: string, ...lines: string[]): Document => ({
	title,
	lines: lines.map(line => ({text: line})),
	reads: [],
});

describe('a document', () => {
	it('opens with enter, clean, with what it was read by', async () => {
		house = await openHouse();
		house.far.read = async () => ({title: 'Job', lines: [{text: 'one\u001b[2J\ntwo\u202e'}], reads: ['jobctl show a']});
		await house.keys('enter');
		expect(document().state).toBe('ready');
		expect(text()).toEqual(['one', 'two<202e>', '', 'read by', '  jobctl show a']);
		await house.keys('c');
		expect(house.copied).toEqual(['one\ntwo<202e>\n\nread by\n  jobctl show a']);
		await house.keys('q');
		expect(house.layer()).toBeUndefined();
	});

	it('tells a failure in its place, and reads again with r', async () => {
		house = await openHouse();
		house.far.read = async () => {
			throw new AdapterError('denied', 'permission denied for jobs', 'GRANT SELECT ON jobs TO tester');
		};
		await house.keys('d');
		expect(document().state).toBe('failed');
		expect(text()).toEqual(['permission denied for jobs', 'GRANT SELECT ON jobs TO tester', '', 'r reads it again']);
		house.far.read = async () => told('Job', 'better');
		await house.keys('r');
		expect([document().state, ...text()]).toEqual(['ready', 'better']);
	});

	it('gives up a text that does not come', async () => {
		house = await openHouse();
		house.far.read = () => new Promise(() => {});
		await house.keys('d');
		expect(document().state).toBe('loading');
		await house.clock.advance(10_001);
		expect(document().state).toBe('failed');
		expect(text()[0]).toBe('no answer within 10 s');
	});

	it('does not put a late answer into another text', async () => {
		house = await openHouse();
		let answer: (document: Document) => void = () => {};
		house.far.read = () =>
			new Promise(resolve => {
				answer = resolve;
			});
		await house.keys('d', 'esc');
		house.far.read = async () => told('Second', 'second');
		await house.keys('d');
		answer(told('First', 'first'));
		await house.clock.settle();
		expect([document().title, ...text()]).toEqual(['Second', 'second']);
	});

	it('is read once at a time, however often r is pressed', async () => {
		house = await openHouse();
		let reads = 0;
		house.far.read = () => {
			reads += 1;
			return new Promise(() => {});
		};
		await house.keys('d', 'r', 'r', 'r');
		expect(reads).toBe(1);
	});

	it('scrolls by drawn lines, also within one long line, and no further than its last page', async () => {
		house = await openHouse();
		house.far.read = async () => told('Long', 'x'.repeat(1000));
		await house.keys('d');
		house.deck.setTextArea({cells: 10, rows: 20});
		await house.keys('j', 'j', 'ctrl+d');
		expect(top()).toEqual({line: 0, part: 12});
		await house.keys('space');
		expect(top()).toEqual({line: 0, part: 32});
		await house.keys('G');
		expect(top()).toEqual({line: 0, part: 80});
		await house.keys('j', 'k');
		expect(top()).toEqual({line: 0, part: 79});
		await house.keys('ctrl+u', 'pageup', 'pageup', 'pageup', 'pageup');
		expect(top()).toEqual({line: 0, part: 0});
	});

	it('searches, goes on with n and N, and leaves them harmless without a search', async () => {
		house = await openHouse();
		const lines = Array.from({length: 50}, (_, index) => (index % 20 === 5 ? `Needle ${index}` : `line ${index}`));
		house.far.read = async () => told('Many', ...lines);
		await house.keys('d');
		house.deck.setTextArea({cells: 40, rows: 10});
		await house.keys('n', 'N');
		expect(document().top).toEqual({line: 0, part: 0});
		await house.keys('/');
		await house.type('needle');
		await house.keys('enter');
		expect(document().top).toEqual({line: 5, part: 0});
		await house.keys('n');
		expect(document().top).toEqual({line: 25, part: 0});
		await house.keys('n', 'n');
		expect(document().top).toEqual({line: 5, part: 0});
		await house.keys('N');
		expect(document().top).toEqual({line: 45, part: 0});
		await house.keys('/');
		await house.type('nowhere');
		await house.keys('enter');
		expect(house.notice()).toBe('no line has nowhere');
		expect(document().top).toEqual({line: 45, part: 0});
	});

	it('filters by an expression as soon as its engine is loaded, also by one that takes for ever elsewhere', async () => {
		house = await openHouse();
		house.far.read = async () => told('Job', 'one', `${'a'.repeat(60)}!`, 'two', 'aaa');
		await house.keys('d', '&');
		await house.type('/(a+)+$/');
		const under = house.deck.session.get().layers.at(-2);
		if (under?.kind !== 'document') throw new Error('no document is open');
		await vi.waitFor(() => expect(under.text.shown()).toBe(1));
	});

	it('tells with = how the pane was read', async () => {
		house = await openHouse();
		await house.keys('=');
		expect(text()).toEqual([
			'jobs of db',
			'  live, read 0s ago, took 0ms, every 2s, cheap',
			"  psql -h db -c 'SELECT * FROM jobs'",
			'',
		]);
	});
});
