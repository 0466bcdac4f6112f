import {afterEach, describe, expect, it} from 'vitest';
import type {ScenarioName} from '../../demo/scenario.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import type {RemedyState} from '../../src/remedy/remedy-state.ts';
import {App} from '../../views/app.tsx';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, type DemoOptions, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

let demo: DemoDeck;
let terminal: TestTerminal;
let afterPaint: (() => void)[] = [];

afterEach(async () => {
	terminal.unmount();
	await demo.close();
});

async function open(scenario: ScenarioName, columns: number, rows: number, options: DemoOptions = {}): Promise<void> {
	demo = await openDemoDeck(scenario, options);
	const {deck} = demo;
	afterPaint = [];
	const theme = createTheme('none', false);
	terminal = mountTestTerminal(<App deck={deck} theme={theme} afterPaint={call => afterPaint.push(call)} />, {
		columns,
		rows,
		onKey: event => {
			if (event.type === 'key') dispatchKey(deck, event.key, event.text, event.alone);
		},
	});
	// Rates need two reads.
	await demo.advance(11);
}

/** The screen once nothing changes any more, so that a question on it can be answered. */
async function screen(): Promise<string> {
	demo.deck.notifyChanged();
	await terminal.screen();
	for (const call of afterPaint.splice(0)) call();
	return `${await terminal.screen()}\n`;
}

async function keys(...names: readonly string[]): Promise<void> {
	for (const name of names) {
		// What was due is read meanwhile.
		if (name === 'y' || name === 'enter') await demo.clock.advance(300);
		terminal.key(name);
		await demo.clock.settle();
	}
}

async function until(holds: () => boolean): Promise<void> {
	for (let turn = 0; turn < 4000 && !holds(); turn += 1) await new Promise(resolve => setTimeout(resolve, 1));
	await screen();
}

const reach = (state: RemedyState) =>
	until(
		() =>
			demo.deck.options.runner.state.get()?.state === state &&
			(state !== 'done' || demo.audit.last.get()?.kind === 'verify'),
	);

const golden = async (what: string, size: string) =>
	expect(await screen()).toMatchFileSnapshot(`__frames__/${what}.${size}.txt`);

const ids = ['pods', 'top', 'slow-queries', 'redis-memory', 'consumer-lag', 'targets'] as const;

describe.each([
	['calm', 'calm'],
	['trouble', 'default'],
] as const)('in %s', (word, scenario) => {
	it.each([
		[120, 40],
		[200, 50],
	])('all six panes at %ix%i', async (columns, rows) => {
		await open(scenario, columns, rows);
		await golden(`deck-${word}`, `${columns}x${rows}`);
	});

	it('one pane at a time at 80x24', async () => {
		await open(scenario, 80, 24);
		for (const [index, id] of ids.entries()) {
			await keys(String(index + 1));
			await screen();
			await demo.advance(11);
			await golden(`${id}-${word}`, '80x24');
		}
	});

	it('one pane at 60x15, and the message for a screen that is too small', async () => {
		await open(scenario, 60, 15);
		await golden(`deck-${word}`, '60x15');
		await terminal.resize({columns: 59, rows: 14});
		expect((await screen()).trimEnd()).toBe('midwatch needs a terminal of at least 60x15; this is 59x14');
		await terminal.resize({columns: 20, rows: 5});
		expect((await screen()).trimEnd()).toBe('needs 60x15');
	});
});

describe('above the deck', () => {
	it.each([
		['help', '?'],
		['palette', ':'],
		['targets', 't'],
		['findings', '!'],
		['actions', 'a'],
		['quit', 'q'],
		['zoomed', 'z'],
	] as const)('%s', async (what, key) => {
		await open('default', 80, 24);
		await keys('3', key);
		await demo.advance(2);
		await golden(what, '80x24');
	});

	it('the sources of a pane', async () => {
		await open('default', 80, 24);
		await keys('6', '=');
		await golden('reads', '80x24');
	});

	it('a document and the lock tree', async () => {
		await open('default', 80, 24);
		await keys('3', 'd');
		await golden('statement', '80x24');
		await keys('q', 'l');
		await golden('lock-tree', '80x24');
	});

	it('the screen without targets', async () => {
		await open('default', 80, 24, {empty: true});
		await golden('empty', '80x24');
		await terminal.resize({columns: 200, rows: 50});
		await golden('empty', '200x50');
	});
});

