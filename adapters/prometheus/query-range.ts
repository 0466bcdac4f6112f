import type {DocumentOption} from '../../src/contract/inspection.ts';
import type {Param, Params} from '../../src/contract/param.ts';
import {durationMs} from './decode.ts';

const offeredRanges = ['15m', '1h', '6h', '24h', '7d'];
const defaultRange = '1h';
const longestMs = 366 * 86_400_000;

const parseRange = (text: string): number | undefined => {
	const ms = durationMs(text.trim());
	return ms !== undefined && ms >= 60_000 && ms <= longestMs ? ms : undefined;
};

/** How far back a graph reaches. */
export const rangeParam: Param = {
	name: 'range',
	label: 'Range',
	hint: `how far back the graph reaches: ${offeredRanges.join(' ')}, or any like 90m`,
	initial: () => defaultRange,
	problem: text =>
		parseRange(text) === undefined ? 'no range: write it like 15m, 6h or 7d, from 1m to 366d' : undefined,
};

/** Milliseconds, of params that have been checked. */
export const rangeMs = (params: Params): number => parseRange(params['range'] ?? defaultRange) ?? 3_600_000;

/** The next shorter or longer one of those that are offered. */
function nextRange(params: Params, by: 1 | -1): string | undefined {
	const now = rangeMs(params);
	const all = offeredRanges.map(text => ({text, ms: parseRange(text) ?? 0}));
	return (by > 0 ? all.find(({ms}) => ms > now) : all.findLast(({ms}) => ms < now))?.text;
}

/** Tells where it leads: the title of the text tells where it stands. */
const rangeOption = (key: string, title: string, by: 1 | -1): DocumentOption => ({
	key,
	title,
	nextParams: params => ({...params, range: nextRange(params, by) ?? params['range'] ?? defaultRange}),
	currentLabel: params => nextRange(params, by) ?? 'no further',
});

/** `[` and `]` in the text of a graph. */
export const rangeOptions: readonly DocumentOption[] = [rangeOption('[', 'shorter', -1), rangeOption(']', 'longer', 1)];

/** `1h`, as the title of a text tells it. */
export const formatRange = (params: Params): string => (params['range'] ?? defaultRange).trim();
