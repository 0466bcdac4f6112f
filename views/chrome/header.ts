import type {OtherConsole} from '../../src/audit/presence.ts';
import {compareSeverity, worstSeverity} from '../../src/contract/severity.ts';
import type {Deck} from '../../src/input/deck.ts';
import {describeChannel} from '../../src/model/channel-security.ts';
import {accessState} from '../../src/policy/policy.ts';
import {policySummary} from '../../src/policy/policy-text.ts';
import {topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, truncateText} from '../../src/text/fit.ts';
import {formatClockTime, formatDuration} from '../../src/text/format.ts';
import {createLineBuilder} from '../line-builder.ts';
import type {Theme} from '../theme.ts';
import {
	emptyForm,
	fitParts,
	type HeaderForm,
	type HeaderPart,
	headerPriority,
	optionalPart,
	type StyledPiece,
} from './header-parts.ts';
import {type SystemState, systemStates} from './system-states.ts';

/** `pts/3 from 10.0.0.7`: where another console of the same user is. */
function consoleLocation({tty, sshClient, pid}: OtherConsole): string {
	const at = tty === undefined ? `pid ${pid}` : cleanLine(tty).replace(/^\/dev\//, '');
	return sshClient === undefined ? at : `${at} from ${cleanLine(sshClient)}`;
}

/** How many systems are named: of those that are ok, and of those that are not. `whole`: by their whole names. */
type NamedSystems = {readonly well: number; readonly ill: number; readonly whole: boolean};

/** In their own order: the worst of those that are not ok, the first of those that are. The others are counted. */
function systemPieces(states: readonly SystemState[], {well, ill, whole}: NamedSystems): readonly StyledPiece[] {
	const notOk = states.filter(state => state.severity !== 'ok').sort((a, b) => compareSeverity(a.severity, b.severity));
	const ok = states.filter(state => state.severity === 'ok');
	const named = new Set([...notOk.slice(0, ill), ...ok.slice(0, well)]);
	const left = states.filter(state => !named.has(state));
	const worse = worstSeverity(left.map(state => state.severity));
	const isWell = worse === 'ok' && !left.some(state => state.connecting);
	const rest: StyledPiece = {text: `+${left.length} ${isWell ? 'ok' : 'more'} `, tone: worse === 'ok' ? 'dim' : worse};
	return [
		...states
			.filter(state => named.has(state))
			.flatMap(({name, short, statusText: how, tone}): readonly StyledPiece[] =>
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

function systemsPart(states: readonly SystemState[]): HeaderPart {
	const well = states.filter(state => state.severity === 'ok').length;
	const ill = states.length - well;
	const form = (level: number, named: NamedSystems): HeaderForm => ({
		priority: level,
		pieces: systemPieces(states, named),
	});
	return [
		...downFrom(well, 1).map(left => form(headerPriority.wellSystems, {well: left, ill, whole: true})),
		form(headerPriority.systemNames, {well: 0, ill, whole: true}),
		...downFrom(ill, 2).map(left => form(headerPriority.illSystems, {well: 0, ill: left, whole: false})),
		form(headerPriority.worstSystem, {well: 0, ill: 1, whole: false}),
		form(headerPriority.otherSystems, {well: 0, ill: 0, whole: false}),
		emptyForm,
	];
}

/** Cells that the name of an armed target keeps in the narrowest header. */
const armedNameCells = 16;

/** Which targets are armed, or that nothing can be changed before one is. */
function accessStatePart(deck: Deck): HeaderPart {
	const {watch, arming, keymap} = deck.options;
	const now = deck.monotonic();
	const standings = watch.targets.map(({target}) => ({target, is: accessState(arming.policy.get(), target.name, now)}));
	const armed = standings.flatMap(({target, is}) =>
		is.state === 'armed' ? [{name: cleanLine(target.name), left: (is.until - now) / 1000}] : [],
	);
	const [first] = armed;
	if (first !== undefined) {
		const form = (level: number, text: string): HeaderForm => ({
			priority: level,
			pieces: [{text: `  ${text}`, tone: 'warn'}],
		});
		const left = formatDuration(Math.min(...armed.map(one => one.left)));
		const more = armed.length > 1 ? ` +${armed.length - 1}` : '';
		return [
			form(headerPriority.allArmedNames, armed.map(one => `${one.name} armed ${formatDuration(one.left)}`).join('  ')),
			form(headerPriority.armedName, `${first.name}${more} armed ${left}`),
			form(headerPriority.armed, `${truncateText(first.name, armedNameCells)}${more} armed`),
			emptyForm,
		];
	}
	if (!standings.some(({is}) => is.state === 'guarded')) return [emptyForm];
	return [
		{
			priority: headerPriority.howToArm,
			pieces: [{text: `  guarded: ${keymap.keyFor('deck.arm')} arms`, tone: 'dim'}],
		},
		...optionalPart(headerPriority.guarded, [{text: '  guarded', tone: 'dim'}]),
	];
}

/** What the policy file of this machine does here. That it cannot be used, so that nothing can be done, is said at any width. */
function policyPart(deck: Deck): HeaderPart {
	const policy = deck.options.arming.policy.get();
	const summary = policySummary(policy);
	if (summary === undefined) return [emptyForm];
	const tone = policy.fileState.state === 'unusable' ? 'crit' : 'dim';
	const form = (level: number, text: string): HeaderForm => ({priority: level, pieces: [{text: `  ${text}`, tone}]});
	const short = form(tone === 'crit' ? headerPriority.always : headerPriority.policy, summary.short);
	return [form(headerPriority.policyWords, summary.text), short, ...(tone === 'crit' ? [] : [emptyForm])];
}

/** Servers that nothing proves to be the right ones; the list of targets says how each is connected to. */
function unverifiedPart(deck: Deck): HeaderPart {
	const {watch, keymap} = deck.options;
	const found = watch.targets.flatMap(({target}) => {
		const channel = watch.identity(target.name)?.channel;
		return channel === undefined || describeChannel(channel) === undefined
			? []
			: [{name: cleanLine(target.name), channel}];
	});
	if (found.length === 0) return [emptyForm];
	const tone = found.some(({channel}) => channel === 'unverified') ? 'warn' : 'dim';
	const form = (level: number, who: string): HeaderForm => ({
		priority: level,
		pieces: [{text: `  ${who} not verified: ${keymap.keyFor('deck.targets')}`, tone}],
	});
	const names = found.length > 2 ? [] : [form(headerPriority.unverifiedNames, found.map(({name}) => name).join(', '))];
	return [...names, form(headerPriority.unverified, String(found.length)), emptyForm];
}

/** Actions that were sent and are not yet verified. */
function settlingPart(deck: Deck): HeaderPart {
	const settling = deck.options.runner.inProgress().length;
	if (settling === 0 || topLayer(deck.session.get())?.kind === 'confirm') return [emptyForm];
	const key = deck.options.keymap.keyFor('deck.undo');
	return optionalPart(headerPriority.settling, [{text: `${settling} not verified yet: ${key}  `, tone: 'warn'}]);
}

function unknownPart(deck: Deck, theme: Theme): HeaderPart {
	const {length} = deck.options.unresolved.get();
	if (length === 0) return [emptyForm];
	const key = deck.options.keymap.keyFor('deck.audit');
	const form = (level: number, text: string): HeaderForm => ({
		priority: level,
		pieces: [{text: `${theme.sign('unknown')} ${length} ${text}  `, tone: 'unknown'}],
	});
	return [
		form(headerPriority.unknownOutcome, `of unknown outcome: ${key}`),
		form(headerPriority.always, `unknown: ${key}`),
	];
}

/** Copies of the audit that are not taken. While a required one is not, nothing is done, or it is done under a broken glass. */
function auditSinksPart(deck: Deck): HeaderPart {
	const {copies} = deck.options;
	if (copies === undefined) return [emptyForm];
	const sinks = copies.state.get();
	const broken = sinks.find(sink => sink.mismatch !== undefined);
	const isOpen = copies.breakGlass.state.get() !== undefined;
	const failing = sinks.filter(
		sink => sink.failure !== undefined || (isOpen && sink.required && sink.pendingRecords > 0),
	);
	const required = failing.filter(sink => sink.required);
	const form = (level: number, text: string, tone: StyledPiece['tone']): HeaderForm => ({
		priority: level,
		pieces: [{text: `${text}  `, tone}],
	});
	const namesOf = (found: typeof sinks) =>
		found
			.map(({name, pendingRecords: waiting}) => `${cleanLine(name)}${waiting > 0 ? ` (${waiting} wait)` : ''}`)
			.join(', ');
	if (required.length > 0) {
		const what = isOpen ? 'GLASS BROKEN, audit not delivered' : 'audit not delivered, no action';
		return [
			form(headerPriority.unknownOutcome, `${what}: ${namesOf(required)}`, 'crit'),
			form(headerPriority.always, isOpen ? 'GLASS BROKEN' : 'no audit', 'crit'),
		];
	}
	if (broken !== undefined) {
		const long = `the log was cut or rewritten: ${cleanLine(broken.name)}`;
		return [form(headerPriority.unknownOutcome, long, 'crit'), form(headerPriority.always, 'log rewritten', 'crit')];
	}
	return failing.length === 0
		? [emptyForm]
		: optionalPart(headerPriority.settling, [{text: `copies wait: ${namesOf(failing)}  `, tone: 'warn'}]);
}

function consolesPart(deck: Deck): HeaderPart {
	const others = deck.options.presence.others.get();
	if (others.length === 0) return [emptyForm];
	const form = (level: number, text: string): HeaderForm => ({
		priority: level,
		pieces: [{text: `${text}  `, tone: 'warn'}],
	});
	const plural = others.length === 1 ? '' : 's';
	const counted = `${others.length} other console${plural}`;
	return [
		form(headerPriority.consolePlaces, `${counted}: ${others.map(consoleLocation).join(', ')}`),
		form(headerPriority.consoleCount, counted),
		form(headerPriority.consoles, `+${others.length} console${plural}`),
		emptyForm,
	];
}

function findingsPart(deck: Deck, theme: Theme): HeaderPart {
	const findings = deck.findings();
	const signs = (['crit', 'warn', 'unknown'] as const).flatMap((severity): readonly StyledPiece[] => {
		const found = findings.filter(finding => finding.severity === severity).length;
		return found > 0 ? [{text: `${theme.sign(severity)} ${found}  `, tone: severity}] : [];
	});
	return optionalPart(headerPriority.findings, signs);
}

/**
 * ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`: whether something may be changed, what is wrong,
 * what is old. However narrow it is, unknown outcomes stay, then the name of an armed target, then that there are other consoles.
 */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const clock = formatClockTime(deck.now());
	const span = createLineBuilder(cells - displayWidth(clock) - 2, theme);
	const only = deck.session.get().target;
	const one = (level: number, text: string, tone: StyledPiece['tone']): HeaderPart =>
		optionalPart(level, [{text, tone}]);
	const pieces = fitParts(
		[
			one(headerPriority.product, ' midwatch', 'loud'),
			...deck.options.labels.map(label => one(headerPriority.labels, `  ${cleanLine(label)}`, 'dim')),
			only === undefined
				? [emptyForm]
				: one(headerPriority.onlyTarget, `  only ${truncateText(cleanLine(only), Math.floor(cells / 3))}`, 'loud'),
			policyPart(deck),
			accessStatePart(deck),
			unverifiedPart(deck),
			[{priority: headerPriority.always, pieces: [{text: '   ', tone: 'plain'}]}],
			findingsPart(deck, theme),
			settlingPart(deck),
			auditSinksPart(deck),
			unknownPart(deck, theme),
			consolesPart(deck),
			[{priority: headerPriority.always, pieces: [{text: ' ', tone: 'plain'}]}],
			systemsPart(systemStates(deck, theme)),
		],
		span.room,
	);
	const last = pieces.length - 1;
	for (const [index, {text, tone}] of pieces.entries()) {
		span.append(index === last ? text.trimEnd() : text, tone);
	}
	return `${span.finish()}${theme.paint(` ${clock} `, 'plain')}`;
}
