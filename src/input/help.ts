import type {Action} from '../contract/action.ts';
import {appliesToKind} from '../contract/define.ts';
import type {DocumentLine} from '../contract/document.ts';
import type {Inspection} from '../contract/inspection.ts';
import type {Keymap} from './keymap.ts';

const plain = (text: string): DocumentLine => ({text});

/** The lines of the help: every key with its present mapping. */
export function helpLines(
	keymap: Keymap,
	actions: readonly Action[],
	inspections: readonly Inspection[],
): readonly DocumentLine[] {
	const lines: DocumentLine[] = [];
	const headings = {
		deck: 'On the deck',
		any: 'Everywhere',
		list: 'In a list',
		document: 'In a text',
		field: 'While typing',
		confirm: 'In a confirmation',
	} as const;
	const row = (keys: string, title: string) => plain(`  ${keys.padEnd(22)} ${title}`);
	lines.push(
		{
			text: 'Lower-case letters read, capital letters change. Nothing is changed before you confirm it.',
			loud: true,
		},
		plain(''),
	);
	for (const [scope, heading] of Object.entries(headings)) {
		lines.push({text: heading, loud: true});
		for (const binding of keymap.bindings)
			if (binding.scope === scope) lines.push(row(binding.keys.join(' '), binding.title));
		lines.push(plain(''));
	}
	for (const kind of new Set([...actions, ...inspections].flatMap(entry => [entry.kind, ...(entry.also ?? [])]))) {
		lines.push({text: `On a row of ${kind}`, loud: true});
		for (const entry of inspections)
			if (appliesToKind(entry, kind)) {
				lines.push(row(keymap.keyOf(entry.id, entry.key), entry.title));
				for (const option of entry.documentOptions ?? [])
					lines.push(row(`  ${option.key}`, `  in its text: ${option.title}`));
			}
		for (const entry of actions)
			if (appliesToKind(entry, kind))
				lines.push(row(keymap.keyOf(entry.id, entry.key), `${entry.title}  (${entry.id})`));
		lines.push(plain(''));
	}
	lines.push(
		{text: 'Signs', loud: true},
		plain('  ■ critical   ▲ warning   ? could not be read   · fine'),
		plain(''),
		{text: 'Mouse', loud: true},
		plain('  with `mouse: true` in the configuration a click goes to a row and the wheel scrolls'),
		plain('  the terminal then selects text only with shift held, on a Mac with option'),
		plain(''),
		{text: 'Filter', loud: true},
		plain('  all words must match: text, !text, field:value, !field:value'),
		plain('  the field is the name of a column in lower case, or target, or severity: severity:crit user:app !idle'),
		plain('  a unique prefix is enough: ns:checkout'),
	);
	return lines;
}
