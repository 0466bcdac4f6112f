import type {DocumentOption} from '../../src/contract/inspection.ts';
import type {Param, Params} from '../../src/contract/param.ts';
import {durationMs} from './decode.ts';

const offeredRanges: readonly string[] = ['15m', '1h', '6h', '24h', '7d'];
const defaultRange = '1h';
const maxRangeMs = 366 * 86_400_000;

const parseRange = (text: string): number | undefined => {
	const ms = durationMs(text.trim());
	return ms !== undefined && ms >= 60_000 && ms <= maxRangeMs ? ms : undefined;
};

/** The parameter for the length of a graph. */
export const rangeParam: Param = {
	name: 'range',
	label: 'Range',
	hint: `how far back the graph reaches: ${offeredRanges.join(' ')}, or any like 90m`,
	initial: () => defaultRange,
	problem: text =>
		parseRange(text) === undefined ? 'Not a range: write it as 15m, 6h or 7d, from 1m to 366d.' : undefined,
};

/** The length in milliseconds, of params without a problem. */
export const rangeMs = (params: Params): number => parseRange(params['range'] ?? defaultRange) ?? 3_600_000;

/** The next shorter or longer range that is offered; undefined at the end. */
function nextRange(params: Params, by: 1 | -1): string | undefined {
	const current = rangeMs(params);
	const all = offeredRanges.map(text => ({text, ms: parseRange(text) ?? 0}));
	return (by > 0 ? all.find(({ms}) => ms > current) : all.findLast(({ms}) => ms < current))?.text;
}

/** Its label is the range after the next press: the title of the document shows the current one. */
const rangeOption = (key: string, title: string, by: 1 | -1): DocumentOption => ({
	key,
	title,
	nextParams: params => ({...params, range: nextRange(params, by) ?? params['range'] ?? defaultRange}),
	currentLabel: params => nextRange(params, by) ?? 'no further',
});

/** The keys `[` and `]` in a document with a graph. */
export const rangeOptions: readonly DocumentOption[] = [rangeOption('[', 'shorter', -1), rangeOption(']', 'longer', 1)];

/** The range as text, for titles: `1h`. */
export const formatRange = (params: Params): string => (params['range'] ?? defaultRange).trim();
