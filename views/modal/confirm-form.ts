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
	proposed: 'preparing the preview',
	previewing: 'preparing the preview',
	checking: 'running the checks',
	confirmed: 'confirmed; running the checks once more',
	rechecking: 'confirmed; running the checks once more',
	intent: 'writing the audit record before anything is sent',
	running: 'sent; waiting for the answer',
	verifying: 'done; verifying whether it helped',
};

const outcomeHeadlines: Partial<Record<Remedy['state'], {readonly text: string; readonly tone: Tone}>> = {
	done: {text: 'Done', tone: 'loud'},
	failed: {text: 'Failed: nothing was changed', tone: 'crit'},
	ineffective: {text: 'Done, but it did not help', tone: 'warn'},
	superseded: {text: 'Done; replaced before its outcome was known', tone: 'warn'},
	unknown: {text: 'The outcome is not known', tone: 'unknown'},
	refused: {text: 'Refused: nothing was sent', tone: 'warn'},
	blocked: {text: 'Blocked: nothing was sent', tone: 'warn'},
	stale: {text: 'The object has changed since the preview: nothing was sent', tone: 'warn'},
	cancelled: {text: 'Cancelled: nothing was sent', tone: 'plain'},
	expired: {text: 'Expired: nothing was sent', tone: 'warn'},
};

/** `tight`: the screen is low, so blank lines and passed checks are left out. `isExpanded`: the complete command and plan were requested. */
type FormLayout = {readonly cells: number; readonly tight: boolean; readonly isExpanded: boolean};

/** A labelled text on one line, with the key that shows all of it where it is cut. */
function onOneLine(label: string, text: string, {cells}: FormLayout, key: string): readonly ModalLine[] {
	const lines = labelledLines(label, text, {cells});
	if (lines.length === 1) return lines;
	const keyHint = `  ${key} shows all`;
	const space = cells - labelCells - displayWidth(keyHint);
	return [
		[...(lines[0] ?? []).slice(0, 1), {text: truncateText(text, space), tone: 'plain'}, {text: keyHint, tone: 'dim'}],
	];
}

/** How many objects the plan changes, and which. */
function objectLines({count, touches}: Preview, layout: FormLayout): readonly ModalLine[] {
	const many = count > 1 || touches.length > 1;
	const head = many ? `${count} object${count === 1 ? '' : 's'}` : '1 object: ';
	const first = many ? '' : cleanLine(touches[0] ?? '');
	const [top = [], ...below] = labelledLines('acts on', `${head}${first}`, layout);
	const [label, text] = top;
	const lines: ModalLine[] = [
		[
			...(label === undefined ? [] : [label]),
			{text: head, tone: 'loud'},
			{text: text?.text.slice(head.length) ?? '', tone: 'plain'},
		],
	];
	if (!many) return layout.tight && !layout.isExpanded && below.length > 0 ? shortenLines(lines) : [...lines, ...below];
	const shown = touches.slice(0, layout.isExpanded ? touches.length : layout.tight ? 3 : 5);
	for (const touch of shown) {
		const drawn = labelledLines('', cleanLine(touch), layout);
		lines.push(...(layout.tight && !layout.isExpanded && drawn.length > 1 ? shortenLines(drawn.slice(0, 1)) : drawn));
	}
	const rest = count - shown.length;
	return rest > 0 ? [...lines, ...labelledLines('', `and ${rest} more`, {...layout, tone: 'dim'})] : lines;
}

const shortenLines = (lines: readonly ModalLine[]): readonly ModalLine[] =>
	lines.map(pieces => [...pieces, {text: ' …', tone: 'plain'}]);

/** The title again, where the frame cuts it off; at most two lines of it unless expanded. */
function titleLines(title: string, {cells, isExpanded}: FormLayout): readonly ModalLine[] {
	if (displayWidth(title) + 4 <= cells) return [];
	const lines = wrapText(title, cells).map(text => modalLine(text, 'loud'));
	return isExpanded || lines.length <= 2 ? lines : [...lines.slice(0, 1), ...shortenLines(lines.slice(1, 2))];
}

/** First what matters most: what happens, to how many objects, and how to undo it. */
function consequenceLines(preview: Preview, layout: FormLayout): readonly ModalLine[] {
	const {impact, undo} = preview;
	return [
		...wrapText(cleanLine(impact), layout.cells).map(text => modalLine(text, 'loud')),
		...(layout.tight ? [] : [blankModalLine]),
		...objectLines(preview, layout),
		...labelledLines('undo', cleanLine(undo.text), {...layout, tone: undo.class === 'none' ? 'warn' : 'loud'}),
	];
}

