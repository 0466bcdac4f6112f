import type {Dial, Param, Params} from '../../src/contract.ts';
import {durationMs} from './decode.ts';

const lengths = ['15m', '1h', '6h', '24h', '7d'];
const usual = '1h';
const longestMs = 366 * 86_400_000;

const lengthOf = (text: string): number | undefined => {
	const ms = durationMs(text.trim());
	return ms !== undefined && ms >= 60_000 && ms <= longestMs ? ms : undefined;
};

/** How far back a graph reaches. */
export const lengthParam: Param = {
	name: 'range',
	label: 'Range',
	hint: `how far back the graph reaches: ${lengths.join(' ')}, or any like 90m`,
	initial: () => usual,
	problem: text =>
		lengthOf(text) === undefined ? 'no range: write it like 15m, 6h or 7d, from 1m to 366d' : undefined,
};

/** Milliseconds, of params that have been checked. */
export const lengthMs = (params: Params): number => lengthOf(params['range'] ?? usual) ?? 3_600_000;

function turned(params: Params, by: 1 | -1): Params {
	const now = lengthMs(params);
	const all = lengths.map(text => ({text, ms: lengthOf(text) ?? 0}));
	const next = by > 0 ? all.find(({ms}) => ms > now) : all.findLast(({ms}) => ms < now);
	return next === undefined ? params : {...params, range: next.text};
}

const shown = (params: Params): string => params['range'] ?? usual;

/** `[` and `]` in the text of a graph. */
export const lengthDials: readonly Dial[] = [
	{key: '[', title: 'shorter', turn: params => turned(params, -1), shown},
	{key: ']', title: 'longer', turn: params => turned(params, 1), shown},
];