describe('a confirmation', () => {
	it('is answered by typing, run, and recorded', async () => {
		await open('default', 80, 24, {open: true});
		await keys('3', 'T');
		await reach('ready');
		await golden('confirm-typed', '80x24');
		for (const character of '4411') terminal.key(character);
		await golden('confirm-typed-full', '80x24');
		await keys('enter');
		await reach('done');
		await golden('confirm-done', '80x24');
		await keys('enter', 'v');
		await until(() => demo.deck.records.get().length > 0);
		await golden('audit', '80x24');
	});

	it('has blank lines on a high screen', async () => {
		await open('default', 120, 40, {open: true});
		await keys('3', 'T');
		await reach('ready');
		await golden('confirm-typed', '120x40');
	});

	it('covers all marked rows, and removes the marks once it was sent', async () => {
		await open('default', 80, 24, {open: true});
		await keys('3', 'space', 'j', 'space', 'j', 'space', 'j', 'T');
		await reach('ready');
		await golden('confirm-several', '80x24');
		await keys('pagedown');
		await golden('confirm-several-end', '80x24');
		for (const text of ['sessions', '3', 'they are stuck']) {
			for (const character of text) terminal.key(character);
			if (text !== 'they are stuck') await keys('enter');
		}
		await demo.advance(4);
		await screen();
		await keys('enter');
		await reach('done');
		expect(demo.deck.options.runner.state.get()?.state).toBe('done');
		await golden('confirm-several-done', '80x24');
		await keys('enter');
		expect(await screen()).not.toContain('marked');
	});

	it('has a form for the value first, and requires one key where nothing is lost', async () => {
		await open('default', 80, 24, {open: true});
		await keys('4', 'M');
		await golden('params', '80x24');
		await keys('enter');
		await reach('ready');
		await golden('confirm-key', '80x24');
		await keys('y');
		await golden('confirm-key-once', '80x24');
		await keys('enter');
		await reach('done');
		await keys('enter', 'u');
		await golden('undo', '80x24');
	});

	it('requires more where data is lost', async () => {
		await open('default', 80, 24, {open: true});
		await keys('4', 'M', 'ctrl+u');
		for (const character of '1gb') terminal.key(character);
		await keys('enter');
		await reach('ready');
		await golden('confirm-count-reason', '80x24');
	});

	it('is not answered on a screen too small for it before it was read to its end', async () => {
		await open('default', 60, 15, {open: true});
		await keys('3', 'T');
		await reach('ready');
		await golden('confirm-paged', '60x15');
		expect(demo.deck.canAnswer()).toBe(false);
		await keys('pagedown', 'pagedown', 'pagedown', 'pagedown', 'pagedown');
		await golden('confirm-paged-end', '60x15');
		expect(demo.deck.canAnswer()).toBe(true);
		await keys('pageup');
		await screen();
		expect(demo.deck.canAnswer()).toBe(false);
	});

	it('cannot be answered any more once the terminal is too small for it', async () => {
		await open('default', 120, 40, {open: true});
		await keys('3', 'T');
		await reach('ready');
		expect(demo.deck.canAnswer()).toBe(true);
		await terminal.resize({columns: 59, rows: 14});
		await screen();
		expect(demo.deck.canAnswer()).toBe(false);
		await terminal.resize({columns: 120, rows: 40});
		await screen();
		expect(demo.deck.canAnswer()).toBe(true);
	});

	it('is refused on a guarded target, with what to do', async () => {
		await open('default', 80, 24);
		await keys('3', 'T');
		await golden('refused', '80x24');
	});
});

describe('consumer lag', () => {
	it.each([
		[80, 24],
		[120, 40],
		[200, 50],
	])('alone at %ix%i, with every evaluation', async (columns, rows) => {
		await open('storm', columns, rows);
		await keys('5', ...(columns === 80 ? [] : ['z']));
		await demo.advance(50);
		await golden('consumer-lag-storm', `${columns}x${rows}`);
	});

	it('is inspected by partition, and reset past a message', async () => {
		await open('lag', 120, 40, {open: true});
		await keys('5', 'z');
		await demo.advance(40);
		await keys('l');
		await until(() => demo.deck.session.get().layers.at(-1)?.kind === 'document');
		await demo.advance(1);
		await golden('kafka-partitions', '120x40');
		await keys('q', 'R');
		await golden('reset-offsets-params', '120x40');
		await keys('enter');
		await reach('ready');
		await golden('reset-offsets', '120x40');
	});
});

describe('a PromQL query', () => {
	const ask = async (text: string) => {
		await keys('6', 'x');
		await until(() => demo.deck.session.get().layers.at(-1)?.kind === 'params');
		await keys('ctrl+u');
		for (const character of text) terminal.key(character === ' ' ? 'space' : character);
	};
	const answered = () =>
		until(() => {
			const top = demo.deck.session.get().layers.at(-1);
			return top?.kind === 'document' && top.state !== 'loading';
		});

	it.each([
		[80, 24],
		[120, 40],
		[200, 50],
	])('is answered by a graph and a table at %ix%i', async (columns, rows) => {
		await open('scrape', columns, rows);
		await ask('sum by (job) (up)');
		if (rows === 24) await golden('query-prompt', '80x24');
		await keys('enter');
		await answered();
		await golden('query-graph', `${columns}x${rows}`);
	});

	it('has a range that keys change, and an error that is shown with its position', async () => {
		await open('scrape', 80, 24);
		await ask('up{job="checkout-api"}');
		await keys('enter');
		await answered();
		await keys(']');
		await answered();
		expect(await screen()).toContain('up{job="checkout-api"}  6h');
		await keys('q');
		await ask('sum(up');
		await keys('enter');
		await answered();
		await golden('query-mistake', '80x24');
	});
});