/** What changes, the command, and what the plan is bound to. */
function planLines(
	deck: Deck,
	{cliEquivalent, checkedIdentity, changes}: Preview,
	layout: FormLayout,
): readonly ModalLine[] {
	const key = deck.options.keymap.keyFor('confirm.expand');
	const part = (label: string, text: string, oneLine: boolean) =>
		oneLine ? onOneLine(label, text, layout, key) : labelledLines(label, text, layout);
	return [
		...changes.flatMap(({field, before, after}) =>
			labelledLines('changes', cleanLine(`${field}: ${before || 'none'} -> ${after || 'none'}`), layout),
		),
		...part('will run', cleanLine(cliEquivalent), !layout.isExpanded),
		...part('bound to', cleanLine(checkedIdentity), layout.tight && !layout.isExpanded),
	];
}

/** The checks as they are shown: on a low screen those that passed share one line. */
function shownChecks(checks: readonly Check[], tight: boolean): readonly Check[] {
	const passed = checks.filter(check => check.result === 'pass');
	if (!tight || passed.length < 2) return checks;
	const summary: Check = {
		label: `${passed.length} checks pass`,
		result: 'pass',
		detail: passed.map(check => check.label).join(', '),
	};
	return [summary, ...checks.filter(check => check.result !== 'pass')];
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
				: ` -> ${`${deck.options.keymap.keyOf(instead.id, instead.key)} ${instead.title.toLowerCase()}`.trimStart()}`;
		lines.push(
			...signedLines(theme.sign('crit'), cleanLine(`this will not help: ${unhelpful.reason}${better}`), cells, 'crit'),
		);
	}
	if (remedy.preflightFailure !== undefined) {
		lines.push(
			...signedLines(
				theme.sign('unknown'),
				cleanLine(
					`the checks could not run again: ${remedy.preflightFailure.message}; ${remedy.preflightFailure.hint}`,
				),
				cells,
				'unknown',
			),
		);
	}
	return lines;
}

/** The field that shows the demanded key once it was pressed. */
function keyLine(layer: ConfirmLayer, key: string, theme: Theme): ModalLine {
	const text = layer.answering === 'key' ? key : '';
	return [{text: '> ', tone: 'loud'}, ...paintLineInput({text, caret: 0}, 10, theme)];
}

/** A voluntary reason. */
const reasonLines = ({reason}: ConfirmLayer, cells: number): readonly ModalLine[] =>
	reason === undefined ? [] : labelledLines('reason', cleanLine(reason), {cells});

