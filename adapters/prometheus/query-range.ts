import type {Dial} from '../../src/contract/inspection.ts';
import type {Param, Params} from '../../src/contract/param.ts';
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

/** The next shorter or longer one of those that are offered. */
function next(params: Params, by: 1 | -1): string | undefined {
	const now = lengthMs(params);
	const all = lengths.map(text => ({text, ms: lengthOf(text) ?? 0}));
	return (by > 0 ? all.find(({ms}) => ms > now) : all.findLast(({ms}) => ms < now))?.text;
}

/** Tells where it leads: the title of the text tells where it stands. */
const dial = (key: string, title: string, by: 1 | -1): Dial => ({
	key,
	title,
	turn: params => ({...params, range: next(params, by) ?? params['range'] ?? usual}),
	shown: params => next(params, by) ?? 'no further',
});

/** `[` and `]` in the text of a graph. */
export const lengthDials: readonly Dial[] = [dial('[', 'shorter', -1), dial(']', 'longer', 1)];

/** `1h`, as the title of a text tells it. */
export const lengthText = (params: Params): string => (params['range'] ?? usual).trim();
