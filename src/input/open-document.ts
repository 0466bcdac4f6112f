import type {Context} from '../contract/context.ts';
import type {Document, DocumentLine} from '../contract/document.ts';
import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import {type DocumentLayer, findDocument, type OpenDocumentOption} from '../session/session.ts';
import {createTextBuffer, type TextBuffer, type TextLimits} from '../session/text-buffer.ts';
import {maxLineLength} from '../text/cut-line.ts';
import {withDeadline} from '../time/deadline.ts';
import {processTimeBudget} from '../time/yield.ts';
import type {Deck} from './deck.ts';
import {applyFilter} from './filter-document.ts';

const readTimeoutMs = 10_000;
/** Limits of a followed document: about 64 MB at most. */
const followLimits: TextLimits = {lines: 100_000, chars: 32 * 1024 * 1024, lineChars: maxLineLength};
const repaintIntervalMs = 100;

const plain = (text: string): DocumentLine => ({text});

const closedError = () => new AdapterError('timeout', 'the document was closed', 'Open it again.');

const timeoutError = () =>
	new AdapterError(
		'timeout',
		`no answer within ${readTimeoutMs / 1000} s`,
		'check whether the server is overloaded, then read it again',
	);

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

/** The part of a layer that a document opened in its place takes over. */
const viewOptions = ({search, filter, wrap, stamps, left}: DocumentLayer) => ({search, filter, wrap, stamps, left});

type ReadDocument = (context: Context) => Promise<Document>;

/**
 * Opens a document above the deck and fills it when it has been read; a failure is shown in it. A follow stream is read until the document is closed.
 * `options` are its document options; with `instead` it replaces the document of that opening.
 * @returns the id of the opening
 */
export function openDocument(
	deck: Deck,
	title: string,
	read: ReadDocument,
	{
		options = [],
		instead,
	}: {readonly options?: readonly OpenDocumentOption[]; readonly instead?: number | undefined} = {},
): number {
	const opening = deck.nextOpening();
	const reader = createDocumentReader(deck, opening, read);
	const before = instead === undefined ? undefined : findDocument(deck.session.get(), instead);
	const layer: DocumentLayer = {
		...emptyLayer,
		...(before === undefined ? {} : viewOptions(before)),
		title,
		state: 'loading',
		text: createTextBuffer(),
		reload: reader.load,
		opening,
		documentOptions: options,
	};
	if (instead === undefined) deck.apply({do: 'push', layer});
	else deck.apply({do: 'document', opening: instead, change: layer});
	const unsubscribe = deck.session.subscribe(() => {
		if (findDocument(deck.session.get(), opening) !== undefined) return;
		unsubscribe();
		reader.close();
	});
	reader.load();
	return opening;
}

/** Opens a document whose lines are known. */
export function showDocument(deck: Deck, title: string, lines: readonly DocumentLine[]): void {
	const text = createTextBuffer(lines);
	deck.apply({do: 'push', layer: {...emptyLayer, title, state: 'ready', text, opening: deck.nextOpening()}});
}

/** Reads one open document, and again on request. */
function createDocumentReader(deck: Deck, opening: number, read: ReadDocument) {
	let isReading = false;
	let lifetime = new AbortController();
	const change = (by: Partial<DocumentLayer>) => deck.apply({do: 'document', opening, change: by});

	function load(): void {
		if (isReading) return;
		isReading = true;
		lifetime.abort(closedError());
		lifetime = new AbortController();
		const {signal} = lifetime;
		readWithTimeout(deck, read, signal)
			.finally(() => {
				isReading = false;
			})
			.then(
				document => {
					if (!signal.aborted) showRead(document, signal);
				},
				(error: unknown) => {
					if (!signal.aborted) change(failedLayer(deck, error));
				},
			);
	}

	function showRead({title, lines, cliEquivalent, follow, graph}: Document, signal: AbortSignal): void {
		const commands =
			cliEquivalent.length === 0 ? [] : [plain('read by'), ...cliEquivalent.map(line => plain(`  ${line}`))];
		const gap = commands.length === 0 ? [] : [plain('')];
		if (follow === undefined) {
			const text = fillBuffer(deck, opening, [...lines, ...gap, ...commands]);
			change({state: 'ready', title, text, graph, followState: 'no'});
			return;
		}
		// Followed lines are appended at the end, so the commands come first.
		const text = fillBuffer(deck, opening, [...commands, ...gap, ...lines], followLimits);
		change({state: 'ready', title, text, graph, followState: 'on', top: 'end'});
		void appendFollowedLines(deck, text, follow, signal).then(() => {
			if (!signal.aborted) change({followState: 'ended'});
		});
	}

	return {load, close: () => lifetime.abort(closedError())};
}

function readWithTimeout(deck: Deck, read: ReadDocument, signal: AbortSignal): Promise<Document> {
	const {clock} = deck.options;
	return withDeadline({clock, timeoutMs: readTimeoutMs, createTimeoutError: timeoutError, signal}, deadline =>
		read({signal: deadline, now: deck.now}),
	);
}

/** A buffer with these lines and the filter that the document has now. */
function fillBuffer(deck: Deck, opening: number, lines: readonly DocumentLine[], limits?: TextLimits): TextBuffer {
	const text = createTextBuffer(lines, limits);
	const filter = findDocument(deck.session.get(), opening)?.filter ?? '';
	if (filter !== '') applyFilter(deck, text, filter);
	return text;
}

/** Shows the error in the document. */
function failedLayer(deck: Deck, error: unknown): Partial<DocumentLayer> {
	const text = createTextBuffer([
		{text: messageOf(error), severity: 'unknown'},
		plain(isAdapterError(error) ? error.hint : ''),
		plain(''),
		plain(`${deck.options.keymap.keyFor('text.refresh')} reads it again`),
	]);
	return {state: 'failed', text, graph: undefined, top: {line: 0, part: 0}, followState: 'no'};
}

/** Appends lines as they arrive. Repaints at most every 100 ms, and yields so that keys are handled however many lines arrive. */
async function appendFollowedLines(
	deck: Deck,
	text: TextBuffer,
	follow: NonNullable<Document['follow']>,
	signal: AbortSignal,
): Promise<void> {
	const {clock, budget = processTimeBudget} = deck.options;
	let isRepaintScheduled = false;
	const append = (lines: readonly DocumentLine[]) => {
		text.append(lines);
		if (isRepaintScheduled) return;
		isRepaintScheduled = true;
		clock.after(repaintIntervalMs, () => {
			isRepaintScheduled = false;
			if (!signal.aborted) deck.notifyChanged();
		});
	};
	try {
		for await (const lines of follow({signal, now: deck.now})) {
			if (budget.isOver()) await budget.yield();
			if (signal.aborted) return;
			append(lines);
		}
	} catch (error) {
		if (signal.aborted) return;
		append([{text: messageOf(error), severity: 'unknown'}, plain(isAdapterError(error) ? error.hint : '')]);
	}
}
