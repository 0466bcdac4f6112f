import type {Check, Preview} from '../../src/contract/action.ts';
import type {Tone} from '../../src/contract/pane.ts';
import {isUndoable, remainingProblem, withCurrentQuestion} from '../../src/input/confirm-keys.ts';
import type {Deck} from '../../src/input/deck.ts';
import {isInProgress, isWaiting, type Remedy} from '../../src/remedy/remedy-state.ts';
import type {ConfirmLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, truncateText, wrapText} from '../../src/text/fit.ts';
import {formatDuration} from '../../src/text/format.ts';
import type {ModalContent} from '../centred-modal.ts';
import {paintField, paintLineInput} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';
import {
	blankModalLine,
	flowPieces,
	labelCells,
	labelledLines,
	type ModalLine,
	modalLine,
	signedLines,
} from './modal.ts';
import {outcomeLines} from './outcome-lines.ts';

const checkTone: Readonly<Record<Check['result'], Tone>> = {
	pass: 'ok',
	warn: 'warn',
	block: 'crit',
	unknown: 'unknown',
};

const progressText: Partial<Record<Remedy['state'], string>> = {
	proposed: 'looking at what this would do',
	previewing: 'looking at what this would do',
	checking: 'checking whether it may be done',
	confirmed: 'confirmed; checking once more',
	rechecking: 'confirmed; checking once more',
	intent: 'writing it down before it is done',
	running: 'sent; waiting for the answer',
	verifying: 'done; looking whether it helped',
};

const outcomeHeadlines: Partial<Record<Remedy['state'], {readonly text: string; readonly tone: Tone}>> = {
	done: {text: 'Done', tone: 'loud'},
	failed: {text: 'Failed: nothing happened', tone: 'crit'},
	ineffective: {text: 'Done, and it did not help', tone: 'warn'},
	superseded: {text: 'Done; replaced before its outcome was known', tone: 'warn'},
	unknown: {text: 'The outcome is not known', tone: 'unknown'},
	refused: {text: 'Refused: nothing was sent', tone: 'warn'},
	blocked: {text: 'Blocked: nothing was sent', tone: 'warn'},
	stale: {text: 'It has changed since you looked: nothing was sent', tone: 'warn'},
	cancelled: {text: 'Cancelled: nothing was sent', tone: 'plain'},
	expired: {text: 'Expired: nothing was sent', tone: 'warn'},
};

/** How the parts are laid out: `tight` where the room is short, `whole` when a person wants to see all of what would run. */
type FormLayout = {readonly cells: number; readonly tight: boolean; readonly whole: boolean};

/** A labelled text on one line, with the key that shows all of it where it does not fit. */
function onOneLine(label: string, text: string, {cells}: FormLayout, key: string): readonly ModalLine[] {
	const lines = labelledLines(label, text, {cells});
	if (lines.length === 1) return lines;
	const more = `  ${key} shows all`;
	const room = cells - labelCells - displayWidth(more);
	return [
		[...(lines[0] ?? []).slice(0, 1), {text: truncateText(text, room), tone: 'plain'}, {text: more, tone: 'dim'}],
	];
}

/** How many objects, loud, and which. */
function objectLines({count, touches}: Preview, look: FormLayout): readonly ModalLine[] {
	const many = count > 1 || touches.length > 1;
	const head = many ? `${count} object${count === 1 ? '' : 's'}` : '1 object: ';
	const first = many ? '' : cleanLine(touches[0] ?? '');
	const [top = [], ...below] = labelledLines('acts on', `${head}${first}`, look);
	const [label, text] = top;
	const lines: ModalLine[] = [
		[
			...(label === undefined ? [] : [label]),
			{text: head, tone: 'loud'},
			{text: text?.text.slice(head.length) ?? '', tone: 'plain'},
		],
	];
	if (!many) return look.tight && !look.whole && below.length > 0 ? shortenLines(lines) : [...lines, ...below];
	const shown = touches.slice(0, look.whole ? touches.length : look.tight ? 3 : 5);
	for (const touch of shown) {
		const drawn = labelledLines('', cleanLine(touch), look);
		lines.push(...(look.tight && !look.whole && drawn.length > 1 ? shortenLines(drawn.slice(0, 1)) : drawn));
	}
	const rest = count - shown.length;
	return rest > 0 ? [...lines, ...labelledLines('', `and ${rest} more`, {...look, tone: 'dim'})] : lines;
}

