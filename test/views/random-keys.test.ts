import fc from 'fast-check';
import {expect, it} from 'vitest';
import {panes} from '../../bin/panes.ts';
import type {System} from '../../src/contract/system.ts';
import type {Deck} from '../../src/input/deck.ts';
import {dispatchKey, handlePaste} from '../../src/input/dispatch-key.ts';
import {keyBindings} from '../../src/input/keymap.ts';
import {paneSession} from '../../src/session/session.ts';
import {paintFindingStrip} from '../../views/chrome/finding-strip.ts';
import {paintFooter, paintTabs} from '../../views/chrome/footer.ts';
import {paintHeader} from '../../views/chrome/header.ts';
import {paintLayer} from '../../views/modal/paint-layer.ts';
import {paintPane} from '../../views/table/paint-pane.ts';
import {createPaneMemory} from '../../views/table/pane-memory.ts';
import {createTheme} from '../../views/theme.ts';
import {cellsOf} from './arbitraries.ts';
import {openDemoDeck} from './demo-deck.ts';

const theme = createTheme('colour', false);
/** Draws everything as the screen would, holds each row to its width, and lets a question be answered once all of it is seen. */
function look(deck: Deck, columns: number, rows: number): void {
	const session = deck.session.get();
	const {page, ...painted} = paintPane(
		{
			view: deck.focusedView(),
			session: paneSession(session, session.pane),
			number: 1,
			focused: true,
			width: columns,
			height: rows - 4,
			now: deck.now(),
			theme,
		},
		createPaneMemory(),
	);
	deck.setPage(session.pane, page);
	const layer = paintLayer(deck, {columns, rows}, theme);
	const lines = [
		paintHeader(deck, columns, theme),
		...paintFindingStrip(deck, columns, 3, theme),
		...painted.rows,
		paintFooter(deck, columns, theme),
		paintTabs(deck, columns, theme),
	];
	expect(new Set(lines.map(cellsOf))).toEqual(new Set([columns]));
	if (layer !== undefined) {
		expect(new Set(layer.rows.map(cellsOf))).toEqual(new Set([layer.width]));
		expect(layer.left + layer.width).toBeLessThanOrEqual(columns);
		expect(layer.top + layer.rows.length).toBeLessThanOrEqual(rows);
	}
	deck.markQuestionShown(layer?.isComplete === true ? deck.pendingQuestion() : undefined);
}

type Step =
	/** `alone`: in a read of its own. */
	| {readonly do: 'key'; readonly key: string; readonly alone: boolean}
	| {readonly do: 'act'; readonly key: string; readonly pane: string}
	/** Types exactly what is demanded. */
	| {readonly do: 'answer'}
	| {readonly do: 'paste'; readonly text: string}
	| {readonly do: 'wait'; readonly seconds: number}
	| {readonly do: 'look'; readonly columns: number; readonly rows: number};

const fixed = [...new Set(keyBindings(panes).flatMap(binding => binding.keys))].filter(key => key !== 'ctrl+c');
const actionKeys = ['C', 'T', 'M', 'K'];
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 12,
		arbitrary: fc
			.record({key: fc.constantFrom(...fixed, 'd', 'l', 'w', 'e', '%', 'f5'), alone: fc.boolean()})
			.map(one => ({do: 'key' as const, ...one})),
	},
	{
		weight: 6,
		arbitrary: fc
			.record({key: fc.constantFrom(...actionKeys), pane: fc.constantFrom('3', '4')})
			.map(one => ({do: 'act' as const, ...one})),
	},
	{weight: 8, arbitrary: fc.constant({do: 'answer' as const})},
	{
		weight: 1,
		arbitrary: fc.constantFrom('y', 'y\n', '4411\n').map(text => ({do: 'paste' as const, text})),
	},
	{weight: 1, arbitrary: fc.constantFrom(1, 4).map(seconds => ({do: 'wait' as const, seconds}))},
	{
		weight: 8,
		arbitrary: fc
			.constantFrom([60, 15], [80, 24], [120, 40], [200, 50])
			.map(([columns = 0, rows = 0]) => ({do: 'look' as const, columns, rows})),
	},
);

