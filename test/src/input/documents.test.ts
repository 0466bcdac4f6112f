import {afterEach, describe, expect, it} from 'vitest';
import type {Document} from '../../../src/contract/document.ts';
import {AdapterError} from '../../../src/errors.ts';
import {documentLayout, shownLines} from '../../../src/input/document-keys.ts';
import type {DocumentLayer} from '../../../src/session/session.ts';
import {pageTop} from '../../../src/session/text-page.ts';
import {eventually} from '../../time-left.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';
import {memoryRow} from './memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

function document(): DocumentLayer {
	const layer = fixture.deck.session.get().layers.at(-1);
	if (layer?.kind !== 'document') throw new Error(`no document is open, but ${layer?.kind}`);
	return layer;
}

const text = () => [...shownLines(document().text, false)];
const top = () => pageTop(document().text, document().top, documentLayout(fixture.deck, document()));
const documentOf = (title: string, ...lines: string[]): Document => ({
	title,
	lines: lines.map(line => ({text: line})),
	cliEquivalent: [],
});

it('about sources says how each is read, and since when and why a read fails', async () => {
	fixture = await openDeckFixture();
	await fixture.poll();
	await fixture.pressKeys('=');
	expect(text().slice(0, 3)).toEqual([
		expect.stringMatching(/ of db$/),
		expect.stringMatching(/^ {2}live, read \S+ ago, took \S+, every 2s, cheap$/),
		"  psql -h db -c 'SELECT * FROM jobs'",
	]);
	await fixture.pressKeys('q');
	Object.defineProperty(fixture.server, 'rows', {
		get: () => {
			throw new AdapterError('unreachable', 'connection refused', 'Start it.');
		},
	});
	await fixture.poll();
	await fixture.pressKeys('=');
	expect(text().slice(1, 5)).toEqual([
		expect.stringMatching(/^ {2}failed, read \S+ ago/),
		'  connection refused',
		expect.stringMatching(/^ {2}failing since \S+, once: Start it\.$/),
		"  psql -h db -c 'SELECT * FROM jobs'",
	]);
});

it('about sources lists each source of each target with its own notes, and the output of other code', async () => {
	fixture = await openDeckFixture({targets: ['db', 'db-b'], logs: [{...memoryRow('x'), target: 'db'}]});
	Object.assign(fixture.deck.options.effects, {strayOutput: () => ['a warning']});
	fixture.server.notesOf = target => [
		{severity: 'unknown', text: `no sizes of ${target}`, ...(target === 'db' ? {hint: 'grant it'} : {})},
	];
	await fixture.poll();
	await fixture.pressKeys('=');
	const read = expect.stringMatching(/^ {2}live, read \S+ ago, took \S+, every 2s, cheap$/);
	const blockOf = (title: string, target: string, ...notes: readonly string[]) => [
		`${title} of ${target}`,
		read,
		`  psql -h ${target} -c 'SELECT * FROM jobs'`,
		...notes,
		'',
	];
	expect(text()).toEqual([
		...blockOf('jobs', 'db', '  no sizes of db - grant it'),
		...blockOf('jobs', 'db-b', '  no sizes of db-b'),
		...blockOf('logs', 'db'),
		...blockOf('logs', 'db-b'),
		'Output of other code, not shown on the screen',
		'a warning',
	]);
});

