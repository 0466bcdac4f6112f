import {expect, test} from 'vitest';
import {fixedBindings} from '../src/input/keymap.ts';
import {readSources} from './architecture.ts';

/** Keys by a name that a sentence would not hold for another reason. */
const names = [...new Set(fixedBindings.flatMap(({keys}) => keys as readonly string[]))]
	.filter(key => /^(?:[A-Za-z!=:?&]|ctrl\+[a-z])$/.test(key))
	.map(key => key.replace(/[?+]/g, '\\$&'))
	.join('|');
const verbs = 'arms|logs|shows|undoes|selects|settles|lists|reads|opens|chooses|keeps|finds|copies';
const named = new RegExp(
	`[Pp]ress (?:${names})(?=[ ,.;:'"\`])|[ '"\`](?:[A-Za-z]|ctrl\\+[a-z]|enter|space) (?:${verbs})\\b`,
);

/** Keys that are not in the keymap: nothing can be configured there. */
const fixed = ['press q or y to quit', 'Press ctrl+c to quit'];

const faultsIn = (text: string): readonly string[] =>
	text
		.split('\n')
		.filter(
			line =>
				!/^\s*(?:\*|\/\/|\/\*|export type )/.test(line) && named.test(line) && !fixed.some(one => line.includes(one)),
		);

test('a text on the screen takes its keys from the keymap, where they can be configured', () => {
	expect(faultsIn("hint: 'press t for the list'")).toHaveLength(1);
	expect(faultsIn("'guarded: O arms it'")).toHaveLength(1);
	const found = readSources()
		.filter(({path}) => /^(?:src|views|adapters|bin)\//.test(path))
		.flatMap(({path, text}) => faultsIn(text).map(line => `${path}: ${line.trim()}`));
	expect(found).toEqual([]);
});
