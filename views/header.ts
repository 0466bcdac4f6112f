import type {OtherConsole} from '../src/audit/presence.ts';
import type {Deck} from '../src/deck/deck.ts';
import type {Tone} from '../src/pane.ts';
import {standing} from '../src/policy/standing.ts';
import {topLayer} from '../src/session.ts';
import {bySeverity, worst} from '../src/severity.ts';
import {cleanLine} from '../src/text/clean.ts';
import {clockTime, duration} from '../src/text/figures.ts';
import {cut, width} from '../src/text/fit.ts';
import {createSpan} from './span.ts';
import {type SystemState, systemStates} from './system-states.ts';
import type {Theme} from './theme.ts';

type Piece = {readonly text: string; readonly tone: Tone};

/** What the header has room for. */
type Room = {
	/** How many systems are told of: of those that are well, and of those that are not. */
	readonly well: number;
	readonly ill: number;
	/** They are called by their whole names. */
	readonly whole: boolean;
	/** Where other consoles are is told; else only how many there are. */
	readonly places: boolean;
	readonly guarded: 'how to arm' | 'that it is' | 'untold';
	readonly product: boolean;
	/** Armed targets are named; else counted. */
	readonly armed: boolean;
	readonly labels: boolean;
	readonly others: boolean;
};

const downFrom = (most: number, least: number): readonly number[] =>
	Array.from({length: Math.max(0, most - least)}, (_, index) => most - 1 - index);

/** From all that could be told to what has to be: what is well goes first, what is wrong and where something may be changed last. */
function rooms(well: number, ill: number): readonly Room[] {
	const narrower: readonly Partial<Room>[] = [
		...downFrom(well, 0).map(left => ({well: left})),
		{whole: false},
		{places: false},
		{guarded: 'that it is'},
		{guarded: 'untold'},
		{product: false},
		{armed: false},
		...downFrom(ill, 1).map(left => ({ill: left})),
		{labels: false},
		{others: false},
		{ill: 0},
	];
	const all: Room = {
		well,
		ill,
		whole: true,
		places: true,
		guarded: 'how to arm',
		product: true,
		armed: true,
		labels: true,
		others: true,
	};
	const found = [all];
	for (const less of narrower) found.push({...(found.at(-1) ?? all), ...less});
	return found;
}