describe('a document', () => {
	it('opens with enter, without control characters, with its CLI equivalent', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => ({
			title: 'Job',
			lines: [{text: 'one\u001b[2J\ntwo\u202e'}],
			cliEquivalent: ['jobctl show a'],
		});
		await fixture.pressKeys('enter');
		expect(document().state).toBe('ready');
		expect(text()).toEqual(['one', 'two<202e>', '', 'read by', '  jobctl show a']);
		await fixture.pressKeys('c');
		expect(fixture.copied).toEqual(['one\ntwo<202e>\n\nread by\n  jobctl show a']);
		await fixture.pressKeys('q');
		expect(fixture.layer()).toBeUndefined();
	});

	it('shows a failure in its place, and reads again with r', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => {
			throw new AdapterError('denied', 'permission denied for jobs', 'GRANT SELECT ON jobs TO tester');
		};
		await fixture.pressKeys('d');
		expect(document().state).toBe('failed');
		expect(text()).toEqual(['permission denied for jobs', 'GRANT SELECT ON jobs TO tester', '', 'r reads it again']);
		fixture.server.read = async () => documentOf('Job', 'better');
		await fixture.pressKeys('r');
		expect([document().state, ...text()]).toEqual(['ready', 'better']);
	});

	it('cancels a read that does not end', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = () => new Promise(() => {});
		await fixture.pressKeys('d');
		expect(document().state).toBe('loading');
		await fixture.clock.advance(10_001);
		expect(document().state).toBe('failed');
		expect(text()[0]).toBe('no answer within 10 s');
	});

	it('does not put a late answer into another document', async () => {
		fixture = await openDeckFixture();
		let answer: (document: Document) => void = () => {};
		fixture.server.read = () =>
			new Promise(resolve => {
				answer = resolve;
			});
		await fixture.pressKeys('d', 'esc');
		fixture.server.read = async () => documentOf('Second', 'second');
		await fixture.pressKeys('d');
		answer(documentOf('First', 'first'));
		await fixture.clock.settle();
		expect([document().title, ...text()]).toEqual(['Second', 'second']);
	});

	it('is read once at a time, however often r is pressed', async () => {
		fixture = await openDeckFixture();
		let reads = 0;
		fixture.server.read = () => {
			reads += 1;
			return new Promise(() => {});
		};
		await fixture.pressKeys('d', 'r', 'r', 'r');
		expect(reads).toBe(1);
	});

	it('scrolls by drawn lines, also within one long line, and no further than its last page', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => documentOf('Long', 'x'.repeat(1000));
		await fixture.pressKeys('d');
		fixture.deck.setTextArea({cells: 10, rows: 20});
		await fixture.pressKeys('j', 'j', 'ctrl+d');
		expect(top()).toEqual({line: 0, part: 12});
		await fixture.pressKeys('space');
		expect(top()).toEqual({line: 0, part: 32});
		await fixture.pressKeys('G');
		expect(top()).toEqual({line: 0, part: 80});
		await fixture.pressKeys('j', 'k');
		expect(top()).toEqual({line: 0, part: 79});
		await fixture.pressKeys('ctrl+u', 'pageup', 'pageup', 'pageup', 'pageup');
		expect(top()).toEqual({line: 0, part: 0});
	});

	it('searches with / and then n and N, which do nothing without a search', async () => {
		fixture = await openDeckFixture();
		const lines = Array.from({length: 50}, (_, index) => (index % 20 === 5 ? `Needle ${index}` : `line ${index}`));
		fixture.server.read = async () => documentOf('Many', ...lines);
		await fixture.pressKeys('d');
		fixture.deck.setTextArea({cells: 40, rows: 10});
		await fixture.pressKeys('n', 'N');
		expect(document().top).toEqual({line: 0, part: 0});
		await fixture.pressKeys('/');
		await fixture.type('needle');
		await fixture.pressKeys('enter');
		expect(document().top).toEqual({line: 5, part: 0});
		await fixture.pressKeys('n');
		expect(document().top).toEqual({line: 25, part: 0});
		await fixture.pressKeys('n', 'n');
		expect(document().top).toEqual({line: 5, part: 0});
		await fixture.pressKeys('N');
		expect(document().top).toEqual({line: 45, part: 0});
		await fixture.pressKeys('/');
		await fixture.type('nowhere');
		await fixture.pressKeys('enter');
		expect(fixture.notice()).toBe('no line has nowhere');
		expect(document().top).toEqual({line: 45, part: 0});
	});

	it('filters by a regular expression as soon as its engine is loaded, also by one that backtracks exponentially in other engines', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => documentOf('Job', 'one', `${'a'.repeat(60)}!`, 'two', 'aaa');
		await fixture.pressKeys('d', '&');
		await fixture.type('/(a+)+$/');
		const under = fixture.deck.session.get().layers.at(-2);
		if (under?.kind !== 'document') throw new Error('no document is open');
		await eventually(() => expect(under.text.shownCount()).toBe(1));
	});

	it('shows with = how the pane was read', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('=');
		expect(text()).toEqual([
			'jobs of db',
			'  live, read 0s ago, took 0ms, every 2s, cheap',
			"  psql -h db -c 'SELECT * FROM jobs'",
			'',
		]);
	});
});
