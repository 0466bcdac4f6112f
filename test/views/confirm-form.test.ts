import {afterEach, describe, expect, it} from 'vitest';
import {paintLayer} from '../../views/modal/paint-layer.ts';
import {type DeckFixture, openDeckFixture, waitUntil} from '../src/input/deck-fixture.ts';
import {memoryRow} from '../src/input/memory-system.ts';
import {themes} from './arbitraries.ts';
import {layerText} from './layer-text.ts';

const [, theme] = themes;

let fixture: DeckFixture;
afterEach(() => fixture.close());

describe('confirm', () => {
	it('shows the command on one line, in full on a key at any width, and the demand', async () => {
		fixture = await openDeckFixture({rows: [{...memoryRow('a'), name: `a job ${'with a long name '.repeat(12)}end`}]});
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		expect(layerText(fixture.deck, 80, 60)).toMatch(/will run {2}jobctl .*… {2}ctrl\+r shows all/);
		await fixture.pressKeys('ctrl+r');
		for (const columns of [60, 80, 100, 140]) {
			const inside = layerText(fixture.deck, columns, 60)
				.split('\n')
				.map(line => line.replaceAll('│', '').trim())
				.join(' ')
				.replace(/\s+/g, '');
			expect(inside).toContain(fixture.deck.options.runner.state.get()?.preview?.cliEquivalent.replace(/\s+/g, ''));
			expect(inside).toContain('typeend,thenenter,toconfirm');
		}
	});

	it('shows in the place of its keys why a key was ignored, and moves no line meanwhile', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		const before = layerText(fixture.deck, 80, 24);
		await fixture.pressInOneRead('y', 'enter');
		const after = layerText(fixture.deck, 80, 24);
		expect(after).toContain('not taken: it came together with other keys in one read; press y, then enter');
		expect(after.split('\n')).toHaveLength(before.split('\n').length);
		await fixture.pressKeys('backspace', 'y');
		expect(layerText(fixture.deck, 80, 24)).toContain('> y▏');
	});

	it('names the target to arm', async () => {
		fixture = await openDeckFixture({guarded: true});
		await fixture.pressKeys('O');
		expect(layerText(fixture.deck, 80, 24)).toMatch(/Arm db[\s\S]*db is guarded[\s\S]*press enter to arm it/);
		await fixture.pressKeys('O');
		expect(layerText(fixture.deck, 80, 24)).toContain('not taken: O came more than once');
		expect(layerText(fixture.deck, 80, 24)).toContain('press O, then enter to arm it');
		await fixture.pressKeys('esc');
		expect(fixture.notice()).toBe('db was not armed');
	});

	it('is read completely only when its end is on the screen', async () => {
		fixture = await openDeckFixture({rows: [{...memoryRow('a'), name: 'long '.repeat(160).trim()}]});
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		const isComplete = (columns: number, rows: number) => paintLayer(fixture.deck, {columns, rows}, theme)?.isComplete;
		expect(isComplete(80, 60)).toBe(true);
		expect(isComplete(60, 15)).toBe(false);
		expect(layerText(fixture.deck, 60, 15)).toMatch(/\d+ more lines below: page down/);
		for (let page = 0; page < 9; page += 1) {
			await fixture.pressKeys('pagedown');
			paintLayer(fixture.deck, {columns: 60, rows: 15}, theme);
		}
		expect(isComplete(60, 15)).toBe(true);
		await fixture.pressKeys('pageup');
		expect(isComplete(60, 15)).toBe(false);
	});

	it('shows first why it was blocked, however long the rest is', async () => {
		fixture = await openDeckFixture({rows: [{...memoryRow('a'), name: 'long '.repeat(300).trim()}]});
		fixture.server.checks = [{label: 'the budget', result: 'block', detail: 'allows none'}];
		await fixture.pressKeys('K');
		await fixture.waitForState('blocked');
		expect(layerText(fixture.deck, 80, 24)).toContain('■ the budget: allows none');
		expect(layerText(fixture.deck, 60, 15)).toContain('■ the budget: allows none');
	});

	it('shows what was refused, and that nothing was sent', async () => {
		fixture = await openDeckFixture();
		fixture.server.checks = [
			{label: 'the session has ended', result: 'block', detail: 'it ended 3s ago', conflict: true},
		];
		await fixture.pressKeys('K');
		await fixture.waitForState('stale');
		expect(layerText(fixture.deck, 80, 24)).toContain('The object has changed since the preview: nothing was sent');
		expect(layerText(fixture.deck, 80, 24)).toContain('■ the session has ended: it ended 3s ago');
	});

	it('shows the observed outcome, the key that undoes it, and when quitting which undo is lost', async () => {
		fixture = await openDeckFixture();
		fixture.server.outcomeShows = false;
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('verifying');
		await waitUntil(() => fixture.deck.options.runner.state.get()?.outcome !== undefined);
		const shown = () => layerText(fixture.deck, 80, 24).replace(/[\s│]+/g, ' ');
		expect(shown()).toContain(
			'done; verifying whether it helped, 0s it is on its way esc back: it goes on · u undoes it',
		);
		await fixture.pressKeys('esc', 'q');
		expect(shown()).toContain(
			'Poke on db was sent: its outcome is recorded as unknown, and it cannot be undone from here',
		);
	});

	it('says when quitting that an action in progress is finished first', async () => {
		fixture = await openDeckFixture();
		const barrier = Promise.withResolvers<void>();
		fixture.server.runBarrier = barrier.promise;
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('running');
		await fixture.pressKeys('esc', 'q');
		const shown = layerText(fixture.deck, 80, 24).replace(/[\s│]+/g, ' ');
		barrier.resolve();
		expect(shown).toContain('Poke on db is in progress: it is finished and recorded first');
		await waitUntil(() => fixture.deck.options.runner.state.get()?.state === 'done');
	});
});
