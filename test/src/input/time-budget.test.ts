import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {currentDocument} from '../../../src/session/session.ts';
import {loadPatterns} from '../../../src/text/pattern.ts';
import type {TimeBudget} from '../../../src/time/yield.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';
import {memoryRow} from './memory-system.ts';

beforeAll(loadPatterns);

let fixture: DeckFixture;
afterEach(() => fixture.close());

/** A time budget that is used up; `nextTurn` lets the work that waits do one more slice. */
function createUsedUpBudget() {
	let waiting: (() => void)[] = [];
	const budget: TimeBudget = {
		isOver: () => true,
		yield: () => new Promise(resolve => waiting.push(resolve)),
		afterYield(call) {
			waiting.push(call);
			return () => {
				waiting = waiting.filter(other => other !== call);
			};
		},
	};
	return {
		budget,
		waitingCount: () => waiting.length,
		nextTurn() {
			const calls = waiting;
			waiting = [];
			for (const call of calls) call();
		},
	};
}

const openText = () => currentDocument(fixture.deck.session.get())?.text;

const numberedLines = (count: number): readonly DocumentLine[] =>
	Array.from({length: count}, (_, index) => ({text: `line ${index}`}));

describe('when other work has used up the time budget', () => {
	it('shows the previous view of a pane until a later turn', async () => {
		const {budget, waitingCount} = createUsedUpBudget();
		fixture = await openDeckFixture({budget});
		expect(fixture.deck.focusedView().entries).toHaveLength(3);
		fixture.server.rows.push(memoryRow('d'));
		await fixture.poll();
		expect(fixture.deck.focusedView().entries).toHaveLength(3);
		expect(waitingCount()).toBe(1);
	});

	it('appends the lines of a followed document in a later turn', async () => {
		const {budget, nextTurn} = createUsedUpBudget();
		fixture = await openDeckFixture({budget});
		fixture.server.read = async () => ({
			title: 'Log',
			lines: [],
			cliEquivalent: [],
			async *follow() {
				yield numberedLines(2);
			},
		});
		await fixture.pressKeys('d');
		expect(openText()?.end()).toBe(0);
		nextTurn();
		await fixture.clock.settle();
		expect(openText()?.end()).toBe(2);
	});

	it('filters one block of a long document in each turn', async () => {
		const {budget, nextTurn} = createUsedUpBudget();
		fixture = await openDeckFixture({budget});
		fixture.server.read = async () => ({title: 'Log', lines: numberedLines(4 * 1024), cliEquivalent: []});
		await fixture.pressKeys('d', '&');
		await fixture.type('7');
		expect(openText()?.unfilteredCount()).toBe(2 * 1024);
		nextTurn();
		expect(openText()?.unfilteredCount()).toBe(1024);
		nextTurn();
		expect(openText()?.unfilteredCount()).toBe(0);
	});
});
