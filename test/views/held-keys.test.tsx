import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Row} from '../../src/contract/row.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import {App} from '../../views/app.tsx';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

let demo: DemoDeck;
let terminal: TestTerminal;

/** The demo's pods have one. */
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

	/** Index of the row under the cursor, as the screen shows it and as the deck has it. */
	async function cursor(): Promise<number> {
		const entry = demo.deck.currentRow();
		const at = demo.deck.focusedView().entries.findIndex(({key}) => key === entry?.key);
		const shown = (await terminal.screen()).split('\n').find(line => line.includes('▸')) ?? '';
		expect(shown).toContain(entry === undefined ? 'a row' : nameOf(entry.row).slice(0, 6));
		return at;
	}

	it('are all taken and painted once, when they come in one piece', async () => {
		const frames = terminal.frames().length;
		terminal.input('j'.repeat(150));
		expect(await cursor()).toBe(150);
		expect(terminal.frames()).toHaveLength(frames + 1);
		terminal.input('\u001b[A'.repeat(70));
		expect(await cursor()).toBe(80);
		expect(terminal.frames()).toHaveLength(frames + 2);
	});

	it('are all taken while a frame is under way, and then painted once', async () => {
		terminal.stall(true);
		const frames = terminal.frames().length;
		for (let key = 0; key < 40; key += 1) {
			terminal.input('\u001b');
			terminal.input('[');
			terminal.input('B');
			await new Promise(resolve => setImmediate(resolve));
		}
		// One frame was under way when the others came: it and the newest are all that is written.
		terminal.stall(false);
		expect(await cursor()).toBe(40);
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