const shortenLines = (lines: readonly ModalLine[]): readonly ModalLine[] =>
	lines.map(pieces => [...pieces, {text: ' …', tone: 'plain'}]);

/** A title that the frame cuts off. A very long name does not push away what matters. */
function titleLines(title: string, {cells, whole}: FormLayout): readonly ModalLine[] {
	if (displayWidth(title) + 4 <= cells) return [];
	const lines = wrapText(title, cells).map(text => modalLine(text, 'loud'));
	return whole || lines.length <= 2 ? lines : [...lines.slice(0, 1), ...shortenLines(lines.slice(1, 2))];
}

/** What matters most, where it is seen first: what happens, to how many, and the way back. */
function consequenceLines(preview: Preview, look: FormLayout): readonly ModalLine[] {
	const {impact, undo} = preview;
	return [
		...wrapText(cleanLine(impact), look.cells).map(text => modalLine(text, 'loud')),
		...(look.tight ? [] : [blankModalLine]),
		...objectLines(preview, look),
		...labelledLines('undo', cleanLine(undo.text), {...look, tone: undo.class === 'none' ? 'warn' : 'loud'}),
	];
}

/** What exactly would be sent, and what it is bound to. */
function planLines(deck: Deck, {cliEquivalent, boundTo, changes}: Preview, look: FormLayout): readonly ModalLine[] {
	const key = deck.options.keymap.keyFor('confirm.expand');
	const part = (label: string, text: string, oneLine: boolean) =>
		oneLine ? onOneLine(label, text, look, key) : labelledLines(label, text, look);
	return [
		...changes.flatMap(({field, before, after}) =>
			labelledLines('changes', cleanLine(`${field}: ${before || 'none'} -> ${after || 'none'}`), look),
		),
		...part('will run', cleanLine(cliEquivalent), !look.whole),
		...part('bound to', cleanLine(boundTo), look.tight && !look.whole),
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
		signedLines(
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
			...signedLines(theme.sign('crit'), cleanLine(`this will not help: ${unhelpful.reason}${better}`), cells, 'crit'),
		);
	}
	if (remedy.preflightFailure !== undefined) {
		lines.push(
			...signedLines(
				theme.sign('unknown'),
				cleanLine(`could not look again: ${remedy.preflightFailure.message}; ${remedy.preflightFailure.hint}`),
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
	return [{text: '> ', tone: 'loud'}, ...paintLineInput({text, caret: 0}, 10, theme)];
}

/** The reason that was given although none is asked for. */
const reasonLines = ({reason}: ConfirmLayer, cells: number): readonly ModalLine[] =>
	reason === undefined ? [] : labelledLines('reason', cleanLine(reason), {cells});

/** Why the last key was not taken, else how long the demand has to be looked at, else the keys: in one place, so that no other line moves. */
function statusLines(deck: Deck, remedy: Remedy, layer: ConfirmLayer, cells: number): readonly ModalLine[] {
	const {demand, unmet, readyAt = 0, checkedAt} = remedy;
	const wrong = remainingProblem(layer);
	const problem = layer.afterEnter ? (wrong ?? layer.problem ?? unmet) : (layer.problem ?? wrong);
	if (problem !== undefined) return flowPieces(modalLine(cleanLine(problem), 'warn'), cells);
	const delayMs = demand?.kind === 'type-count-reason' ? demand.delayMs : 0;
	const wait = Math.ceil((readyAt + delayMs - deck.monotonic()) / 1000);
	if (wait > 0) return [modalLine(`it can be sent in ${wait}s: look at it once more`, 'warn')];
	const {keymap} = deck.options;
	const keys = [
		`${keymap.keyFor('confirm.cancel')} cancels`,
		`${keymap.keyFor('confirm.copy')} copies the command`,
		...(checkedAt === undefined
			? []
			: [`checked ${formatDuration((deck.monotonic() - checkedAt) / 1000)} ago, again every 2s`]),
	];
	return flowPieces(modalLine(keys.join(' · '), 'dim'), cells);
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
				...wrapText(cleanLine(`${demand.reason}: ${demand.hint}`), cells).map(text => modalLine(text, 'warn')),
				modalLine('esc leaves', 'dim'),
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
				paintField('', 0, layer, cells, theme),
				...reasonLines(layer, cells),
				...status,
			];
		case 'type-count-reason':
			return [
				...flowPieces(
					[
						...[plain('type '), loud(demand.text), plain(', the number of objects ('), loud(String(demand.count))],
						plain(') and a reason, then enter'),
					],
					cells,
				),
				paintField('name    ', 0, layer, cells, theme),
				paintField('number  ', 1, layer, cells, theme),
				paintField('reason  ', 2, layer, cells, theme),
				...status,
			];
	}
}

/** What the record lacks. Where it is why nothing was sent, that is said already. */
function recordFailureLines({recordFailure, recorded, reason}: Remedy, cells: number): readonly ModalLine[] {
	if (recordFailure === undefined || reason?.includes(recordFailure) === true) return [];
	const what = recorded === true ? 'how it ended is not in the record' : 'this is not in the record';
	return flowPieces(modalLine(cleanLine(`${what}: ${recordFailure}`), 'warn'), cells);
}

/** The new plan that can be made in the place of one that is stale. */
function replanOfferLines(deck: Deck, {replanOffer}: Remedy, cells: number): readonly ModalLine[] {
	if (replanOffer === undefined) return [];
	const {length} = replanOffer.rows;
	const what = replanOffer.isPart
		? `goes on with the ${length} that ${length === 1 ? 'is' : 'are'} left`
		: 'plans it again for what is there now';
	const key = deck.options.keymap.keyFor('confirm.replan');
	return flowPieces(
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
	const end = outcomeHeadlines[remedy.state];
	if (end === undefined) {
		const text = progressText[remedy.state];
		if (text === undefined) return [];
		const since =
			remedy.startedAt === undefined ? '' : `, ${formatDuration((deck.monotonic() - remedy.startedAt) / 1000)}`;
		const seen =
			remedy.outcome === undefined
				? []
				: wrapText(cleanLine(remedy.outcome.detail), cells).map(part => modalLine(part));
		const leave = isInProgress(remedy) ? 'esc leaves it to go on' : 'esc cancels';
		return [modalLine(`${text}${since}`, 'loud'), ...seen, modalLine(`${leave}${undoOffer(deck, remedy)}`, 'dim')];
	}
	const lines: ModalLine[] = [...flowPieces(modalLine(end.text, end.tone), cells)];
	for (const text of outcomeLines(remedy, end.text)) lines.push(...wrapText(text, cells).map(part => modalLine(part)));
	for (const {field, before, after} of remedy.changed ?? [])
		lines.push(...labelledLines(field, cleanLine(`${before} -> ${after}`), {cells, tone: 'warn'}));
	lines.push(...recordFailureLines(remedy, cells));
	const recorded = remedy.recorded === true ? ` · record ${remedy.id}` : '';
	lines.push(...replanOfferLines(deck, remedy, cells));
	lines.push(...flowPieces(modalLine(`enter closes${undoOffer(deck, remedy)}${recorded}`, 'dim'), cells));
	return lines;
}

/** The confirmation in `cells` columns: what would be done, whether it may, how to undo it, and what has to be typed. */
export function confirmLines(deck: Deck, layer: ConfirmLayer, cells: number, rows: number, theme: Theme): ModalContent {
	const remedy = deck.options.runner.state.get();
	if (remedy === undefined)
		return {title: 'Action', lines: [modalLine('nothing is being done'), modalLine('esc leaves', 'dim')]};
	const several = (remedy.preview?.count ?? 0) > 1;
	const object = remedy.preview === undefined ? '' : `${several ? ':' : ''} ${remedy.preview.object}`;
	const what = `${remedy.action.title}${object} on ${remedy.target}`;
	const title = cleanLine(`${remedy.undoOf === undefined ? '' : 'Undo: '}${what}`);
	const isStopped = remedy.state === 'blocked' || remedy.state === 'stale';
	const answers = withCurrentQuestion(deck, layer);
	const build = (roomy: boolean): ModalLine[] => {
		const look = {cells, tight: !roomy, whole: layer.isExpanded};
		const gap = roomy ? [blankModalLine] : [];
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
	return {title, lines: roomy.length + foot.length <= rows ? roomy : build(false), footer: foot, offset: layer.offset};
}
