import {afterEach, expect, test} from 'vitest';
import {type House, openHouse} from './deck-fixture.ts';

let house: House;
afterEach(() => house.close());

const reasonOf = async () => {
	const intent = (await house.deck.options.audit.recent(9)).find(({kind}) => kind === 'intent');
	return intent?.confirmation?.reason;
};

test('a reason can be given where none is asked for, answers nothing, and is recorded', async () => {
	house = await openHouse();
	await house.keys('K');
	await house.reach('ready');
	await house.keys('ctrl+t');
	expect(house.layer()).toBe('reason');
	await house.type('y because it hangs');
	await house.keys('enter');
	expect(house.layer()).toBe('confirm');
	expect(house.far.ran).toEqual([]);
	house.deck.painted(house.deck.question());
	await house.keys('y', 'enter');
	await house.reach('done');
	expect(await reasonOf()).toBe('y because it hangs');
});

test('esc leaves the reason out, and so does an empty one', async () => {
	house = await openHouse();
	await house.keys('K');
	await house.reach('ready');
	await house.keys('ctrl+t');
	await house.type('x');
	await house.keys('esc');
	expect(house.layer()).toBe('confirm');
	await house.keys('ctrl+t', 'enter');
	house.deck.painted(house.deck.question());
	await house.keys('y', 'enter');
	await house.reach('done');
	expect(await reasonOf()).toBeUndefined();
});

test('the enter that ends the reason, held down, answers nothing', async () => {
	house = await openHouse();
	await house.keys('K');
	await house.reach('ready');
	await house.keys('y', 'ctrl+t');
	await house.type('it hangs');
	await house.keys('enter');
	house.deck.painted(house.deck.question());
	await house.keys('enter', 'enter', 'enter');
	expect(house.deck.options.runner.state.get()?.state).toBe('ready');
	expect(house.far.ran).toEqual([]);
	await house.keys('backspace', 'y', 'enter');
	await house.reach('done');
	expect(await reasonOf()).toBe('it hangs');
});
