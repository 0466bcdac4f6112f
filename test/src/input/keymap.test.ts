import {describe, expect, it} from 'vitest';
import {
	createKeymap,
	type DeclaredKey,
	fixedBindings,
	keyBindings,
	keymapProblems,
	paneNumber,
	type Remaps,
} from '../../../src/input/keymap.ts';
import {isKeyName} from '../../../views/terminal/key-names.ts';

const stop: DeclaredKey = {id: 'postgres.stop', title: 'Stop', key: 'T', kind: 'postgres.session'};
const panes = [{title: 'Pods'}, {title: 'Top'}];
const texts = (
	actions: readonly DeclaredKey[],
	inspections: readonly DeclaredKey[],
	...rest: readonly [remaps?: Remaps, isKey?: (name: string) => boolean]
) => keymapProblems({actions, inspections, panes}, ...rest).map(({text}) => text);
const read: DeclaredKey = {id: 'postgres.read', title: 'Read', key: 'd', kind: 'postgres.session'};

describe('keymap', () => {
	it('has no problems by default', () => {
		expect(texts([stop], [read])).toEqual([]);
	});

	it('finds an intent in its scope, then in the global scope, and types in a field', () => {
		const keymap = createKeymap();
		expect(keymap.intent('deck', 'j')).toBe('row.down');
		expect(keymap.intent('list', 'j')).toBe('list.down');
		expect(keymap.intent('document', '?')).toBe('deck.help');
		expect(keymap.intent('field', '?')).toBeUndefined();
		expect(keymap.intent('field', 'q')).toBeUndefined();
		expect(keymap.intent('deck', '%')).toBeUndefined();
	});

	it('replaces all keys of a remapped intent, action or inspection', () => {
		const keymap = createKeymap({'row.down': ['x', 'ctrl+n'], 'postgres.stop': ['f5']});
		expect(keymap.intent('deck', 'x')).toBe('row.down');
		expect(keymap.intent('deck', 'j')).toBeUndefined();
		expect(keymap.keyOf('row.down', '?')).toBe('x');
		expect(keymap.keyOf('postgres.stop', 'T')).toBe('f5');
		expect(keymap.findDeclared([stop], 'postgres.session', 'f5')).toBe(stop);
		expect(keymap.findDeclared([stop], 'postgres.session', 'T')).toBeUndefined();
		expect(keymap.findDeclared([stop], 'redis.server', 'f5')).toBeUndefined();
	});

	it.each([
		[{'row.down': ['k']}, 'key k: row.down and row.up'],
		[{'postgres.stop': ['d']}, 'postgres.stop: an action needs a capital letter or a function key, not d'],
		[{'postgres.read': ['R']}, 'postgres.read: only actions may use a capital letter, not R'],
		[{'postgres.stop': ['G']}, 'key G: row.last and postgres.stop'],
		[{'row.dwon': ['x']}, 'keys: row.dwon is not an intent, an action or an inspection; did you mean row.down?'],
		[{'confirm.yes': ['enter']}, 'confirm.yes: a question is answered by a lower-case letter, not enter'],
		[{'confirm.yes': ['T']}, 'confirm.yes: a question is answered by a lower-case letter, not T'],
		[{'field.accept': ['x']}, 'field.accept: x would be typed into the field; take a key that types nothing'],
		[{'confirm.cancel': ['n']}, 'confirm.cancel: n would be typed into the field; take a key that types nothing'],
	])('stops the start for %j', (remaps, problem) => {
		expect(texts([stop], [read], remaps)).toContain(problem);
	});

	it('keeps the keys that quit, whatever is configured', () => {
		const keymap = createKeymap({
			'confirm.cancel': [],
			'deck.back': ['x'],
			'deck.quit': [],
			'field.cancel': ['ctrl+g'],
		});
		expect(keymap.intent('confirm', 'esc')).toBe('confirm.cancel');
		expect(keymap.intent('deck', 'esc')).toBe('deck.back');
		expect(keymap.intent('deck', 'x')).toBe('deck.back');
		expect(keymap.intent('deck', 'q')).toBeUndefined();
		expect(keymap.intent('deck', 'ctrl+c')).toBe('deck.quit');
		expect(keymap.intent('field', 'esc')).toBe('field.cancel');
		expect(keymap.keyOf('field.cancel', '')).toBe('ctrl+g');
		expect(texts([stop], [read], {'confirm.copy': ['esc']})).toEqual(['key esc: confirm.cancel and confirm.copy']);
		expect(texts([stop], [read], {'deck.quit': ['Q'], 'row.down': ['ctrl+c']})).toContain(
			'keys: row.down: ctrl+c always quits; take another key',
		);
	});

	it('stops the start for a key that no terminal sends', () => {
		const given = (key: string) => texts([stop], [read], {'row.down': [key]}, isKeyName);
		for (const key of ['x', 'ctrl+n', 'alt+j', 'f5', 'shift+down', 'ctrl+alt+f1', 'é']) expect(given(key)).toEqual([]);
		for (const [key, near] of [
			['F1', 'f1'],
			['Ctrl+N', 'ctrl+n'],
			['ctrl+N', 'ctrl+n'],
		] as const)
			expect(given(key)[0]).toContain(`${key} is no key that a terminal sends; did you mean ${near}? A key is`);
		for (const key of ['escape', 'C-n', 'ctrl+h', 'alt+[', 'f13', 'return', 'ctrl+shift+x'])
			expect(given(key)[0]).toContain(`keys: row.down: ${key} is no key that a terminal sends; a key is a character`);
		expect(
			keyBindings(panes)
				.flatMap(({keys}) => keys)
				.filter(key => !isKeyName(key)),
		).toEqual([]);
	});

	it('names the entry of the configuration that a problem comes from', () => {
		const ids = (remaps: Remaps) =>
			keymapProblems({actions: [stop], inspections: [read], panes}, remaps, isKeyName).map(({id}) => id);
		expect(ids({'row.up': ['x'], 'row.down': ['F1']})).toEqual(['row.down']);
		expect(ids({'row.dwon': ['x']})).toEqual(['row.dwon']);
		expect(ids({'row.up': ['j']})).toEqual(['row.up']);
		expect(ids({'postgres.stop': ['G']})).toEqual(['postgres.stop']);
		expect(ids({'confirm.yes': ['T']})).toEqual(['confirm.yes']);
	});

	it('stops the start when two systems claim one key of one row', () => {
		const other: DeclaredKey = {...stop, id: 'postgres.shut'};
		expect(texts([stop, other], [])).toEqual(['key T: postgres.stop and postgres.shut']);
		expect(texts([stop, {...other, kind: 'redis.server'}], [])).toEqual([]);
	});

	it('stops the start for a document option whose key is used in documents, is there twice, or is not a small letter', () => {
		const dialled = (...keys: string[]): DeclaredKey => ({
			...read,
			documentOptions: keys.map((key, index) => ({key, title: `Dial ${index}`})),
		});
		expect(texts([stop], [dialled('x', '+')])).toEqual([]);
		expect(texts([stop], [dialled('w', 'x', 'x', 'D')])).toEqual([
			'key w: text.wrap and Dial 0 of postgres.read',
			'key x: Dial 1 and Dial 2 of postgres.read',
			'postgres.read: Dial 3 needs a lower-case letter or a sign as its key, not D',
		]);
		expect(texts([stop], [dialled('x')], {'text.save': ['x']})).toEqual([
			'key x: text.save and Dial 0 of postgres.read',
		]);
	});

	it('gives every intent a key, and no intent twice', () => {
		for (const {intent, keys} of fixedBindings) expect([intent, keys.length > 0]).toEqual([intent, true]);
		expect(new Set(fixedBindings.map(binding => binding.intent)).size).toBe(fixedBindings.length);
	});

	it('has a number key for each of the first nine panes, which can be remapped like any other', () => {
		const list = Array.from({length: 11}, (_, index) => ({title: `P${index + 1}`}));
		const numbered = keyBindings(list).filter(({intent}) => paneNumber(intent) !== undefined);
		expect(numbered.map(({intent, keys, title}) => `${intent} ${keys.join()} ${title}`)).toEqual(
			[1, 2, 3, 4, 5, 6, 7, 8, 9].map(number => `pane.${number} ${number} Go to pane ${number}: P${number}`),
		);
		const keymap = createKeymap({'pane.2': ['f2']}, panes);
		expect(['1', '2', '3', 'f2'].map(key => keymap.intent('deck', key))).toEqual([
			'pane.1',
			undefined,
			undefined,
			'pane.2',
		]);
		expect(texts([], [], {'pane.2': ['f2']}, isKeyName)).toEqual([]);
		expect(texts([], [], {'pane.3': ['f3']})[0]).toContain('keys: pane.3 is not an intent');
		expect(texts([], [], {'pane.2': ['j']})).toContain('key j: pane.2 and row.down');
	});
});
