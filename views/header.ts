import type {Deck} from '../src/deck/deck.ts';
import {standing} from '../src/policy.ts';
import {isOld} from '../src/poll/reading.ts';
import {worst} from '../src/severity.ts';
import {cleanLine} from '../src/text/clean.ts';
import {clockTime, duration} from '../src/text/figures.ts';
import {width} from '../src/text/fit.ts';
import {createSpan} from './span.ts';
import type {Theme} from './theme.ts';

/** ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`: whether we may act, what is wrong, what is old. */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const {watch, arming, labels, presence, unresolved} = deck.options;
	const now = deck.now();
	const clock = clockTime(now);
	const span = createSpan(cells - width(clock) - 2, theme);
	span.put(' midwatch', 'loud');
	for (const label of labels) span.put('  ').put(cleanLine(label), 'dim');
	const only = deck.session.get().target;
	if (only !== undefined) span.put('  ').put(`only ${cleanLine(only)}`, 'loud');
	let guarded = 0;
	let armed = 0;
	for (const {target} of watch.targets) {
		const is = standing(arming.policy.get(), target.name, now);
		if (is.state === 'guarded') guarded += 1;
		if (is.state !== 'armed') continue;
		armed += 1;
		span.put('  ').put(`${cleanLine(target.name)} armed ${duration((is.until - now) / 1000)}`, 'warn');
	}
	if (armed === 0 && guarded > 0) span.put('  ').put(theme.ascii || cells < 100 ? 'guarded' : 'guarded: O arms', 'dim');
	const findings = deck.findings();
	span.put('   ');
	for (const severity of ['crit', 'warn', 'unknown'] as const) {
		const found = findings.filter(finding => finding.severity === severity).length;
		if (found > 0) span.put(`${theme.sign(severity)} ${found}  `, severity);
	}
	const others = presence.others.get().length;
	if (others > 0) span.put(`${others} other console${others === 1 ? '' : 's'}  `, 'warn');
	if (unresolved.length > 0) span.put(`? ${unresolved.length} of unknown outcome: v  `, 'unknown');
	span.put(' ');
	for (const system of new Set(watch.targets.map(one => one.system))) {
		const readings = watch
			.readings()
			.filter(reading => watch.targets.some(one => one.system === system && one.target.name === reading.target));
		const old = readings.filter(reading => isOld(reading, now)).sort((a, b) => (a.readAt ?? 0) - (b.readAt ?? 0))[0];
		const failing = readings.some(reading => reading.state === 'failed');
		const connecting = readings.every(reading => reading.snapshot === undefined) && !failing;
		const severity = failing
			? 'unknown'
			: worst(readings.flatMap(reading => reading.findings.map(finding => finding.severity)));
		const told =
			old?.readAt === undefined
				? connecting
					? theme.glyphs.more
					: theme.sign(severity)
				: `${duration((now - old.readAt) / 1000)} old`;
		const text = `${system.kind} ${told}  `;
		if (!span.fits(text)) break;
		span
			.put(`${system.kind} `, 'dim')
			.put(`${told}  `, old === undefined ? (severity === 'ok' ? 'dim' : severity) : 'warn');
	}
	return `${span.end()}${theme.paint(`${clock}  `, 'plain')}`;
}
