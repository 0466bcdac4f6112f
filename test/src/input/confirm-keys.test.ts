import {afterEach, describe, expect, it} from 'vitest';
import {stillWrong} from '../../../src/input/confirm-keys.ts';
import {wheel} from '../../../src/input/dispatch-key.ts';
import {type House, openHouse} from './deck-fixture.ts';

let house: House;
afterEach(() => house.close());

const ran = () =>
	house.far.ran.map(one => `${one.action} ${one.names.join('+')}${one.value === '' ? '' : ` ${one.value}`}`);
const value = () => {
	const layer = house.deck.session.get().layers.at(-1);
	return layer?.kind === 'confirm' || layer?.kind === 'params' ? layer.values : undefined;
};

describe('a question that is answered by y and enter', () => {
	it('is done by y and then enter: not by either alone, the opening key, space or a paste', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('enter', 'K', 'space', 'Y', 'enter');
		expect(house.problem()).toBe('not taken: press y first, then enter');
		await house.paste('y');
		expect(house.notice()).toBe('pasted text is not taken here: type it');
		await house.keys('enter', 'y');
		expect(ran()).toEqual([]);
		await house.keys('enter');
		await house.reach('done');
		expect(ran()).toEqual(['postgres.poke job a']);
		expect(await house.records()).toEqual(['intent', 'outcome sent', 'verify done']);
	});

	it.each([
		['y and enter in one read', async () => house.atOnce('y', 'enter'), 'together with other keys'],
		['y twice in one read, then enter', () => house.atOnce('y', 'y').then(() => house.keys('enter')), 'more than once'],
		['a held y, then a held enter', async () => house.keys('y', 'y', 'y', 'enter', 'enter', 'enter'), 'press y first'],
		['y with another key in between', async () => house.keys('y', 'j', 'enter'), 'press y first'],
		['y, the page key, enter', async () => house.keys('y', 'pagedown', 'enter'), 'press y first'],
		[
			'y, and enter with another key in one read',
			() => house.keys('y').then(() => house.atOnce('j', 'enter')),
			'together',
		],
	])('is not done by %s', async (_, answer, problem) => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await answer();
		expect(house.problem()).toContain(problem);
		expect(house.deck.options.runner.state.get()?.state).toBe('ready');
		expect(ran()).toEqual([]);
		await house.keys('backspace', 'y', 'enter');
		await house.reach('done');
	});

	it('does not take what was typed before it was seen, nor while it is not seen whole', async () => {
		house = await openHouse();
		await house.keys('K', 'y');
		await house.reach('ready');
		const question = house.deck.question();
		house.deck.painted(undefined);
		await house.keys('enter', 'y', 'enter');
		expect(house.deck.options.runner.state.get()?.state).toBe('ready');
		expect(house.problem()).toBe('not taken: all of it has to be on the screen first');
		house.deck.painted('another');
		await house.keys('y', 'enter');
		expect(ran()).toEqual([]);
		house.deck.painted(question);
		await house.keys('y', 'enter');
		await house.reach('done');
	});

	it('keeps its y while the wheel scrolls, which is no key', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y');
		wheel(house.deck, 'down');
		await house.keys('enter');
		await house.reach('done');
	});

	it('is left with esc, and nothing was sent', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'esc', 'enter');
		expect([house.layer(), ...ran()]).toEqual(['document']);
		expect(house.deck.options.runner.state.get()).toBeUndefined();
	});

	it('copies the command, and shows it whole and again on one line', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('ctrl+y');
		expect(house.copied).toEqual(["jobctl 'job a'"]);
		const whole = () => house.deck.session.get().layers.at(-1);
		await house.keys('ctrl+r');
		expect(whole()).toMatchObject({kind: 'confirm', whole: true});
		await house.keys('ctrl+r');
		expect(whole()).toMatchObject({kind: 'confirm', whole: false});
	});
});

