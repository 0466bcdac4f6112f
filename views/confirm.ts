import type {Check} from '../src/contract.ts';
import {isUndoable} from '../src/deck/confirming.ts';
import type {Deck} from '../src/deck/deck.ts';
import type {Tone} from '../src/pane.ts';
import {isUnderWay, isWaiting, type Remedy} from '../src/remedy/machine.ts';
import type {Layer} from '../src/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {duration} from '../src/text/figures.ts';
import {width, wrap} from '../src/text/fit.ts';
import type {Content} from './centred.ts';
import {endWords} from './end-words.ts';
import {blankLine, flowed, labelled, line, type ModalLine, signed} from './modal.ts';
import type {Theme} from './theme.ts';
import {typedPieces} from './typed-line.ts';

type ConfirmLayer = Extract<Layer, {kind: 'confirm'}>;

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

function previewLines(remedy: Remedy, cells: number, roomy: boolean): ModalLine[] {
	const {preview} = remedy;
	if (preview === undefined) return [];
	const gap = roomy ? [blankLine] : [];
	const look = {cells, tight: !roomy};
	const touches = preview.touches.slice(0, 5);
	const rest = preview.count - touches.length;
	return [
		...wrap(cleanLine(preview.impact), cells).map(text => line(text)),
		...gap,
		...touches.flatMap((text, index) => {
			const told = labelled(index === 0 ? 'acts on' : '', cleanLine(text), look);
			return roomy || told.length === 1 ? told : [[...(told[0] ?? []), {text: ' …', tone: 'plain' as const}]];
		}),
		...(touches.length > 0 && rest > 0 ? labelled('', `and ${rest} more`, {...look, tone: 'dim'}) : []),
		...labelled('will run', cleanLine(preview.equivalent), look),
		...labelled('bound to', cleanLine(preview.bound), look),
		...preview.changes.flatMap(({field, before, after}) =>
			labelled('changes', cleanLine(`${field}: ${before || 'none'} -> ${after || 'none'}`), look),
		),
		...labelled('undo', cleanLine(preview.undo.text), {
			...look,
			tone: preview.undo.class === 'none' ? 'warn' : 'plain',
		}),
		...gap,
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

function fieldLine(prompt: string, index: number, layer: ConfirmLayer, cells: number, theme: Theme): ModalLine {
	const active = layer.field === index;
	const text = layer.values[index] ?? '';
	return [
		{text: `${active ? '>' : ' '} `, tone: 'loud'},
		{text: prompt, tone: 'dim'},
		...(active
			? typedPieces({text, caret: layer.caret ?? 0}, cells - 2 - width(prompt), theme)
			: [{text: cleanLine(text), tone: 'plain' as const}]),
	];
}

function demandLines(deck: Deck, remedy: Remedy, layer: ConfirmLayer, cells: number, theme: Theme): ModalLine[] {
	const {demand, unmet} = remedy;
	if (demand === undefined || remedy.state !== 'ready') return [];
	const said = unmet === undefined ? [] : flowed(line(cleanLine(unmet), 'warn'), cells);
	const looked =
		remedy.checkedAt === undefined
			? ''
			: `checked ${duration((deck.monotonic() - remedy.checkedAt) / 1000)} ago, again every 2s`;
	const copy = deck.options.keymap.keyOf('confirm.copy', 'ctrl+y');
	const cancel = deck.options.keymap.keyOf('confirm.cancel', 'esc');
	const foot = flowed(line(`${cancel} cancels · ${copy} copies the command · ${looked}`, 'dim'), cells);
	switch (demand.kind) {
		case 'refused':
			return [
				...wrap(cleanLine(`${demand.reason}: ${demand.hint}`), cells).map(text => line(text, 'warn')),
				line('esc leaves', 'dim'),
			];
		case 'key':
			return [
				[
					{text: 'press ', tone: 'plain'},
					{text: deck.options.keymap.keyOf('confirm.yes', 'y'), tone: 'loud'},
					{text: ' to do it', tone: 'plain'},
				],
				...said,
				...foot,
			];
		case 'type':
			return [
				...flowed(
					[
						{text: 'type ', tone: 'plain'},
						{text: demand.text, tone: 'loud'},
						{text: ' and press enter to do it', tone: 'plain'},
					],
					cells,
				),
				fieldLine('', 0, layer, cells, theme),
				...said,
				...foot,
			];
		case 'type-count-reason': {
			const wait = Math.ceil(((remedy.readyAt ?? 0) + demand.delayMs - deck.monotonic()) / 1000);
			return [
				...flowed(
					[
						{text: 'type ', tone: 'plain'},
						{text: demand.text, tone: 'loud'},
						{text: ', the number of objects (', tone: 'plain'},
						{text: String(demand.count), tone: 'loud'},
						{text: ') and a reason', tone: 'plain'},
					],
					cells,
				),
				fieldLine('target  ', 0, layer, cells, theme),
				fieldLine('number  ', 1, layer, cells, theme),
				fieldLine('reason  ', 2, layer, cells, theme),
				...(wait > 0 ? [line(`it can be sent in ${wait}s: look at it once more`, 'warn')] : []),
				...said,
				...foot,
			];
		}
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
	const key = deck.options.keymap.keyOf('confirm.renew', 'ctrl+n');
	return flowed(
		[
			{text: key, tone: 'loud'},
			{text: ` ${what}, and asks again`, tone: 'plain'},
		],
		cells,
	);
}

const undoOffer = (deck: Deck, remedy: Remedy): string =>
	isUndoable(deck, remedy) ? ` · ${deck.options.keymap.keyOf('deck.undo', 'u')} undoes it` : '';

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
	const build = (roomy: boolean): ModalLine[] => [
		...(roomy ? [blankLine] : []),
		...(width(title) + 4 > cells ? wrap(title, cells).map(text => line(text, 'loud')) : []),
		// Why nothing was sent stands where it is seen first, however long the preview is.
		...(isStopped ? [...checkLines(deck, remedy, cells, !roomy, theme), ...(roomy ? [blankLine] : [])] : []),
		...previewLines(remedy, cells, roomy),
		...(isWaiting(remedy) ? checkLines(deck, remedy, cells, !roomy, theme) : []),
		...(roomy ? [blankLine] : []),
	];
	const foot = [...demandLines(deck, remedy, layer, cells, theme), ...endLines(deck, remedy, cells)];
	const roomy = build(true);
	return {title, lines: roomy.length + foot.length <= rows ? roomy : build(false), foot, offset: layer.offset};
}
