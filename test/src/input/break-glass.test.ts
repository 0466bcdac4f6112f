import {afterEach, expect, test} from 'vitest';
import type {SinkState} from '../../../src/audit/sink-progress.ts';
import type {Deck} from '../../../src/input/deck.ts';
import {dispatchKey, handlePaste} from '../../../src/input/dispatch-key.ts';
import {createStore} from '../../../src/watch/store.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

/** Opens a deck whose required copy fails by default, and records the answers to its question. */
async function failing(isNeeded = true, problem: string | undefined = undefined) {
	fixture = await openDeckFixture();
	const used: {readonly word: string; readonly reason: string}[] = [];
	const breakGlass = {
		state: createStore<{readonly record: string} | undefined>(undefined),
		isNeeded: () => isNeeded,
		activate: async (given: {readonly word: string; readonly reason: string}) => {
			used.push(given);
			return problem;
		},
		close() {},
	};
	const copies = {state: createStore<readonly SinkState[]>([]), breakGlass};
	const deck: Deck = {...fixture.deck, options: {...fixture.deck.options, copies}};
	const key = async (name: string, alone = true) => {
		dispatchKey(deck, name, [...name].length === 1 ? name : name === 'space' ? ' ' : undefined, alone);
		deck.markQuestionShown(deck.pendingQuestion());
		await fixture.clock.settle();
	};
	return {
		deck,
		used,
		key,
		async type(text: string) {
			for (const character of text) await key(character === ' ' ? 'space' : character);
		},
	};
}

test('a break-glass takes a typed word and a reason', async () => {
	const {key, type, used} = await failing();
	await key('ctrl+g');
	expect(fixture.layer()).toBe('break-glass');
	await type('break-glass');
	await key('enter');
	await type('orders are down');
	expect(used).toEqual([]);
	await key('enter');
	expect(used).toEqual([{word: 'break-glass', reason: 'orders are down'}]);
	expect(fixture.layer()).toBeUndefined();
	expect(fixture.notice()).toMatch(/^break-glass for 10 minutes: actions run without delivery of the audit/);
});

test('the problem of an answer stays on the screen until it is corrected', async () => {
	const {key, deck} = await failing(true, 'give a reason in a few words: it is written to the record');
	await key('ctrl+g');
	await key('tab');
	await key('enter');
	const top = () => deck.session.get().layers.at(-1);
	expect(top()).toMatchObject({kind: 'break-glass', problem: expect.stringContaining('give a reason')});
	await key('x');
	expect(top()).toMatchObject({values: ['', 'x'], problem: undefined});
});

test('neither a paste, nor keys that come in one read, nor an enter that follows an enter are taken, and esc leaves', async () => {
	const {key, type, deck, used} = await failing();
	await key('ctrl+g');
	handlePaste(deck, 'break-glass');
	expect(fixture.notice()).toBe('pasted text is not taken here: type it');
	const top = () => deck.session.get().layers.at(-1);
	for (const character of 'break-glass') await key(character, false);
	expect(top()).toMatchObject({values: ['', ''], problem: expect.stringContaining('together with other keys')});
	await type('break-glass');
	await key('enter');
	await key('enter');
	expect(top()).toMatchObject({problem: expect.stringContaining('enter came twice')});
	await type('orders are down');
	await key('enter', false);
	expect(top()).toMatchObject({problem: expect.stringContaining('together with other keys')});
	expect(fixture.layer()).toBe('break-glass');
	await key('esc');
	expect(fixture.layer()).toBeUndefined();
	expect(used).toEqual([]);
});

test('it is not offered while every copy is accepted, or where none is required', async () => {
	const {key} = await failing(false);
	await key('ctrl+g');
	expect(fixture.layer()).toBeUndefined();
	expect(fixture.notice()).toMatch(/break-glass is not needed/);
	await fixture.pressKeys('ctrl+g');
	expect(fixture.layer()).toBeUndefined();
});
