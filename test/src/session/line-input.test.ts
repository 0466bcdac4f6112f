import fc from 'fast-check';
import {afterEach, describe, expect, it} from 'vitest';
import type {KeyIntent} from '../../../src/input/keymap.ts';
import {editLine, type LineInput, splitAtCaret} from '../../../src/session/line-input.ts';
import {topLayer} from '../../../src/session/session.ts';
import {type DeckFixture, openDeckFixture} from '../input/deck-fixture.ts';

/** What the keys make of a line, with `|` for the caret; a key is an intent without its scope, or a text in quotes. */
function made(line: LineInput, ...keys: readonly string[]): string {
	const end = keys.reduce((now, key) => {
		const intent = key.startsWith('"') ? undefined : (`field.${key}` as KeyIntent);
		return editLine(now, intent, intent === undefined ? key.slice(1, -1) : undefined) ?? now;
	}, line);
	return splitAtCaret(end).join('|');
}

describe('a line being typed', () => {
	const given: LineInput = {text: '512Mi', caret: 'all'};

	it.each([
		[['"1Gi"'], '1Gi|'],
		[['"1"', '"Gi"'], '1Gi|'],
		[['erase'], '512M|'],
		[['left', '"x"'], '512Mx|i'],
		[['right', '"x"'], '512Mix|'],
		[['start', '"1"'], '1|512Mi'],
		[['end', '"B"'], '512MiB|'],
		[['delete'], '|'],
		[['clear', '"1"'], '1|'],
		[['erase-word'], '|'],
	])('that was given: %j gives %j', (keys, expected) => {
		expect(made(given, ...keys)).toBe(expected);
	});

	it.each([
		[['left', 'left', 'erase'], 'one|wo'],
		[['left', 'left', 'left', 'delete'], 'one|wo'],
		[['left', 'erase-word'], '|o'],
		[['start', 'erase', 'left'], '|onetwo'],
		[['start', 'right', 'delete'], 'o|etwo'],
		[['end', 'delete', 'right'], 'onetwo|'],
	])('is edited where its caret is: %j gives %j', (keys, expected) => {
		expect(made({text: 'onetwo'}, ...keys)).toBe(expected);
	});

	it('takes a letter with its accents, or a family, for one character', () => {
		expect(made({text: 'ae\u0301👨‍👩‍👧'}, 'left', 'erase')).toBe('a|👨‍👩‍👧');
		expect(made({text: 'a👨‍👩‍👧'}, 'erase')).toBe('a|');
	});

	it('never loses what is beside the caret', () => {
		const key = fc.constantFrom('left', 'right', 'start', 'end', '"x"');
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), fc.array(key), (text, keys) => {
				const typed = keys.filter(one => one === '"x"').length;
				const end = keys.reduce<LineInput>(
					(line, one) => {
						const intent = one === '"x"' ? undefined : (`field.${one}` as KeyIntent);
						return editLine(line, intent, 'x') ?? line;
					},
					{text},
				);
				expect(end.text.length).toBe(text.length + typed);
				expect(splitAtCaret(end).join('')).toBe(end.text);
			}),
		);
	});
});

describe('a field of a form', () => {
	let fixture: DeckFixture;
	afterEach(() => fixture.close());

	const values = () => {
		const layer = topLayer(fixture.deck.session.get());
		return layer?.kind === 'params' ? layer.values : undefined;
	};

	it('is replaced by the first character typed, and edited by an editing key', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('M');
		const [given = ''] = values() ?? [];
		expect(given).not.toBe('');
		await fixture.type('47');
		expect(values()).toEqual(['47']);
		await fixture.pressKeys('esc', 'M', 'backspace');
		expect(values()).toEqual([given.slice(0, -1)]);
		await fixture.pressKeys('esc', 'M', 'home');
		await fixture.type('1');
		expect(values()).toEqual([`1${given}`]);
		await fixture.pressKeys('right', 'delete');
		expect(values()).toEqual([`1${given.slice(0, 1)}${given.slice(2)}`]);
		await fixture.pressKeys('esc', 'M');
		await fixture.type('4');
		// There is no other field to go to.
		await fixture.pressKeys('tab', 'up');
		await fixture.type('7');
		expect(values()).toEqual(['47']);
	});
});
