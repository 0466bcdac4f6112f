import type {Gauge} from '../../src/contract/row.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth} from '../../src/text/fit.ts';
import {formatBytes, formatCount, formatDuration, formatPercent, formatRate} from '../../src/text/format.ts';
import {drawBar} from '../../src/text/inline-charts.ts';
import type {Theme} from '../theme.ts';

function figure(value: number | undefined, unit: Gauge['unit']): string {
	switch (unit) {
		case 'bytes':
			return formatBytes(value);
		case 'ratio':
			return formatPercent(value);
		case 'seconds':
			return value !== undefined && value > 0 && value < 1 ? `${Math.round(value * 1000)}ms` : formatDuration(value);
		case 'per-second':
			return formatRate(value);
		default:
			return formatCount(value);
	}
}

/** `connections 188/200`, `memory ██████░░ 3.7Gi/4.0Gi 92 %`, `policy allkeys-lru`. A gauge that was not read shows why. */
export function gaugeText(gauge: Gauge, ascii: boolean): string {
	if (gauge.value === undefined) return cleanLine(gauge.text ?? '?');
	if (gauge.unit === 'text') return cleanLine(gauge.text ?? '');
	const value = figure(gauge.value, gauge.unit);
	if (gauge.limit === undefined || gauge.limit <= 0)
		return gauge.text === undefined ? value : `${value} ${cleanLine(gauge.text)}`;
	const share = gauge.value / gauge.limit;
	const picture = gauge.unit === 'bytes' && !ascii ? `${drawBar(share, 12)} ` : '';
	return `${picture}${value}/${figure(gauge.limit, gauge.unit)} ${formatPercent(share)}`;
}

/**
 * As many gauges as fit, in the order of `ids`, exactly `cells` wide, behind `label` (the name of the target). Gauges with a problem get space
 * first: a narrow line must not show only healthy ones.
 */
export function paintGauges(
	gauges: readonly Gauge[],
	ids: readonly string[],
	label: string,
	cells: number,
	theme: Theme,
): string {
	let painted = '';
	let used = 0;
	const put = (text: string, tone: Parameters<Theme['paint']>[1]) => {
		painted += theme.paint(text, tone);
		used += displayWidth(text);
	};
	put('  ', 'plain');
	if (label !== '' && used + displayWidth(`${label}  `) <= cells) put(`${label}  `, 'dim');
	const candidates = ids.flatMap(id => {
		const gauge = gauges.find(other => other.id === id);
		return gauge === undefined ? [] : [{gauge, text: gaugeText(gauge, theme.ascii)}];
	});
	let space = cells - used;
	const fits = new Set(
		[
			...candidates.filter(({gauge}) => gauge.severity !== 'ok'),
			...candidates.filter(({gauge}) => gauge.severity === 'ok'),
		].filter(({gauge, text}) => {
			const needed = displayWidth(`${gauge.label} ${text}  `);
			if (needed > space) return false;
			space -= needed;
			return true;
		}),
	);
	for (const {gauge, text} of candidates.filter(candidate => fits.has(candidate))) {
		put(`${gauge.label} `, 'dim');
		put(text, gauge.severity === 'ok' ? 'plain' : gauge.severity);
		put('  ', 'plain');
	}
	return painted + ' '.repeat(Math.max(0, cells - used));
}
