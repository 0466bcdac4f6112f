import type {OtherConsole} from '../src/audit/presence.ts';
import type {Deck} from '../src/deck/deck.ts';
import {standing} from '../src/policy.ts';
import {isOld} from '../src/poll/reading.ts';
import {worst} from '../src/severity.ts';
import {cleanLine} from '../src/text/clean.ts';
import {clockTime, duration} from '../src/text/figures.ts';
import {cut, width} from '../src/text/fit.ts';
import {createSpan} from './span.ts';
import type {Theme} from './theme.ts';

/** `pts/3 from 10.0.0.7`: where another console of the same user is. */
function placeOf({tty, sshClient, pid}: OtherConsole): string {
	const at = tty === undefined ? `pid ${pid}` : cleanLine(tty).replace(/^\/dev\//, '');
	return sshClient === undefined ? at : `${at} from ${cleanLine(sshClient)}`;
}

/** ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`: whether we may act, what is wrong, what is old. */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const {watch, arming, labels, presence} = deck.options;
	const unresolved = deck.options.unresolved.get();
	const now = deck.now();
	const clock = clockTime(now);
	const span = createSpan(cells - width(clock) - 2, theme);
	span.put(' midwatch', 'loud');
	const findings = deck.findings();
	const signs = (['crit', 'warn', 'unknown'] as const).flatMap(severity => {
		const found = findings.filter(finding => finding.severity === severity).length;
		return found > 0 ? [{text: `${theme.sign(severity)} ${found}  `, severity}] : [];
	});
	// What is wrong has its place before anything else is given one.
	const reserved = ' '.repeat(signs.reduce((sum, sign) => sum + width(sign.text), 3));
	const standings = watch.targets.map(({target}) => ({target, is: standing(arming.policy.get(), target.name, now)}));
	const guarded = standings.filter(({is}) => is.state === 'guarded').length;
	const armed = standings.flatMap(({target, is}) =>
		is.state === 'armed' ? [{name: cleanLine(target.name), left: (is.until - now) / 1000}] : [],
	);
	const named = armed.map(({name, left}) => `${name} armed ${duration(left)}`).join('  ');
	// Where something may be changed is worth more than what the console is called.
	for (const label of labels) {
		const text = cleanLine(label);
		if (span.fits(`  ${text}  ${named}${reserved}`)) span.put('  ').put(text, 'dim');
	}
	const room = () => Math.max(0, cells - width(clock) - 2 - span.used - width(reserved) - 2);
	const only = deck.session.get().target;
	if (only !== undefined) span.put('  ').put(cut(`only ${cleanLine(only)}`, room()), 'loud');
	if (armed.length > 0) {
		const counted = `${armed.length} armed ${duration(Math.min(...armed.map(({left}) => left)))}`;
		span.put('  ').put(width(named) <= room() ? named : counted, 'warn');
	}
	if (armed.length === 0 && guarded > 0) {
		const key = deck.options.keymap.keyOf('deck.arm', 'O');
		const told = cells < 100 ? 'guarded' : `guarded: ${key} arms`;
		if (span.fits(`  ${told}${reserved}`)) span.put('  ').put(told, 'dim');
	}
	span.put('   ');
	for (const {text, severity} of signs) span.put(text, severity);
	const others = presence.others.get();
	const put = (text: string, tone: 'warn' | 'unknown') => {
		if (span.fits(text)) span.put(text, tone);
	};
	if (unresolved.length > 0) {
		const key = deck.options.keymap.keyOf('deck.audit', 'v');
		put(`${theme.sign('unknown')} ${unresolved.length} of unknown outcome: ${key}  `, 'unknown');
	}
	if (others.length > 0) {
		const counted = `${others.length} other console${others.length === 1 ? '' : 's'}`;
		const where = `${counted}: ${others.map(placeOf).join(', ')}  `;
		put(span.fits(where) ? where : `${counted}  `, 'warn');
	}
	if (span.fits('  ')) span.put(' ');
	for (const kind of new Set(watch.targets.map(one => one.target.kind))) {
		const readings = watch
			.readings()
			.filter(reading => watch.targets.some(one => one.target.kind === kind && one.target.name === reading.target));
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
		const text = `${kind} ${told}  `;
		if (!span.fits(text)) break;
		span.put(`${kind} `, 'dim').put(`${told}  `, old === undefined ? (severity === 'ok' ? 'dim' : severity) : 'warn');
	}
	return `${span.end()}${theme.paint(` ${clock} `, 'plain')}`;
}
