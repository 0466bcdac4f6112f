import type {OtherConsole} from '../../src/audit/presence.ts';
import {bySeverity, worst} from '../../src/contract/severity.ts';
import type {Deck} from '../../src/input/deck.ts';
import {channelWords} from '../../src/model/channel-security.ts';
import {standing} from '../../src/policy/policy.ts';
import {policySummary} from '../../src/policy/policy-text.ts';
import {topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {cut, width} from '../../src/text/fit.ts';
import {clockTime, duration} from '../../src/text/format.ts';
import {createSpan} from '../line-builder.ts';
import type {Theme} from '../theme.ts';
import {type Form, fitParts, keep, nothing, orNothing, type Part, type Piece} from './header-parts.ts';
import {type SystemState, systemStates} from './system-states.ts';

/** `pts/3 from 10.0.0.7`: where another console of the same user is. */
function placeOf({tty, sshClient, pid}: OtherConsole): string {
	const at = tty === undefined ? `pid ${pid}` : cleanLine(tty).replace(/^\/dev\//, '');
	return sshClient === undefined ? at : `${at} from ${cleanLine(sshClient)}`;
}

/** How many systems are named: of those that are ok, and of those that are not. `whole`: by their whole names. */
type Named = {readonly well: number; readonly ill: number; readonly whole: boolean};

/** In their own order: the worst of those that are not ok, the first of those that are. The others are counted. */
function systemPieces(states: readonly SystemState[], {well, ill, whole}: Named): readonly Piece[] {
	const notOk = states.filter(state => state.severity !== 'ok').sort((a, b) => bySeverity(a.severity, b.severity));
	const ok = states.filter(state => state.severity === 'ok');
	const named = new Set([...notOk.slice(0, ill), ...ok.slice(0, well)]);
	const left = states.filter(state => !named.has(state));
	const worse = worst(left.map(state => state.severity));
	const isWell = worse === 'ok' && !left.some(state => state.connecting);
	const rest: Piece = {text: `+${left.length} ${isWell ? 'ok' : 'more'} `, tone: worse === 'ok' ? 'dim' : worse};
	return [
		...states
			.filter(state => named.has(state))
			.flatMap(({name, short, told: how, tone}): readonly Piece[] =>
				whole
					? [
							{text: `${name} `, tone: 'dim'},
							{text: `${how}  `, tone},
						]
					: [
							{text: `${short}${how.length > 1 ? ' ' : ''}`, tone: 'dim'},
							{text: `${how} `, tone},
						],
			),
		...(left.length === 0 ? [] : [rest]),
	];
}

const downFrom = (most: number, least: number): readonly number[] =>
	Array.from({length: Math.max(0, most - least + 1)}, (_, index) => most - index);

function systemsPart(states: readonly SystemState[]): Part {
	const well = states.filter(state => state.severity === 'ok').length;
	const ill = states.length - well;
	const form = (level: number, named: Named): Form => ({keep: level, pieces: systemPieces(states, named)});
	return [
		...downFrom(well, 1).map(left => form(keep.wellSystems, {well: left, ill, whole: true})),
		form(keep.systemNames, {well: 0, ill, whole: true}),
		...downFrom(ill, 2).map(left => form(keep.illSystems, {well: 0, ill: left, whole: false})),
		form(keep.worstSystem, {well: 0, ill: 1, whole: false}),
		form(keep.otherSystems, {well: 0, ill: 0, whole: false}),
		nothing,
	];
}

/** Cells that the name of an armed target keeps in the narrowest header. */
const armedNameCells = 16;

/** Which targets are armed, or that nothing can be changed before one is. */
function standingPart(deck: Deck): Part {
	const {watch, arming, keymap} = deck.options;
	const now = deck.monotonic();
	const standings = watch.targets.map(({target}) => ({target, is: standing(arming.policy.get(), target.name, now)}));
	const armed = standings.flatMap(({target, is}) =>
		is.state === 'armed' ? [{name: cleanLine(target.name), left: (is.until - now) / 1000}] : [],
	);
	const [first] = armed;
	if (first !== undefined) {
		const form = (level: number, text: string): Form => ({keep: level, pieces: [{text: `  ${text}`, tone: 'warn'}]});
		const left = duration(Math.min(...armed.map(one => one.left)));
		const more = armed.length > 1 ? ` +${armed.length - 1}` : '';
		return [
			form(keep.allArmedNames, armed.map(one => `${one.name} armed ${duration(one.left)}`).join('  ')),
			form(keep.armedName, `${first.name}${more} armed ${left}`),
			form(keep.armed, `${cut(first.name, armedNameCells)}${more} armed`),
			nothing,
		];
	}
	if (!standings.some(({is}) => is.state === 'guarded')) return [nothing];
	return [
		{
			keep: keep.howToArm,
			pieces: [{text: `  guarded: ${keymap.keyFor('deck.arm')} arms`, tone: 'dim'}],
		},
		...orNothing(keep.guarded, [{text: '  guarded', tone: 'dim'}]),
	];
}

/** What the policy file of this machine does here. That it cannot be used, so that nothing can be done, is said at any width. */
function policyPart(deck: Deck): Part {
	const policy = deck.options.arming.policy.get();
	const summary = policySummary(policy);
	if (summary === undefined) return [nothing];
	const tone = policy.read.state === 'unusable' ? 'crit' : 'dim';
	const form = (level: number, text: string): Form => ({keep: level, pieces: [{text: `  ${text}`, tone}]});
	const short = form(tone === 'crit' ? keep.always : keep.policy, summary.short);
	return [form(keep.policyWords, summary.text), short, ...(tone === 'crit' ? [] : [nothing])];
}

/** Servers that nothing proves to be the right ones; the list of targets says how each is connected to. */
function unverifiedPart(deck: Deck): Part {
	const {watch, keymap} = deck.options;
	const found = watch.targets.flatMap(({target}) => {
		const channel = watch.identity(target.name)?.channel;
		return channel === undefined || channelWords(channel) === undefined
			? []
			: [{name: cleanLine(target.name), channel}];
	});
	if (found.length === 0) return [nothing];
	const tone = found.some(({channel}) => channel === 'unverified') ? 'warn' : 'dim';
	const form = (level: number, who: string): Form => ({
		keep: level,
		pieces: [{text: `  ${who} not verified: ${keymap.keyFor('deck.targets')}`, tone}],
	});
	const names = found.length > 2 ? [] : [form(keep.unverifiedNames, found.map(({name}) => name).join(', '))];
	return [...names, form(keep.unverified, String(found.length)), nothing];
}

/** Actions that were sent and are not yet verified. */
function settlingPart(deck: Deck): Part {
	const settling = deck.options.runner.underWay().length;
	if (settling === 0 || topLayer(deck.session.get())?.kind === 'confirm') return [nothing];
	const key = deck.options.keymap.keyFor('deck.undo');
	return orNothing(keep.settling, [{text: `${settling} not verified yet: ${key}  `, tone: 'warn'}]);
}

function unknownPart(deck: Deck, theme: Theme): Part {
	const {length} = deck.options.unresolved.get();
	if (length === 0) return [nothing];
	const key = deck.options.keymap.keyFor('deck.audit');
	const form = (level: number, text: string): Form => ({
		keep: level,
		pieces: [{text: `${theme.sign('unknown')} ${length} ${text}  `, tone: 'unknown'}],
	});
	return [form(keep.unknownOutcome, `of unknown outcome: ${key}`), form(keep.always, `unknown: ${key}`)];
}

/** Copies of the audit that are not taken. While a required one is not, nothing is done, or it is done under a broken glass. */
function copiesPart(deck: Deck): Part {
	const {copies} = deck.options;
	if (copies === undefined) return [nothing];
	const sinks = copies.state.get();
	const broken = sinks.find(sink => sink.broken !== undefined);
	const isOpen = copies.glass.state.get() !== undefined;
	const failing = sinks.filter(sink => sink.trouble !== undefined || (isOpen && sink.required && sink.waiting > 0));
	const required = failing.filter(sink => sink.required);
	const form = (level: number, text: string, tone: Piece['tone']): Form => ({
		keep: level,
		pieces: [{text: `${text}  `, tone}],
	});
	const namesOf = (found: typeof sinks) =>
		found.map(({name, waiting}) => `${cleanLine(name)}${waiting > 0 ? ` (${waiting} wait)` : ''}`).join(', ');
	if (required.length > 0) {
		const what = isOpen ? 'GLASS BROKEN, audit not delivered' : 'audit not delivered, no action';
		return [
			form(keep.unknownOutcome, `${what}: ${namesOf(required)}`, 'crit'),
			form(keep.always, isOpen ? 'GLASS BROKEN' : 'no audit', 'crit'),
		];
	}
	if (broken !== undefined) {
		const long = `the log was cut or rewritten: ${cleanLine(broken.name)}`;
		return [form(keep.unknownOutcome, long, 'crit'), form(keep.always, 'log rewritten', 'crit')];
	}
	return failing.length === 0
		? [nothing]
		: orNothing(keep.settling, [{text: `copies wait: ${namesOf(failing)}  `, tone: 'warn'}]);
}

function consolesPart(deck: Deck): Part {
	const others = deck.options.presence.others.get();
	if (others.length === 0) return [nothing];
	const form = (level: number, text: string): Form => ({keep: level, pieces: [{text: `${text}  `, tone: 'warn'}]});
	const plural = others.length === 1 ? '' : 's';
	const counted = `${others.length} other console${plural}`;
	return [
		form(keep.consolePlaces, `${counted}: ${others.map(placeOf).join(', ')}`),
		form(keep.consoleCount, counted),
		form(keep.consoles, `+${others.length} console${plural}`),
		nothing,
	];
}

function findingsPart(deck: Deck, theme: Theme): Part {
	const findings = deck.findings();
	const signs = (['crit', 'warn', 'unknown'] as const).flatMap((severity): readonly Piece[] => {
		const found = findings.filter(finding => finding.severity === severity).length;
		return found > 0 ? [{text: `${theme.sign(severity)} ${found}  `, tone: severity}] : [];
	});
	return orNothing(keep.findings, signs);
}

/**
 * ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`: whether something may be changed, what is wrong,
 * what is old. However narrow it is, unknown outcomes stay, then the name of an armed target, then that there are other consoles.
 */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const clock = clockTime(deck.now());
	const span = createSpan(cells - width(clock) - 2, theme);
	const only = deck.session.get().target;
	const one = (level: number, text: string, tone: Piece['tone']): Part => orNothing(level, [{text, tone}]);
	const pieces = fitParts(
		[
			one(keep.product, ' midwatch', 'loud'),
			...deck.options.labels.map(label => one(keep.labels, `  ${cleanLine(label)}`, 'dim')),
			only === undefined
				? [nothing]
				: one(keep.onlyTarget, `  only ${cut(cleanLine(only), Math.floor(cells / 3))}`, 'loud'),
			policyPart(deck),
			standingPart(deck),
			unverifiedPart(deck),
			[{keep: keep.always, pieces: [{text: '   ', tone: 'plain'}]}],
			findingsPart(deck, theme),
			settlingPart(deck),
			copiesPart(deck),
			unknownPart(deck, theme),
			consolesPart(deck),
			[{keep: keep.always, pieces: [{text: ' ', tone: 'plain'}]}],
			systemsPart(systemStates(deck, theme)),
		],
		span.room,
	);
	const last = pieces.length - 1;
	for (const [index, {text, tone}] of pieces.entries()) {
		span.put(index === last ? text.trimEnd() : text, tone);
	}
	return `${span.end()}${theme.paint(` ${clock} `, 'plain')}`;
}
