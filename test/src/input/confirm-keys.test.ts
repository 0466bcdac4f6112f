import {afterEach, describe, expect, it} from 'vitest';
import {remainingProblem} from '../../../src/input/confirm-keys.ts';
import {handleWheel} from '../../../src/input/dispatch-key.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

describe('a confirmation by y and enter', () => {
	it('needs y and then enter: not one of them alone, the opening key, space or a paste', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('enter', 'K', 'space', 'Y', 'enter');
		expect(fixture.problem()).toBe('not taken: press y first, then enter');
		await fixture.paste('y');
		expect(fixture.notice()).toBe('pasted text is not taken here: type it');
		await fixture.pressKeys('enter', 'y');
		expect(fixture.executed()).toEqual([]);
		await fixture.pressKeys('enter');
		await fixture.waitForState('done');
		expect(fixture.executed()).toEqual(['postgres.poke job a']);
		expect(await fixture.records()).toEqual(['intent', 'outcome sent', 'verify done']);
	});

	it.each([
		['y and enter in one read', async () => fixture.pressInOneRead('y', 'enter'), 'together with other keys'],
		[
			'y twice in one read, then enter',
			() => fixture.pressInOneRead('y', 'y').then(() => fixture.pressKeys('enter')),
			'more than once',
		],
		[
			'a held y, then a held enter',
			async () => fixture.pressKeys('y', 'y', 'y', 'enter', 'enter', 'enter'),
			'press y first',
		],
		['y with another key in between', async () => fixture.pressKeys('y', 'j', 'enter'), 'press y first'],
		['y, the page key, enter', async () => fixture.pressKeys('y', 'pagedown', 'enter'), 'press y first'],
		[
			'y, and enter with another key in one read',
			() => fixture.pressKeys('y').then(() => fixture.pressInOneRead('j', 'enter')),
			'together',
		],
	])('is not answered by %s', async (_, answer, problem) => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await answer();
		expect(fixture.problem()).toContain(problem);
		expect(fixture.deck.options.runner.state.get()?.state).toBe('ready');
		expect(fixture.executed()).toEqual([]);
		await fixture.pressKeys('backspace', 'y', 'enter');
		await fixture.waitForState('done');
	});

	it('does not accept keys before it was shown, nor while only a part of it is shown', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K', 'y');
		await fixture.waitForState('ready');
		const question = fixture.deck.pendingQuestion();
		fixture.deck.markQuestionShown(undefined);
		await fixture.pressKeys('enter', 'y', 'enter');
		expect(fixture.deck.options.runner.state.get()?.state).toBe('ready');
		expect(fixture.problem()).toBe('not taken: the entire question has to be on the screen first');
		fixture.deck.markQuestionShown('another');
		await fixture.pressKeys('y', 'enter');
		expect(fixture.executed()).toEqual([]);
		fixture.deck.markQuestionShown(question);
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
	});

	it('keeps the y while the mouse wheel scrolls', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y');
		handleWheel(fixture.deck, 'down');
		await fixture.pressKeys('enter');
		await fixture.waitForState('done');
	});

	it('is closed by esc, and nothing is sent', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'esc', 'enter');
		expect([fixture.layer(), ...fixture.executed()]).toEqual(['document']);
		expect(fixture.deck.options.runner.state.get()).toBeUndefined();
	});

	it('copies the command, and shows it expanded and again on one line', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('ctrl+y');
		expect(fixture.copied).toEqual(["jobctl 'job a'"]);
		const topLayer = () => fixture.deck.session.get().layers.at(-1);
		await fixture.pressKeys('ctrl+r');
		expect(topLayer()).toMatchObject({kind: 'confirm', isExpanded: true});
		await fixture.pressKeys('ctrl+r');
		expect(topLayer()).toMatchObject({kind: 'confirm', isExpanded: false});
	});
});

