import type {DocumentLine} from '../contract/document.ts';
import type {Labels} from '../contract/row.ts';
import {formatDuration} from '../text/format.ts';

/** A line `label           value`; all values begin in the same column. */
export const factLine = (label: string, value: string): DocumentLine => ({text: `${label.padEnd(16)}${value}`});

/** A moment with its day and its age: `2026-11-29T14:05:22Z, 3s ago`. Epoch milliseconds. */
export const formatTimeAndAge = (at: number, now: number): string =>
	`${new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')}, ${formatDuration((now - at) / 1000)} ago`;

/** Names and values, sorted, one a line, under an empty line and a title. A value of several lines keeps them. Empty without labels. */
export function labelLines(title: string, values: Labels): readonly DocumentLine[] {
	const names = Object.keys(values).sort();
	if (names.length === 0) return [];
	const width = Math.max(...names.map(name => name.length)) + 2;
	const lines = names.flatMap(name => {
		const [first = '', ...rest] = (values[name] ?? '').trim().split('\n');
		return [`  ${name.padEnd(width)}${first}`, ...rest.map(line => `  ${' '.repeat(width)}${line}`)];
	});
	return [{text: ''}, {text: title, loud: true}, ...lines.map(text => ({text}))];
}