const type = (deck: Deck, text: string) => {
	for (const character of text) dispatchKey(deck, character === ' ' ? 'space' : character, character, true);
};

async function answer(deck: Deck, advance: (seconds: number) => Promise<void>): Promise<void> {
	for (
		let turn = 0;
		turn < 200 && ['previewing', 'checking'].includes(deck.options.runner.state.get()?.state ?? '');
		turn += 1
	)
		await new Promise(resolve => setTimeout(resolve, 1));
	look(deck, 200, 50);
	const remedy = deck.options.runner.state.get();
	if (remedy?.state !== 'ready' || deck.session.get().layers.at(-1)?.kind !== 'confirm') return;
	const {demand} = remedy;
	if (demand.kind === 'key') {
		dispatchKey(deck, 'y', 'y', true);
		dispatchKey(deck, 'enter', undefined, true);
	}
	if (demand.kind === 'type' || demand.kind === 'type-count-reason') {
		for (const text of demand.kind === 'type' ? [demand.text] : [demand.text, String(demand.count), 'because of it']) {
			dispatchKey(deck, 'ctrl+u');
			type(deck, text);
			if (text === 'because of it') await advance(4);
			look(deck, 200, 50);
			dispatchKey(deck, 'enter', undefined, true);
		}
	}
}

/** Presses the keys on a deck of its own. Returns how often an action was sent. */
async function play(steps: readonly Step[], mode: 'read-only' | 'armed'): Promise<number> {
	const intents: string[] = [];
	const ran: string[] = [];
	const watched = (system: System): System => ({
		...system,
		actions: system.actions.map(action => ({
			...action,
			run(plan, context) {
				// The intent must be on disk before anything is sent.
				expect(intents).toContain(context.record);
				ran.push(action.id);
				return action.run(plan, context);
			},
		})),
	});
	const demo = await openDemoDeck('default', {readOnly: mode === 'read-only', open: mode === 'armed', watched});
	const {deck, clock} = demo;
	const stop = demo.audit.last.subscribe(() => {
		const last = demo.audit.last.get();
		if (last?.kind === 'intent' || last?.kind === 'undo') intents.push(last.id);
	});
	for (const one of steps) {
		switch (one.do) {
			case 'key':
				dispatchKey(
					deck,
					one.key,
					one.key === 'space' ? ' ' : [...one.key].length === 1 ? one.key : undefined,
					one.alone,
				);
				break;
			case 'act':
				for (let depth = deck.session.get().layers.length; depth > 0; depth -= 1) dispatchKey(deck, 'esc');
				dispatchKey(deck, one.pane, one.pane);
				dispatchKey(deck, one.key, one.key);
				if (deck.session.get().layers.at(-1)?.kind === 'params') dispatchKey(deck, 'enter');
				break;
			case 'answer':
				await answer(deck, demo.advance);
				break;
			case 'paste':
				handlePaste(deck, one.text);
				break;
			case 'wait':
				await demo.advance(one.seconds);
				break;
			case 'look':
				look(deck, one.columns, one.rows);
		}
		await clock.settle();
	}
	stop();
	await demo.close();
	return ran.length;
}

const stepsOf = (count: number) => fc.array(step, {minLength: count, maxLength: count, size: 'max'});

it('10,000 random keys in read-only mode never throw and never send anything', async () => {
	await fc.assert(
		fc.asyncProperty(stepsOf(2500), async steps => {
			expect(await play(steps, 'read-only')).toBe(0);
		}),
		{numRuns: 4, endOnFailure: true},
	);
}, 120_000);

it('random keys where everything is allowed never throw, and nothing is sent before its intent is on disk', async () => {
	let sent = 0;
	await fc.assert(
		fc.asyncProperty(stepsOf(500), async steps => {
			sent += await play(steps, 'armed');
		}),
		{numRuns: 4, endOnFailure: true},
	);
	expect(sent).toBeGreaterThan(0);
}, 120_000);