/** Why the last key was not accepted, else the seconds left of the delay, else the keys: on one line, so that no other line moves. */
function statusLines(deck: Deck, remedy: Remedy, layer: ConfirmLayer, cells: number): readonly ModalLine[] {
	const {demand, unmet, readyAt = 0, checkedAt} = remedy;
	const remaining = remainingProblem(layer);
	const problem = layer.afterEnter ? (remaining ?? layer.problem ?? unmet) : (layer.problem ?? remaining);
	if (problem !== undefined) return flowPieces(modalLine(cleanLine(problem), 'warn'), cells);
	const delayMs = demand?.kind === 'type-count-reason' ? demand.delayMs : 0;
	const wait = Math.ceil((readyAt + delayMs - deck.monotonic()) / 1000);
	if (wait > 0) return [modalLine(`you can confirm in ${wait}s: read it once more`, 'warn')];
	const {keymap} = deck.options;
	const keys = [
		`${keymap.keyFor('confirm.cancel')} cancels`,
		`${keymap.keyFor('confirm.copy')} copies the command`,
		...(checkedAt === undefined
			? []
			: [`checked ${formatDuration((deck.monotonic() - checkedAt) / 1000)} ago, every 2s`]),
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
				modalLine('esc back', 'dim'),
			];
		case 'key': {
			const yes = keymap.keyFor('confirm.yes');
			return [
				[plain('press '), loud(yes), plain(', then '), loud(enter), plain(', to confirm')],
				keyLine(layer, yes, theme),
				...reasonLines(layer, cells),
				...status,
			];
		}
		case 'type':
			return [
				[plain('type '), loud(demand.text), plain(', then '), loud(enter), plain(', to confirm')],
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

/** What is missing in the audit record, unless that is the reason why nothing was sent, which is shown already. */
function recordFailureLines({recordFailure, recorded, reason}: Remedy, cells: number): readonly ModalLine[] {
	if (recordFailure === undefined || reason?.includes(recordFailure) === true) return [];
	const missing = recorded === true ? 'the outcome is not in the audit record' : 'this is not in the audit record';
	return flowPieces(modalLine(cleanLine(`${missing}: ${recordFailure}`), 'warn'), cells);
}

/** The key that replaces a stale plan by a new one. */
function replanOfferLines(deck: Deck, {replanOffer}: Remedy, cells: number): readonly ModalLine[] {
	if (replanOffer === undefined) return [];
	const {length} = replanOffer.rows;
	const text = replanOffer.isPart
		? `plans it again for the ${length} object${length === 1 ? '' : 's'} left`
		: 'plans it again for the current state';
	const key = deck.options.keymap.keyFor('confirm.replan');
	return flowPieces(
		[
			{text: key, tone: 'loud'},
			{text: ` ${text}, with a new confirmation`, tone: 'plain'},
		],
		cells,
	);
}

const undoOffer = (deck: Deck, remedy: Remedy): string =>
	isUndoable(deck, remedy) ? ` · ${deck.options.keymap.keyFor('deck.undo')} undoes it` : '';

function endLines(deck: Deck, remedy: Remedy, cells: number): ModalLine[] {
	const headline = outcomeHeadlines[remedy.state];
	if (headline === undefined) {
		const text = progressText[remedy.state];
		if (text === undefined) return [];
		const since =
			remedy.startedAt === undefined ? '' : `, ${formatDuration((deck.monotonic() - remedy.startedAt) / 1000)}`;
		const observed =
			remedy.outcome === undefined
				? []
				: wrapText(cleanLine(remedy.outcome.detail), cells).map(part => modalLine(part));
		const back = isInProgress(remedy) ? 'esc back: it goes on' : 'esc cancels';
		return [modalLine(`${text}${since}`, 'loud'), ...observed, modalLine(`${back}${undoOffer(deck, remedy)}`, 'dim')];
	}
	const lines: ModalLine[] = [...flowPieces(modalLine(headline.text, headline.tone), cells)];
	for (const text of outcomeLines(remedy, headline.text))
		lines.push(...wrapText(text, cells).map(part => modalLine(part)));
	for (const {field, before, after} of remedy.changed ?? [])
		lines.push(...labelledLines(field, cleanLine(`${before} -> ${after}`), {cells, tone: 'warn'}));
	lines.push(...recordFailureLines(remedy, cells));
	const recorded = remedy.recorded === true ? ` · record ${remedy.id}` : '';
	lines.push(...replanOfferLines(deck, remedy, cells));
	lines.push(...flowPieces(modalLine(`enter closes${undoOffer(deck, remedy)}${recorded}`, 'dim'), cells));
	return lines;
}

/** The confirmation in `cells` columns: the preview, the checks, how to undo it, what to type, and after that the progress and the outcome. */
export function confirmLines(deck: Deck, layer: ConfirmLayer, cells: number, rows: number, theme: Theme): ModalContent {
	const remedy = deck.options.runner.state.get();
	if (remedy === undefined)
		return {title: 'Action', lines: [modalLine('no action is in progress'), modalLine('esc back', 'dim')]};
	const several = (remedy.preview?.count ?? 0) > 1;
	const object = remedy.preview === undefined ? '' : `${several ? ':' : ''} ${remedy.preview.object}`;
	const subject = `${remedy.action.title}${object} on ${remedy.target}`;
	const title = cleanLine(`${remedy.undoOf === undefined ? '' : 'Undo: '}${subject}`);
	const isStopped = remedy.state === 'blocked' || remedy.state === 'stale';
	const answers = withCurrentQuestion(deck, layer);
	const build = (roomy: boolean): ModalLine[] => {
		const layout = {cells, tight: !roomy, isExpanded: layer.isExpanded};
		const gap = roomy ? [blankModalLine] : [];
		const waits = isWaiting(remedy) ? checkLines(deck, remedy, cells, !roomy, theme) : [];
		return [
			...gap,
			...titleLines(title, layout),
			// Why nothing was sent comes first, however long the preview is.
			...(isStopped ? [...checkLines(deck, remedy, cells, !roomy, theme), ...gap] : []),
			...(remedy.preview === undefined ? [] : [...consequenceLines(remedy.preview, layout), ...gap]),
			...(waits.length > 0 ? [...waits, ...gap] : []),
			...(remedy.preview === undefined ? [] : [...planLines(deck, remedy.preview, layout), ...gap]),
		];
	};
	const footer = [...demandLines(deck, remedy, answers, cells, theme), ...endLines(deck, remedy, cells)];
	const roomy = build(true);
	return {title, lines: roomy.length + footer.length <= rows ? roomy : build(false), footer, offset: layer.offset};
}
