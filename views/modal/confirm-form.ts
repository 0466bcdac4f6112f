import type {Check, Preview} from '../../src/contract/action.ts';
import type {Tone} from '../../src/contract/pane.ts';
import {answersOf, isUndoable, stillWrong} from '../../src/input/confirm-keys.ts';
import type {Deck} from '../../src/input/deck.ts';
import {isUnderWay, isWaiting, type Remedy} from '../../src/remedy/remedy-state.ts';
import type {ConfirmLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {cut, width, wrap} from '../../src/text/fit.ts';
import {duration} from '../../src/text/format.ts';
import type {Content} from '../centred-modal.ts';
import {fieldLine, typedPieces} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';
import {blankLine, flowed, labelCells, labelled, line, type ModalLine, signed} from './modal.ts';
import {endWords} from './outcome-lines.ts';

const checkTone: Readonly<Record<Check['result'], Tone>> = {
	pass: 'ok',
	warn: 'warn',
	block: 'crit',
	unknown: 'unknown',
};

const doing: Partial<Record<Remedy['state'], string>> = {
	proposed: 'looking at what this would do',
	previewing: 'looking at what this would do',
	checking: 'checking whether it may be done',
	confirmed: 'confirmed; checking once more',
	rechecking: 'confirmed; checking once more',
	intent: 'writing it down before it is done',
	running: 'sent; waiting for the answer',
	verifying: 'done; looking whether it helped',
};

const ended: Partial<Record<Remedy['state'], {readonly text: string; readonly tone: Tone}>> = {
	done: {text: 'Done', tone: 'loud'},
	failed: {text: 'Failed: nothing happened', tone: 'crit'},
	ineffective: {text: 'Done, and it did not help', tone: 'warn'},
	superseded: {text: 'Done; the next came before it showed', tone: 'warn'},
	unknown: {text: 'The outcome is not known', tone: 'unknown'},
	refused: {text: 'Refused: nothing was sent', tone: 'warn'},
	blocked: {text: 'Blocked: nothing was sent', tone: 'warn'},
	stale: {text: 'It has changed since you looked: nothing was sent', tone: 'warn'},
	cancelled: {text: 'Cancelled: nothing was sent', tone: 'plain'},
	expired: {text: 'Expired: nothing was sent', tone: 'warn'},
};

/** How the parts are laid out: `tight` where the room is short, `whole` when a person wants to see all of what would run. */
type Look = {readonly cells: number; readonly tight: boolean; readonly whole: boolean};

/** A labelled text on one line, with the key that shows all of it where it does not fit. */
function onOneLine(label: string, text: string, {cells}: Look, key: string): readonly ModalLine[] {
	const lines = labelled(label, text, {cells});
	if (lines.length === 1) return lines;
	const more = `  ${key} shows all`;
	const room = cells - labelCells - width(more);
	return [[...(lines[0] ?? []).slice(0, 1), {text: cut(text, room), tone: 'plain'}, {text: more, tone: 'dim'}]];
}

/** How many objects, loud, and which. */
function objectLines({count, touches}: Preview, look: Look): readonly ModalLine[] {
	const many = count > 1 || touches.length > 1;
	const head = many ? `${count} object${count === 1 ? '' : 's'}` : '1 object: ';
	const first = many ? '' : cleanLine(touches[0] ?? '');
	const [top = [], ...below] = labelled('acts on', `${head}${first}`, look);
	const [label, text] = top;
	const lines: ModalLine[] = [
		[
			...(label === undefined ? [] : [label]),
			{text: head, tone: 'loud'},
			{text: text?.text.slice(head.length) ?? '', tone: 'plain'},
		],
	];
	if (!many) return look.tight && !look.whole && below.length > 0 ? shortened(lines) : [...lines, ...below];
	const shown = touches.slice(0, look.whole ? touches.length : look.tight ? 3 : 5);
	for (const touch of shown) {
		const drawn = labelled('', cleanLine(touch), look);
		lines.push(...(look.tight && !look.whole && drawn.length > 1 ? shortened(drawn.slice(0, 1)) : drawn));
	}
	const rest = count - shown.length;
	return rest > 0 ? [...lines, ...labelled('', `and ${rest} more`, {...look, tone: 'dim'})] : lines;
}

const shortened = (lines: readonly ModalLine[]): readonly ModalLine[] =>
	lines.map(pieces => [...pieces, {text: ' …', tone: 'plain'}]);

/** A title that the frame cuts off. A very long name does not push away what matters. */
function titleLines(title: string, {cells, whole}: Look): readonly ModalLine[] {
	if (width(title) + 4 <= cells) return [];
	const lines = wrap(title, cells).map(text => line(text, 'loud'));
	return whole || lines.length <= 2 ? lines : [...lines.slice(0, 1), ...shortened(lines.slice(1, 2))];
}

/** What matters most, where it is seen first: what happens, to how many, and the way back. */
function consequenceLines(preview: Preview, look: Look): readonly ModalLine[] {
	const {impact, undo} = preview;
	return [
		...wrap(cleanLine(impact), look.cells).map(text => line(text, 'loud')),
		...(look.tight ? [] : [blankLine]),
		...objectLines(preview, look),
		...labelled('undo', cleanLine(undo.text), {...look, tone: undo.class === 'none' ? 'warn' : 'loud'}),
	];
}

/** What exactly would be sent, and what it is bound to. */
function planLines(deck: Deck, {equivalent, bound, changes}: Preview, look: Look): readonly ModalLine[] {
	const key = deck.options.keymap.keyFor('confirm.whole');
	const part = (label: string, text: string, oneLine: boolean) =>
		oneLine ? onOneLine(label, text, look, key) : labelled(label, text, look);
	return [
		...changes.flatMap(({field, before, after}) =>
			labelled('changes', cleanLine(`${field}: ${before || 'none'} -> ${after || 'none'}`), look),
		),
		...part('will run', cleanLine(equivalent), !look.whole),
		...part('bound to', cleanLine(bound), look.tight && !look.whole),
	];
}

/** Where room is short, checks that passed share one line; those that did not are told whole. */
function shownChecks(checks: readonly Check[], tight: boolean): readonly Check[] {
	const passed = checks.filter(check => check.result === 'pass');
	if (!tight || passed.length < 2) return checks;
	const one: Check = {
		label: `${passed.length} checks pass`,
		result: 'pass',
		detail: passed.map(check => check.label).join(', '),
	};
	return [one, ...checks.filter(check => check.result !== 'pass')];
}

function checkLines(deck: Deck, remedy: Remedy, cells: number, tight: boolean, theme: Theme): ModalLine[] {
	const sign = (check: Check) =>
		({pass: theme.sign('ok'), warn: theme.sign('warn'), block: theme.sign('crit'), unknown: theme.sign('unknown')})[
			check.result
		];
	const lines = shownChecks(remedy.checks, tight).flatMap(check =>
		signed(
			sign(check),
			cleanLine(check.detail === '' ? check.label : `${check.label}: ${check.detail}`),
			cells,
			checkTone[check.result],
		),
	);
	const unhelpful = remedy.preview?.unhelpful;
	if (unhelpful !== undefined) {
		const instead = deck.options.watch.targets
			.flatMap(one => one.system.actions)
			.find(action => action.id === unhelpful.instead);
		const better =
			instead === undefined
				? ''
				: ` -> ${deck.options.keymap.keyOf(instead.id, instead.key)} ${instead.title.toLowerCase()}`;
		lines.push(
			...signed(theme.sign('crit'), cleanLine(`this will not help: ${unhelpful.reason}${better}`), cells, 'crit'),
		);
	}
	if (remedy.checkTrouble !== undefined) {
		lines.push(
			...signed(
				theme.sign('unknown'),
				cleanLine(`could not look again: ${remedy.checkTrouble.message}; ${remedy.checkTrouble.hint}`),
				cells,
				'unknown',
			),
		);
	}
	return lines;
}

/** The one key that is demanded, once it was pressed. */
function keyLine(layer: ConfirmLayer, key: string, theme: Theme): ModalLine {
	const text = layer.answering === 'key' ? key : '';
	return [{text: '> ', tone: 'loud'}, ...typedPieces({text, caret: 0}, 10, theme)];
}

/** The reason that was given although none is asked for. */
const reasonLines = ({reason}: ConfirmLayer, cells: number): readonly ModalLine[] =>
	reason === undefined ? [] : labelled('reason', cleanLine(reason), {cells});

/** Why the last key was not taken, else how long the demand has to be looked at, else the keys: in one place, so that no other line moves. */
function statusLines(deck: Deck, remedy: Remedy, layer: ConfirmLayer, cells: number): readonly ModalLine[] {
	const {demand, unmet, readyAt = 0, checkedAt} = remedy;
	const wrong = stillWrong(layer);
	const problem = layer.afterEnter ? (wrong ?? layer.problem ?? unmet) : (layer.problem ?? wrong);
	if (problem !== undefined) return flowed(line(cleanLine(problem), 'warn'), cells);
	const delayMs = demand?.kind === 'type-count-reason' ? demand.delayMs : 0;
	const wait = Math.ceil((readyAt + delayMs - deck.monotonic()) / 1000);
	if (wait > 0) return [line(`it can be sent in ${wait}s: look at it once more`, 'warn')];
	const {keymap} = deck.options;
	const keys = [
		`${keymap.keyFor('confirm.cancel')} cancels`,
		`${keymap.keyFor('confirm.copy')} copies the command`,
		...(checkedAt === undefined
			? []
			: [`checked ${duration((deck.monotonic() - checkedAt) / 1000)} ago, again every 2s`]),
	];
	return flowed(line(keys.join(' · '), 'dim'), cells);
}

function demandLines(deck: Deck, remedy: Remedy, layer: ConfirmLayer, cells: number, theme: Theme): ModalLine[] {
	const {demand} = remedy;
	if (demand === undefined || remedy.state !== 'ready') return [];
	const {keymap} = deck.options;
	const enter = keymap.keyFor('field.accept');
	const plain = (text: string) => ({text, tone: 'plain' as const});
	const loud = (text: string) => ({text, tone: 'loud' as const});
	const status = statusLines(deck, remedy, layer, cells);
	switch (demand.kind) {
		case 'refused':
			return [
				...wrap(cleanLine(`${demand.reason}: ${demand.hint}`), cells).map(text => line(text, 'warn')),
				line('esc leaves', 'dim'),
			];
		case 'key': {
			const yes = keymap.keyFor('confirm.yes');
			return [
				[plain('press '), loud(yes), plain(', then '), loud(enter), plain(', to do it')],
				keyLine(layer, yes, theme),
				...reasonLines(layer, cells),
				...status,
			];
		}
		case 'type':
			return [
				[plain('type '), loud(demand.text), plain(', then '), loud(enter), plain(', to do it')],
				fieldLine('', 0, layer, cells, theme),
				...reasonLines(layer, cells),
				...status,
			];
		case 'type-count-reason':
			return [
				...flowed(
					[
						...[plain('type '), loud(demand.text), plain(', the number of objects ('), loud(String(demand.count))],
						plain(') and a reason, then enter'),
					],
					cells,
				),
				fieldLine('name    ', 0, layer, cells, theme),
				fieldLine('number  ', 1, layer, cells, theme),
				fieldLine('reason  ', 2, layer, cells, theme),
				...status,
			];
	}
}

/** What the record lacks. Where it is why nothing was sent, that is said already. */
function recordTroubleLines({recordTrouble, recorded, reason}: Remedy, cells: number): readonly ModalLine[] {
	if (recordTrouble === undefined || reason?.includes(recordTrouble) === true) return [];
	const what = recorded === true ? 'how it ended is not in the record' : 'this is not in the record';
	return flowed(line(cleanLine(`${what}: ${recordTrouble}`), 'warn'), cells);
}

/** The new plan that can be made in the place of one that is stale. */
function renewalLines(deck: Deck, {renewal}: Remedy, cells: number): readonly ModalLine[] {
	if (renewal === undefined) return [];
	const {length} = renewal.rows;
	const what = renewal.isPart
		? `goes on with the ${length} that ${length === 1 ? 'is' : 'are'} left`
		: 'plans it again for what is there now';
	const key = deck.options.keymap.keyFor('confirm.renew');
	return flowed(
		[
			{text: key, tone: 'loud'},
			{text: ` ${what}, and asks again`, tone: 'plain'},
		],
		cells,
	);
}

const undoOffer = (deck: Deck, remedy: Remedy): string =>
	isUndoable(deck, remedy) ? ` · ${deck.options.keymap.keyFor('deck.undo')} undoes it` : '';

function endLines(deck: Deck, remedy: Remedy, cells: number): ModalLine[] {
	const end = ended[remedy.state];
	if (end === undefined) {
		const text = doing[remedy.state];
		if (text === undefined) return [];
		const since = remedy.startedAt === undefined ? '' : `, ${duration((deck.monotonic() - remedy.startedAt) / 1000)}`;
		const seen =
			remedy.outcome === undefined ? [] : wrap(cleanLine(remedy.outcome.detail), cells).map(part => line(part));
		const leave = isUnderWay(remedy) ? 'esc leaves it to go on' : 'esc cancels';
		return [line(`${text}${since}`, 'loud'), ...seen, line(`${leave}${undoOffer(deck, remedy)}`, 'dim')];
	}
	const lines: ModalLine[] = [...flowed(line(end.text, end.tone), cells)];
	for (const text of endWords(remedy, end.text)) lines.push(...wrap(text, cells).map(part => line(part)));
	for (const {field, before, after} of remedy.changed ?? [])
		lines.push(...labelled(field, cleanLine(`${before} -> ${after}`), {cells, tone: 'warn'}));
	lines.push(...recordTroubleLines(remedy, cells));
	const recorded = remedy.recorded === true ? ` · record ${remedy.id}` : '';
	lines.push(...renewalLines(deck, remedy, cells));
	lines.push(...flowed(line(`enter closes${undoOffer(deck, remedy)}${recorded}`, 'dim'), cells));
	return lines;
}

/** The confirmation in `cells` columns: what would be done, whether it may, how to undo it, and what has to be typed. */
export function confirmLines(deck: Deck, layer: ConfirmLayer, cells: number, rows: number, theme: Theme): Content {
	const remedy = deck.options.runner.state.get();
	if (remedy === undefined) return {title: 'Action', lines: [line('nothing is being done'), line('esc leaves', 'dim')]};
	const several = (remedy.preview?.count ?? 0) > 1;
	const object = remedy.preview === undefined ? '' : `${several ? ':' : ''} ${remedy.preview.object}`;
	const what = `${remedy.action.title}${object} on ${remedy.target}`;
	const title = cleanLine(`${remedy.undoOf === undefined ? '' : 'Undo: '}${what}`);
	const isStopped = remedy.state === 'blocked' || remedy.state === 'stale';
	const answers = answersOf(deck, layer);
	const build = (roomy: boolean): ModalLine[] => {
		const look = {cells, tight: !roomy, whole: layer.whole};
		const gap = roomy ? [blankLine] : [];
		const waits = isWaiting(remedy) ? checkLines(deck, remedy, cells, !roomy, theme) : [];
		return [
			...gap,
			...titleLines(title, look),
			// Why nothing was sent is seen first, however long the preview is.
			...(isStopped ? [...checkLines(deck, remedy, cells, !roomy, theme), ...gap] : []),
			...(remedy.preview === undefined ? [] : [...consequenceLines(remedy.preview, look), ...gap]),
			...(waits.length > 0 ? [...waits, ...gap] : []),
			...(remedy.preview === undefined ? [] : [...planLines(deck, remedy.preview, look), ...gap]),
		];
	};
	const foot = [...demandLines(deck, remedy, answers, cells, theme), ...endLines(deck, remedy, cells)];
	const roomy = build(true);
	return {title, lines: roomy.length + foot.length <= rows ? roomy : build(false), foot, offset: layer.offset};
}