describe('a question that is answered by typing', () => {
	it('is inert until the short name is typed, and enter sends it', async () => {
		house = await openHouse();
		await house.keys('T');
		await house.reach('ready');
		const name = house.name();
		expect(name).toMatch(/^[dhjknprtvx]{4}$/);
		await house.type('db/job a');
		await house.keys('y', 'enter');
		expect(ran()).toEqual([]);
		expect(house.deck.options.runner.state.get()?.unmet).toBe(`type ${name} to go on`);
		await house.keys('ctrl+u');
		await house.type(`${name.slice(0, 3)}-`);
		await house.keys('backspace');
		await house.type(name.slice(3));
		expect(value()?.[0]).toBe(name);
		await house.keys('enter');
		await house.reach('done');
		expect(ran()).toEqual(['postgres.stop job a']);
		const [intent] = (await house.deck.options.audit.recent(9)).filter(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({method: 'type', typed: name});
	});

	it('takes no text that comes as several keys in one read, says why, and keeps what was typed', async () => {
		house = await openHouse();
		await house.keys('T');
		await house.reach('ready');
		const name = house.name();
		await house.type(name.slice(0, 1));
		await house.atOnce(...name.slice(1), 'enter');
		expect(value()?.[0]).toBe(name.slice(0, 1));
		expect(house.problem()).toMatch(/^not taken: it came together with other keys in one read, /);
		await house.atOnce(...name.slice(1));
		expect(house.problem()).toMatch(/type it key by key$/);
		await house.type(name.slice(1));
		await house.atOnce('enter', 'enter');
		expect([house.deck.options.runner.state.get()?.state, ...ran()]).toEqual(['ready']);
		await house.keys('end', 'enter');
		await house.reach('done');
	});

	it('refuses a paste', async () => {
		house = await openHouse();
		await house.keys('T');
		await house.reach('ready');
		await house.paste(house.name());
		await house.keys('enter');
		expect([value()?.[0], ...ran()]).toEqual(['']);
	});

	it('asks for name, count and reason where data goes, and not before three seconds, nor by an enter that is held', async () => {
		house = await openHouse();
		await house.keys('space', 'j', 'space', 'X');
		await house.reach('ready');
		await house.type('jobs');
		await house.keys('enter');
		await house.type('2');
		await house.keys('tab');
		await house.type('they are ');
		// It proves nothing, so that a slow link may bring its letters together.
		await house.atOnce(...'stuck');
		expect(value()).toEqual(['jobs', '2', 'they are stuck']);
		await house.keys('enter');
		expect(house.deck.options.runner.state.get()?.unmet).toContain('in a moment');
		await house.clock.advance(3001);
		await house.keys('enter', 'enter');
		expect(house.problem()).toContain('enter came twice');
		expect(ran()).toEqual([]);
		await house.keys('end', 'enter');
		await house.reach('done');
		expect(ran()).toEqual(['postgres.purge job a+job b']);
		const [intent] = (await house.deck.options.audit.recent(9)).filter(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({
			method: 'type-count-reason',
			typed: 'jobs',
			count: 2,
			reason: 'they are stuck',
		});
	});

	it('puts the cursor into the field that is wrong, says why until it changes, and takes enter there', async () => {
		house = await openHouse();
		await house.keys('X');
		await house.reach('ready');
		await house.clock.advance(3001);
		await house.type(house.name());
		await house.keys('enter');
		await house.type('7');
		await house.keys('enter');
		await house.type('they are stuck');
		await house.keys('enter');
		const top = () => {
			const layer = house.deck.session.get().layers.at(-1);
			return layer?.kind === 'confirm' ? {field: layer.field, wrong: stillWrong(layer)} : undefined;
		};
		const wrong = 'type the number of objects shown above';
		expect(top()).toEqual({field: 1, wrong});
		await house.keys('left', 'tab', 'shift+tab', 'enter', 'enter');
		expect(house.problem()).toMatch(/enter came twice.*; press end, then enter$/);
		expect(top()).toEqual({field: 1, wrong});
		await house.keys('backspace');
		expect(top()).toEqual({field: 1, wrong: undefined});
		await house.type('1');
		expect(ran()).toEqual([]);
		await house.keys('enter');
		await house.reach('done');
	});

	it('is not sent when the reason is missing', async () => {
		house = await openHouse();
		await house.keys('X');
		await house.reach('ready');
		await house.clock.advance(3001);
		await house.type(house.name());
		await house.keys('enter');
		await house.type('1');
		await house.keys('enter', 'end', 'enter');
		expect(house.deck.options.runner.state.get()?.unmet).toContain('give a reason');
		expect(ran()).toEqual([]);
	});
});