/** `pts/3 from 10.0.0.7`: where another console of the same user is. */
function placeOf({tty, sshClient, pid}: OtherConsole): string {
	const at = tty === undefined ? `pid ${pid}` : cleanLine(tty).replace(/^\/dev\//, '');
	return sshClient === undefined ? at : `${at} from ${cleanLine(sshClient)}`;
}

/** In their own order, whoever has room: the worst of those that are ill, the first of those that are well. What is left out is counted. */
function systemPieces(states: readonly SystemState[], room: Room): readonly Piece[] {
	const ill = states.filter(state => state.severity !== 'ok').sort((a, b) => bySeverity(a.severity, b.severity));
	const well = states.filter(state => state.severity === 'ok');
	const told = new Set([...ill.slice(0, room.ill), ...well.slice(0, room.well)]);
	const left = states.filter(state => !told.has(state));
	const worse = worst(left.map(state => state.severity));
	const isWell = worse === 'ok' && !left.some(state => state.connecting);
	const rest: Piece = {text: `+${left.length} ${isWell ? 'ok' : 'more'} `, tone: worse === 'ok' ? 'dim' : worse};
	return [
		...states
			.filter(state => told.has(state))
			.flatMap(({name, short, told: how, tone}): readonly Piece[] =>
				room.whole
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

/** What was armed, or that nothing can be changed before it is. */
function standingPieces(deck: Deck, room: Room): readonly Piece[] {
	const {watch, arming, keymap} = deck.options;
	const now = deck.now();
	const standings = watch.targets.map(({target}) => ({target, is: standing(arming.policy.get(), target.name, now)}));
	const armed = standings.flatMap(({target, is}) =>
		is.state === 'armed' ? [{name: cleanLine(target.name), left: (is.until - now) / 1000}] : [],
	);
	if (armed.length > 0) {
		const named = armed.map(({name, left}) => `${name} armed ${duration(left)}`).join('  ');
		const counted = `${armed.length} armed ${duration(Math.min(...armed.map(({left}) => left)))}`;
		return [{text: `  ${room.armed ? named : counted}`, tone: 'warn'}];
	}
	if (room.guarded === 'untold' || !standings.some(({is}) => is.state === 'guarded')) return [];
	const how = room.guarded === 'how to arm' ? `: ${keymap.keyOf('deck.arm', 'O')} arms` : '';
	return [{text: `  guarded${how}`, tone: 'dim'}];
}

/** What nobody knows the end of, and who else is here. */
function othersPieces(deck: Deck, room: Room, theme: Theme): readonly Piece[] {
	const unresolved = deck.options.unresolved.get();
	const others = deck.options.presence.others.get();
	const pieces: Piece[] = [];
	const settling = deck.options.runner.underWay().length;
	if (settling > 0 && topLayer(deck.session.get())?.kind !== 'confirm') {
		const key = deck.options.keymap.keyOf('deck.undo', 'u');
		pieces.push({text: `${settling} not yet seen to help: ${key}  `, tone: 'warn'});
	}
	if (unresolved.length > 0) {
		const key = deck.options.keymap.keyOf('deck.audit', 'v');
		pieces.push({text: `${theme.sign('unknown')} ${unresolved.length} of unknown outcome: ${key}  `, tone: 'unknown'});
	}
	if (others.length > 0) {
		const counted = `${others.length} other console${others.length === 1 ? '' : 's'}`;
		const where = room.places ? `: ${others.map(placeOf).join(', ')}` : '';
		pieces.push({text: `${counted}${where}  `, tone: 'warn'});
	}
	return pieces;
}

/** ` midwatch  orders-db armed 9m32s   ■ 2  ▲ 5   postgres ·  redis 12s old   14:05:22Z`: whether we may act, what is wrong, what is old. */
export function paintHeader(deck: Deck, cells: number, theme: Theme): string {
	const clock = clockTime(deck.now());
	const span = createSpan(cells - width(clock) - 2, theme);
	const findings = deck.findings();
	const signs = (['crit', 'warn', 'unknown'] as const).flatMap((severity): readonly Piece[] => {
		const found = findings.filter(finding => finding.severity === severity).length;
		return found > 0 ? [{text: `${theme.sign(severity)} ${found}  `, tone: severity}] : [];
	});
	const states = systemStates(deck, theme);
	const only = deck.session.get().target;
	const onlyPiece: readonly Piece[] =
		only === undefined ? [] : [{text: `  only ${cut(cleanLine(only), Math.floor(cells / 3))}`, tone: 'loud'}];
	const labelPieces = deck.options.labels.map((label): Piece => ({text: `  ${cleanLine(label)}`, tone: 'dim'}));
	const gap: Piece = {text: '   ', tone: 'plain'};
	const piecesIn = (room: Room): readonly Piece[] => [
		...(room.labels ? labelPieces : []),
		...onlyPiece,
		...standingPieces(deck, room),
		gap,
		...signs,
		...(room.others ? othersPieces(deck, room, theme) : []),
		{text: ' ', tone: 'plain'},
		...systemPieces(states, room),
	];
	const well = states.filter(state => state.severity === 'ok').length;
	let pieces: readonly Piece[] = [];
	for (const room of rooms(well, states.length - well)) {
		const [first, ...others] = piecesIn(room);
		if (first === undefined) break;
		pieces = room.product
			? [{text: ' midwatch', tone: 'loud'}, first, ...others]
			: [{...first, text: first.text.replace(/^ +/, ' ')}, ...others];
		const text = pieces.map(piece => piece.text).join('');
		if (width(text.trimEnd()) <= span.room) break;
	}
	const last = pieces.length - 1;
	for (const [index, {text, tone}] of pieces.entries()) span.put(index === last ? text.trimEnd() : text, tone);
	return `${span.end()}${theme.paint(` ${clock} `, 'plain')}`;
}
