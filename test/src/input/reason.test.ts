import {afterEach, expect, test} from 'vitest';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

const reasonOf = async () => {
	const intent = (await fixture.deck.options.audit.recent(9)).find(({kind}) => kind === 'intent');
	return intent?.confirmation?.reason;
};

test('a reason can be given where none is required, answers nothing, and is recorded', async () => {
	fixture = await openDeckFixture();
	await fixture.pressKeys('K');
	await fixture.waitForState('ready');
	await fixture.pressKeys('ctrl+t');
	expect(fixture.layer()).toBe('reason');
	await fixture.type('y because it hangs');
	await fixture.pressKeys('enter');
	expect(fixture.layer()).toBe('confirm');
	expect(fixture.server.executedPlans).toEqual([]);
	fixture.deck.markQuestionShown(fixture.deck.pendingQuestion());
	await fixture.pressKeys('y', 'enter');
	await fixture.waitForState('done');
	expect(await reasonOf()).toBe('y because it hangs');
});

test('esc or an empty text leaves the reason out', async () => {
	fixture = await openDeckFixture();
	await fixture.pressKeys('K');
	await fixture.waitForState('ready');
	await fixture.pressKeys('ctrl+t');
	await fixture.type('x');
	await fixture.pressKeys('esc');
	expect(fixture.layer()).toBe('confirm');
	await fixture.pressKeys('ctrl+t', 'enter');
	fixture.deck.markQuestionShown(fixture.deck.pendingQuestion());
	await fixture.pressKeys('y', 'enter');
	await fixture.waitForState('done');
	expect(await reasonOf()).toBeUndefined();
});

test('holding the enter that ends the reason answers nothing', async () => {
	fixture = await openDeckFixture();
	await fixture.pressKeys('K');
	await fixture.waitForState('ready');
	await fixture.pressKeys('y', 'ctrl+t');
	await fixture.type('it hangs');
	await fixture.pressKeys('enter');
	fixture.deck.markQuestionShown(fixture.deck.pendingQuestion());
	await fixture.pressKeys('enter', 'enter', 'enter');
	expect(fixture.deck.options.runner.state.get()?.state).toBe('ready');
	expect(fixture.server.executedPlans).toEqual([]);
	await fixture.pressKeys('backspace', 'y', 'enter');
	await fixture.waitForState('done');
	expect(await reasonOf()).toBe('it hangs');
});
