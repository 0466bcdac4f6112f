import type {Context} from '../contract/context.ts';
import type {Document, DocumentLine} from '../contract/document.ts';
import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import {parseLineFilter} from '../session/line-filter.ts';
import {type DocumentLayer, findDocument, type OpenDocumentOption} from '../session/session.ts';
import {createTextBuffer, type TextBuffer, type TextLimits} from '../session/text-buffer.ts';
import {maxLineLength} from '../text/cut-line.ts';
import {loadPatterns} from '../text/pattern.ts';
import {withDeadline} from '../time/deadline.ts';
import {processTimeBudget} from '../time/yield.ts';
import type {Deck} from './deck.ts';

/** A text that takes longer than this to read is given up. */
const documentTimeoutMs = 10_000;
/** What is kept of a text that goes on: about 64 MB at the most. */
const liveLimits: TextLimits = {lines: 100_000, chars: 32 * 1024 * 1024, lineChars: maxLineLength};
/** New lines show no oftener than this. */
const repaintMs = 100;

let openings = 0;

const plain = (text: string): DocumentLine => ({text});

const closedText = () => new AdapterError('timeout', 'the text was closed', 'Open it again.');

const emptyLayer = {
	kind: 'document',
	top: {line: 0, part: 0},
	search: '',
	filter: '',
	wrap: true,
	stamps: false,
	left: 0,
	followState: 'no',
} as const;

/** How a text is looked at stays when it is opened again in its place. */
const viewOptions = ({search, filter, wrap, stamps, left}: DocumentLayer) => ({search, filter, wrap, stamps, left});

/**
 * Opens a text above the deck and fills it when it has been read; a failure is told in its place. What follows is read until it is closed.
 * @returns the opening, by which another text can be opened `instead`.
 */
export function openDocument(
	deck: Deck,
	title: string,
	read: (context: Context) => Promise<Document>,
	{dials = [], instead}: {readonly dials?: readonly OpenDocumentOption[]; readonly instead?: number | undefined} = {},
): number {
	openings += 1;
	const opening = openings;
	const {clock, keymap} = deck.options;
	let reading = false;
	let life = new AbortController();
	const layerNow = () => findDocument(deck.session.get(), opening);
	const change = (by: Partial<DocumentLayer>) => deck.apply({do: 'document', opening, change: by});

	const fill = (lines: readonly DocumentLine[], limits?: TextLimits): TextBuffer => {
		const text = createTextBuffer(lines, limits);
		const filter = layerNow()?.filter ?? '';
		if (filter !== '') applyFilter(deck, text, filter);
		return text;
	};

	const load = () => {
		if (reading) return;
		reading = true;
		life.abort(closedText());
		life = new AbortController();
		const {signal} = life;
		const late = () =>
			new AdapterError(
				'timeout',
				`no answer within ${documentTimeoutMs / 1000} s`,
				'look whether the server is overloaded, and read it again',
			);
		withDeadline({clock, timeoutMs: documentTimeoutMs, createTimeoutError: late, signal}, readSignal =>
			read({signal: readSignal, now: deck.now}),
		)
			.finally(() => {
				reading = false;
			})
			.then(
				({title: told, lines, cliEquivalent: reads, follow, graph}) => {
					if (signal.aborted) return;
					const how = reads.length === 0 ? [] : [plain('read by'), ...reads.map(line => plain(`  ${line}`))];
					if (follow === undefined) {
						const text = fill([...lines, ...(how.length === 0 ? [] : [plain('')]), ...how]);
						change({state: 'ready', title: told, text, graph, followState: 'no'});
						return;
					}
					// What comes later stands at the end: how it is read goes before all of it.
					const text = fill([...how, ...(how.length === 0 ? [] : [plain('')]), ...lines], liveLimits);
					change({state: 'ready', title: told, text, graph, followState: 'on', top: 'end'});
					void appendFollowedLines(deck, text, follow, signal).then(() => {
						if (!signal.aborted) change({followState: 'ended'});
					});
				},
				(error: unknown) => {
					if (signal.aborted) return;
					const hint = isAdapterError(error) ? error.hint : '';
					const text = createTextBuffer([
						{text: messageOf(error), severity: 'unknown'},
						plain(hint),
						plain(''),
						plain(`${keymap.keyFor('text.refresh')} reads it again`),
					]);
					change({state: 'failed', text, graph: undefined, top: {line: 0, part: 0}, followState: 'no'});
				},
			);
	};

	const before = instead === undefined ? undefined : findDocument(deck.session.get(), instead);
	const layer: DocumentLayer = {
		...emptyLayer,
		...(before === undefined ? {} : viewOptions(before)),
		title,
		state: 'loading',
		text: createTextBuffer(),
		reload: load,
		opening,
		documentOptions: dials,
	};
	if (instead === undefined) deck.apply({do: 'push', layer});
	else deck.apply({do: 'document', opening: instead, change: layer});
	const stop = deck.session.subscribe(() => {
		if (layerNow() !== undefined) return;
		stop();
		life.abort(closedText());
	});
	load();
	return opening;
}

