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

/** `pts/3 from 10.0.0.7`: the terminal and SSH client of another console of the same user. */
function consoleLocation({tty, sshClient, pid}: OtherConsole): string {
	const at = tty === undefined ? `pid ${pid}` : cleanLine(tty).replace(/^\/dev\//, '');
	return sshClient === undefined ? at : `${at} from ${cleanLine(sshClient)}`;
}

/** How many healthy and unhealthy systems are named, by their full or short names. */
type NamedSystems = {readonly healthy: number; readonly unhealthy: number; readonly fullNames: boolean};

/** The worst unhealthy systems and the first healthy ones by name, in the order of the targets; then `+2 more` for the others. */
function systemPieces(
	states: readonly SystemState[],
	{healthy, unhealthy, fullNames}: NamedSystems,
): readonly StyledPiece[] {
	const notOk = states.filter(state => state.severity !== 'ok').sort((a, b) => compareSeverity(a.severity, b.severity));
	const ok = states.filter(state => state.severity === 'ok');
	const named = new Set([...notOk.slice(0, unhealthy), ...ok.slice(0, healthy)]);
	const unnamed = states.filter(state => !named.has(state));
	const worst = worstSeverity(unnamed.map(state => state.severity));
	const areOk = worst === 'ok' && !unnamed.some(state => state.connecting);
	const rest: StyledPiece = {
		text: `+${unnamed.length} ${areOk ? 'ok' : 'more'} `,
		tone: worst === 'ok' ? 'dim' : worst,
	};
	return [
		...states
			.filter(state => named.has(state))
			.flatMap(({name, short, statusText, tone}): readonly StyledPiece[] =>
				fullNames
					? [
							{text: `${name} `, tone: 'dim'},
							{text: `${statusText}  `, tone},
						]
					: [
							{text: `${short}${statusText.length > 1 ? ' ' : ''}`, tone: 'dim'},
							{text: `${statusText} `, tone},
						],
			),
		...(unnamed.length === 0 ? [] : [rest]),
	];
}

const countDown = (max: number, min: number): readonly number[] =>
	Array.from({length: Math.max(0, max - min + 1)}, (_, index) => max - index);

function systemsPart(states: readonly SystemState[]): HeaderPart {
	const healthy = states.filter(state => state.severity === 'ok').length;
	const unhealthy = states.length - healthy;
	const form = (priority: number, named: NamedSystems): HeaderForm => ({
		priority,
		pieces: systemPieces(states, named),
	});
	return [
		...countDown(healthy, 1).map(count =>
			form(headerPriority.healthySystems, {healthy: count, unhealthy, fullNames: true}),
		),
		form(headerPriority.systemNames, {healthy: 0, unhealthy, fullNames: true}),
		...countDown(unhealthy, 2).map(count =>
			form(headerPriority.unhealthySystems, {healthy: 0, unhealthy: count, fullNames: false}),
		),
		form(headerPriority.worstSystem, {healthy: 0, unhealthy: 1, fullNames: false}),
		form(headerPriority.otherSystems, {healthy: 0, unhealthy: 0, fullNames: false}),
		emptyForm,
	];
}

/** Cells for the name of an armed target in the narrowest header. */
const armedNameCells = 16;

/** Which targets are armed and for how long; else `guarded` with the key that arms. */
function accessStatePart(deck: Deck): HeaderPart {
	const {watch, arming, keymap} = deck.options;
	const now = deck.monotonic();
	const targets = watch.targets.map(({target}) => ({
		target,
		access: accessState(arming.policy.get(), target.name, now),
	}));
	const armed = targets.flatMap(({target, access}) =>
		access.state === 'armed' ? [{name: cleanLine(target.name), seconds: (access.until - now) / 1000}] : [],
	);
	const [first] = armed;
	if (first !== undefined) {
		const form = (priority: number, text: string): HeaderForm => ({
			priority,
			pieces: [{text: `  ${text}`, tone: 'warn'}],
		});
		const timeLeft = formatDuration(Math.min(...armed.map(({seconds}) => seconds)));
		const othersText = armed.length > 1 ? ` +${armed.length - 1}` : '';
		return [
			form(
				headerPriority.allArmedNames,
				armed.map(({name, seconds}) => `${name} armed ${formatDuration(seconds)}`).join('  '),
			),
			form(headerPriority.armedName, `${first.name}${othersText} armed ${timeLeft}`),
			form(headerPriority.armed, `${truncateText(first.name, armedNameCells)}${othersText} armed`),
			emptyForm,
		];
	}
	if (!targets.some(({access}) => access.state === 'guarded')) return [emptyForm];
	return [
		{
			priority: headerPriority.howToArm,
			pieces: [{text: `  guarded: ${keymap.keyFor('deck.arm')} arms`, tone: 'dim'}],
		},
		...optionalPart(headerPriority.guarded, [{text: '  guarded', tone: 'dim'}]),
	];
}

/** What the policy file of this machine restricts. A policy file that cannot be used stops every action, and is shown at any width. */
function policyPart(deck: Deck): HeaderPart {
	const policy = deck.options.arming.policy.get();
	const summary = policySummary(policy);
	if (summary === undefined) return [emptyForm];
	const tone = policy.fileState.state === 'unusable' ? 'crit' : 'dim';
	const form = (priority: number, text: string): HeaderForm => ({priority, pieces: [{text: `  ${text}`, tone}]});
	const short = form(tone === 'crit' ? headerPriority.always : headerPriority.policy, summary.short);
	return [form(headerPriority.policyWords, summary.text), short, ...(tone === 'crit' ? [] : [emptyForm])];
}

/** Targets whose server identity is not verified (`channel security`); the list of targets has the details. */
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
	const form = (priority: number, targets: string): HeaderForm => ({
		priority,
		pieces: [{text: `  ${targets} not verified: ${keymap.keyFor('deck.targets')}`, tone}],
	});
	const names = found.length > 2 ? [] : [form(headerPriority.unverifiedNames, found.map(({name}) => name).join(', '))];
	return [...names, form(headerPriority.unverified, String(found.length)), emptyForm];
}