describe('a confirmation by typing', () => {
	it('needs the short name, then enter', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		const name = fixture.demandedName();
		expect(name).toMatch(/^[dhjknprtvx]{4}$/);
		await fixture.type('db/job a');
		await fixture.pressKeys('y', 'enter');
		expect(fixture.executed()).toEqual([]);
		expect(fixture.deck.options.runner.state.get()?.unmet).toBe(`type ${name} to go on`);
		await fixture.pressKeys('ctrl+u');
		await fixture.type(`${name.slice(0, 3)}-`);
		await fixture.pressKeys('backspace');
		await fixture.type(name.slice(3));
		expect(fixture.fieldValues()?.[0]).toBe(name);
		await fixture.pressKeys('enter');
		await fixture.waitForState('done');
		expect(fixture.executed()).toEqual(['postgres.stop job a']);
		const [intent] = (await fixture.deck.options.audit.recent(9)).filter(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({method: 'type', typed: name});
	});

	it('ignores text that arrives as several keys in one read, says why, and keeps the typed text', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		const name = fixture.demandedName();
		await fixture.type(name.slice(0, 1));
		await fixture.pressInOneRead(...name.slice(1), 'enter');
		expect(fixture.fieldValues()?.[0]).toBe(name.slice(0, 1));
		expect(fixture.problem()).toMatch(/^not taken: it came together with other keys in one read, /);
		await fixture.pressInOneRead(...name.slice(1));
		expect(fixture.problem()).toMatch(/type it key by key$/);
		await fixture.type(name.slice(1));
		await fixture.pressInOneRead('enter', 'enter');
		expect([fixture.deck.options.runner.state.get()?.state, ...fixture.executed()]).toEqual(['ready']);
		await fixture.pressKeys('end', 'enter');
		await fixture.waitForState('done');
	});

	it('refuses a paste', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		await fixture.paste(fixture.demandedName());
		await fixture.pressKeys('enter');
		expect([fixture.fieldValues()?.[0], ...fixture.executed()]).toEqual(['']);
	});

	it('requires name, count and reason for data loss, and no enter within three seconds or from a held key', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('space', 'j', 'space', 'X');
		await fixture.waitForState('ready');
		await fixture.type('jobs');
		await fixture.pressKeys('enter');
		await fixture.type('2');
		await fixture.pressKeys('tab');
		await fixture.type('they are ');
		// The reason is not checked for separate reads, because a slow link may bring its letters together.
		await fixture.pressInOneRead(...'stuck');
		expect(fixture.fieldValues()).toEqual(['jobs', '2', 'they are stuck']);
		await fixture.pressKeys('enter');
		expect(fixture.deck.options.runner.state.get()?.unmet).toContain('in a moment');
		await fixture.clock.advance(3001);
		await fixture.pressKeys('enter', 'enter');
		expect(fixture.problem()).toContain('enter came twice');
		expect(fixture.executed()).toEqual([]);
		await fixture.pressKeys('end', 'enter');
		await fixture.waitForState('done');
		expect(fixture.executed()).toEqual(['postgres.purge job a+job b']);
		const [intent] = (await fixture.deck.options.audit.recent(9)).filter(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({
			method: 'type-count-reason',
			typed: 'jobs',
			count: 2,
			reason: 'they are stuck',
		});
	});

	it('moves the cursor to the wrong field, says why until it changes, and accepts enter there', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('X');
		await fixture.waitForState('ready');
		await fixture.clock.advance(3001);
		await fixture.type(fixture.demandedName());
		await fixture.pressKeys('enter');
		await fixture.type('7');
		await fixture.pressKeys('enter');
		await fixture.type('they are stuck');
		await fixture.pressKeys('enter');
		const top = () => {
			const layer = fixture.deck.session.get().layers.at(-1);
			return layer?.kind === 'confirm' ? {field: layer.field, wrong: remainingProblem(layer)} : undefined;
		};
		const wrong = 'type the number of objects shown above';
		expect(top()).toEqual({field: 1, wrong});
		await fixture.pressKeys('left', 'tab', 'shift+tab', 'enter', 'enter');
		expect(fixture.problem()).toMatch(/enter came twice.*; press end, then enter$/);
		expect(top()).toEqual({field: 1, wrong});
		await fixture.pressKeys('backspace');
		expect(top()).toEqual({field: 1, wrong: undefined});
		await fixture.type('1');
		expect(fixture.executed()).toEqual([]);
		await fixture.pressKeys('enter');
		await fixture.waitForState('done');
	});

	it('is not sent when the reason is missing', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('X');
		await fixture.waitForState('ready');
		await fixture.clock.advance(3001);
		await fixture.type(fixture.demandedName());
		await fixture.pressKeys('enter');
		await fixture.type('1');
		await fixture.pressKeys('enter', 'end', 'enter');
		expect(fixture.deck.options.runner.state.get()?.unmet).toContain('give a reason');
		expect(fixture.executed()).toEqual([]);
	});
});
