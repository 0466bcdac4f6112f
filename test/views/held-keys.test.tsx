import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Row} from '../../src/contract/row.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import {App} from '../../views/app.tsx';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

let demo: DemoDeck;
let terminal: TestTerminal;

/** The name of a row; its id for rows without a name. */
const nameOf = (row: Row) => ('name' in row ? String(row.name) : row.id);

const show = () =>
	mountTestTerminal(<App deck={demo.deck} theme={createTheme('none', false)} afterPaint={call => call()} />, {
		columns: 120,
		rows: 40,
		onKey(event) {
			if (event.type === 'key') dispatchKey(demo.deck, event.key, event.text, event.alone);
		},
	});

afterEach(async () => {
	terminal.unmount();
	await demo.close();
});

describe('keys that come faster than frames', () => {
	beforeEach(async () => {
		demo = await openDemoDeck('still', {only: 'kubernetes'});
		terminal = show();
		await terminal.screen();
	});

	/** The index of the deck's current row. Asserts that the screen marks the row of that name (its first 6 letters). */
	async function shownCursorIndex(): Promise<number> {
		const entry = demo.deck.currentRow();
		if (entry === undefined) throw new Error('the deck has no current row');
		const markedLine = (await terminal.screen()).split('\n').find(line => line.includes('▸')) ?? '';
		expect(markedLine).toContain(nameOf(entry.row).slice(0, 6));
		return demo.deck.focusedView().entries.findIndex(({key}) => key === entry.key);
	}

	it('are all handled and painted once, when they come in one piece', async () => {
		const frames = terminal.frames().length;
		terminal.input('j'.repeat(150));
		expect(await shownCursorIndex()).toBe(150);
		expect(terminal.frames()).toHaveLength(frames + 1);
		terminal.input('\u001b[A'.repeat(70));
		expect(await shownCursorIndex()).toBe(80);
		expect(terminal.frames()).toHaveLength(frames + 2);
	});

	it('are all handled while a frame is being written, and then painted once', async () => {
		// The terminal stops taking output: the frame that is sent next waits.
		terminal.stall(true);
		const frames = terminal.frames().length;
		for (let key = 0; key < 40; key += 1) {
			terminal.input('\u001b');
			terminal.input('[');
			terminal.input('B');
			await new Promise(resolve => setImmediate(resolve));
		}
		terminal.stall(false);
		expect(await shownCursorIndex()).toBe(40);
		// Two frames: the one that was waiting, and one with all other keys.
		expect(terminal.frames()).toHaveLength(frames + 2);
	});

	it('are typed into a field in their order, none lost and none twice', async () => {
		const text = 'The quick brown fox, 19 jumps';
		terminal.stall(true);
		terminal.input('/');
		for (const character of text) {
			terminal.input(character);
			await new Promise(resolve => setImmediate(resolve));
		}
		terminal.stall(false);
		expect((await terminal.screen()).split('\n').at(-1)).toContain(`/${text}▏`);
	});
});

it('a second in which nothing changes sends the new digits of the clock and nothing else', async () => {
	demo = await openDemoDeck('still', {empty: true});
	terminal = show();
	await terminal.screen();
	terminal.takeBytes();
	for (let second = 0; second < 3; second += 1) {
		await demo.clock.advance(1000);
		demo.deck.notifyChanged();
		await terminal.screen();
		const frame = terminal.frames().at(-1) ?? '';
		// A move to the place, the digits, and styles around them.
		expect(frame.replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, '')).toMatch(/^\d{1,2}$/);
		expect(terminal.takeBytes()).toBeLessThanOrEqual(20);
	}
});