/** How many actions were sent and are not verified yet. */
function settlingPart(deck: Deck): HeaderPart {
	const settling = deck.options.runner.inProgress().length;
	if (settling === 0 || topLayer(deck.session.get())?.kind === 'confirm') return [emptyForm];
	const key = deck.options.keymap.keyFor('deck.undo');
	return optionalPart(headerPriority.settling, [{text: `${settling} not verified yet: ${key}  `, tone: 'warn'}]);
}

/** How many outcomes are unknown, shown at any width. */
function unknownPart(deck: Deck, theme: Theme): HeaderPart {
	const {length} = deck.options.unresolved.get();
	if (length === 0) return [emptyForm];
	const key = deck.options.keymap.keyFor('deck.audit');
	const form = (priority: number, text: string): HeaderForm => ({
		priority,
		pieces: [{text: `${theme.sign('unknown')} ${length} ${text}  `, tone: 'unknown'}],
	});
	return [
		form(headerPriority.unknownOutcome, `unknown outcome${length === 1 ? '' : 's'}: ${key}`),
		form(headerPriority.always, `unknown: ${key}`),
	];
}

/** Audit sinks that do not accept records. While a required sink does not, no action is possible, or only by break-glass. */
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
	const form = (priority: number, text: string, tone: StyledPiece['tone']): HeaderForm => ({
		priority,
		pieces: [{text: `${text}  `, tone}],
	});
	const namesOf = (found: typeof sinks) =>
		found
			.map(({name, pendingRecords: waiting}) => `${cleanLine(name)}${waiting > 0 ? ` (${waiting} queued)` : ''}`)
			.join(', ');
	if (required.length > 0) {
		const problem = isOpen ? 'BREAK-GLASS, audit not delivered' : 'audit not delivered, actions blocked';
		return [
			form(headerPriority.unknownOutcome, `${problem}: ${namesOf(required)}`, 'crit'),
			form(headerPriority.always, isOpen ? 'BREAK-GLASS' : 'no audit', 'crit'),
		];
	}
	if (broken !== undefined) {
		const fullText = `audit log cut or rewritten: ${cleanLine(broken.name)}`;
		return [
			form(headerPriority.unknownOutcome, fullText, 'crit'),
			form(headerPriority.always, 'log rewritten', 'crit'),
		];
	}
	return failing.length === 0
		? [emptyForm]
		: optionalPart(headerPriority.settling, [{text: `audit copies delayed: ${namesOf(failing)}  `, tone: 'warn'}]);
}

/** The other consoles that use the same state directory. */
function consolesPart(deck: Deck): HeaderPart {
	const others = deck.options.presence.others.get();
	if (others.length === 0) return [emptyForm];
	const form = (priority: number, text: string): HeaderForm => ({
		priority,
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

/** Findings counted by severity. */
function findingsPart(deck: Deck, theme: Theme): HeaderPart {
	const findings = deck.findings();
	const signs = (['crit', 'warn', 'unknown'] as const).flatMap((severity): readonly StyledPiece[] => {
		const found = findings.filter(finding => finding.severity === severity).length;
		return found > 0 ? [{text: `${theme.sign(severity)} ${found}  `, tone: severity}] : [];
	});
	return optionalPart(headerPriority.findings, signs);
}

/**
 * The first line of the screen: ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`. Whatever the width,
 * unknown outcomes stay, then the name of an armed target, then the number of other consoles.
 */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const clock = formatClockTime(deck.now());
	const line = createLineBuilder(cells - displayWidth(clock) - 2, theme);
	const only = deck.session.get().target;
	const part = (priority: number, text: string, tone: StyledPiece['tone']): HeaderPart =>
		optionalPart(priority, [{text, tone}]);
	const pieces = fitParts(
		[
			part(headerPriority.product, ' midwatch', 'loud'),
			...deck.options.labels.map(label => part(headerPriority.labels, `  ${cleanLine(label)}`, 'dim')),
			only === undefined
				? [emptyForm]
				: part(headerPriority.onlyTarget, `  only ${truncateText(cleanLine(only), Math.floor(cells / 3))}`, 'loud'),
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
		line.space,
	);
	const last = pieces.length - 1;
	for (const [index, {text, tone}] of pieces.entries()) {
		line.append(index === last ? text.trimEnd() : text, tone);
	}
	return `${line.finish()}${theme.paint(` ${clock} `, 'plain')}`;
}