/** Adds the lines as they come, and draws them now and then: however many there are, keys are answered in between. */
async function appendFollowedLines(
	deck: Deck,
	text: TextBuffer,
	follow: NonNullable<Document['follow']>,
	signal: AbortSignal,
): Promise<void> {
	const {clock, budget = processTimeBudget} = deck.options;
	let drawing = false;
	const add = (lines: readonly DocumentLine[]) => {
		text.append(lines);
		if (drawing) return;
		drawing = true;
		clock.after(repaintMs, () => {
			drawing = false;
			if (!signal.aborted) deck.notifyChanged();
		});
	};
	try {
		for await (const lines of follow({signal, now: deck.now})) {
			if (budget.isOver()) await budget.yield();
			if (signal.aborted) return;
			add(lines);
		}
	} catch (error) {
		if (signal.aborted) return;
		add([{text: messageOf(error), severity: 'unknown'}, plain(isAdapterError(error) ? error.hint : '')]);
	}
}

/** As the footer tells it while it is typed. */
const tooSlow = 'takes too long on these lines: look for a plain text';

/** Shows only the lines that pass, at once those at the end, and the rest of a long text a slice at a time. @returns what is wrong with it. */
export function applyFilter(deck: Deck, text: TextBuffer, typed: string): string | undefined {
	const filter = parseLineFilter(typed);
	if ('problem' in filter) return filter.problem;
	if ('waits' in filter) {
		void loadPatterns().then(() => reapplyFilter(deck, text, typed));
		return undefined;
	}
	const {budget = processTimeBudget} = deck.options;
	text.filter(filter.test);
	const goOn = () => {
		let more = true;
		do more = text.filterNextBlock();
		while (more && !budget.isOver());
		deck.notifyChanged();
		if (more && deck.session.get().layers.some(layer => layer.kind === 'document' && layer.text === text))
			budget.afterYield(goOn);
	};
	goOn();
	return text.isFilterTooSlow() ? tooSlow : undefined;
}

/** What was typed before the engine of expressions was there, unless something else is typed by now. */
function reapplyFilter(deck: Deck, text: TextBuffer, typed: string): void {
	const {layers} = deck.session.get();
	const top = layers.at(-1);
	const isTyped = top?.kind === 'line-filter' && top.text === typed;
	const isSet = layers.some(layer => layer.kind === 'document' && layer.text === text && layer.filter === typed.trim());
	if (!isTyped && !isSet) return;
	const problem = applyFilter(deck, text, typed);
	if (problem === undefined) return;
	if (isTyped) deck.apply({do: 'top', layer: {...top, problem}});
	else deck.showNotice(problem, 'warn');
}

/** A text that is known already. */
export function showDocument(deck: Deck, title: string, lines: readonly DocumentLine[]): void {
	openings += 1;
	const text = createTextBuffer(lines);
	deck.apply({do: 'push', layer: {...emptyLayer, title, state: 'ready', text, opening: openings}});
}
