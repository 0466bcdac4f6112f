import type {Action, Context, Document, Inspection, Line} from '../contract.ts';
import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import type {Keymap} from '../keymap.ts';
import {bounded} from '../poll/bounded.ts';
import {isOld} from '../poll/reading.ts';
import type {DocumentLayer, OpenDial} from '../session.ts';
import {clean} from '../text/clean.ts';
import {clockTime, duration, millis} from '../text/figures.ts';
import type {Deck} from './deck.ts';

/** A text that takes longer than this to read is given up. */
const documentTimeoutMs = 10_000;

let openings = 0;

const plain = (text: string): Line => ({text});

const cleanedLines = (lines: readonly Line[]): readonly Line[] =>
	lines.flatMap(line =>
		clean(line.text)
			.split('\n')
			.map(text => ({...line, text})),
	);

/**
 * Opens a text above the deck and fills it when it has been read; a failure is told in its place. What follows is read until it is closed.
 * @returns the opening, by which another text can be opened `instead`.
 */
export function openDocument(
	deck: Deck,
	title: string,
	read: (context: Context) => Promise<Document>,
	{dials = [], instead}: {readonly dials?: readonly OpenDial[]; readonly instead?: number | undefined} = {},
): number {
	openings += 1;
	const opening = openings;
	let reading = false;
	let life = new AbortController();
	const isOpen = () => deck.session.get().layers.some(layer => layer.kind === 'document' && layer.opening === opening);
	const stop = deck.session.subscribe(() => {
		if (isOpen()) return;
		stop();
		life.abort(closed());
	});
	const load = () => {
		if (reading) return;
		reading = true;
		life.abort(closed());
		life = new AbortController();
		const {signal: open} = life;
		const late = () =>
			new AdapterError(
				'timeout',
				`no answer within ${documentTimeoutMs / 1000} s`,
				'look whether the server is overloaded, and read it again',
			);
		bounded({clock: deck.options.clock, ms: documentTimeoutMs, late}, signal => read({signal, now: deck.now}))
			.finally(() => {
				reading = false;
			})
			.then(
				({title: told, lines, reads, follow}) => {
					const how = reads.length === 0 ? [] : [plain(''), plain('read by'), ...reads.map(line => plain(`  ${line}`))];
					const cleaned = cleanedLines([...lines, ...how]);
					deck.apply({do: 'document', opening, change: {state: 'ready', title: told, lines: cleaned}});
					if (follow !== undefined && !open.aborted) void takeWhatFollows(deck, opening, follow, open);
				},
				(error: unknown) => {
					const hint = isAdapterError(error) ? error.hint : '';
					const lines: Line[] = [
						{text: clean(messageOf(error)), severity: 'unknown'},
						plain(clean(hint)),
						plain(''),
						plain(`${deck.options.keymap.keyOf('text.refresh', 'r')} reads it again`),
					];
					deck.apply({do: 'document', opening, change: {state: 'failed', lines, offset: 0}});
				},
			);
	};
	const layer: DocumentLayer = {
		kind: 'document',
		title,
		state: 'loading',
		lines: [],
		offset: 0,
		search: '',
		reload: load,
		opening,
		dials,
	};
	if (instead === undefined) deck.apply({do: 'push', layer});
	else deck.apply({do: 'document', opening: instead, change: layer});
	load();
	return opening;
}

const closed = () => new AdapterError('timeout', 'the text was closed', 'Open it again.');

async function takeWhatFollows(
	deck: Deck,
	opening: number,
	follow: NonNullable<Document['follow']>,
	signal: AbortSignal,
): Promise<void> {
	const add = (lines: readonly Line[]) => {
		const layer = deck.session.get().layers.find(one => one.kind === 'document' && one.opening === opening);
		if (layer?.kind !== 'document') return;
		deck.apply({do: 'document', opening, change: {lines: [...layer.lines, ...cleanedLines(lines)].slice(-10_000)}});
	};
	try {
		for await (const lines of follow({signal, now: deck.now})) {
			if (signal.aborted) return;
			add(lines);
		}
	} catch (error) {
		if (!signal.aborted) add([{text: messageOf(error), severity: 'unknown'}]);
	}
}

/** A text that is known already. */
export function showDocument(deck: Deck, title: string, lines: readonly Line[]): void {
	openings += 1;
	const cleaned = cleanedLines(lines);
	deck.apply({
		do: 'push',
		layer: {kind: 'document', title, state: 'ready', lines: cleaned, offset: 0, search: '', opening: openings},
	});
}

/** Every key that works, as it is mapped now. */
export function helpLines(
	keymap: Keymap,
	actions: readonly Action[],
	inspections: readonly Inspection[],
): readonly Line[] {
	const lines: Line[] = [];
	const heads = {
		deck: 'On the deck',
		any: 'Everywhere',
		list: 'In a list',
		document: 'In a text',
		field: 'While typing',
		confirm: 'In a confirmation',
	} as const;
	const row = (keys: string, title: string) => plain(`  ${keys.padEnd(22)} ${title}`);
	lines.push(
		{
			text: 'Lower-case letters look, capital letters act. Nothing is changed before you have confirmed it.',
			loud: true,
		},
		plain(''),
	);
	for (const [scope, head] of Object.entries(heads)) {
		lines.push({text: head, loud: true});
		for (const binding of keymap.bindings)
			if (binding.scope === scope) lines.push(row(binding.keys.join(' '), binding.title));
		lines.push(plain(''));
	}
	for (const kind of new Set([...actions, ...inspections].map(entry => entry.kind))) {
		lines.push({text: `On a row of ${kind}`, loud: true});
		for (const entry of inspections)
			if (entry.kind === kind) {
				lines.push(row(keymap.keyOf(entry.id, entry.key), entry.title));
				for (const dial of entry.dials ?? []) lines.push(row(`  ${dial.key}`, `  in its text: ${dial.title}`));
			}
		for (const entry of actions)
			if (entry.kind === kind) lines.push(row(keymap.keyOf(entry.id, entry.key), `${entry.title}  (${entry.id})`));
		lines.push(plain(''));
	}
	lines.push(
		{text: 'Signs', loud: true},
		plain('  ■ critical   ▲ warning   ? could not be read   · fine'),
		plain(''),
		{text: 'Filter', loud: true},
		plain('  words must all hold: text, !text, field:value, !field:value'),
		plain('  the field is the name of a column in lower case, or target, or severity: severity:crit user:app !idle'),
	);
	return lines;
}

/** How the sections of the focused pane are read, how old the data is, and what a read costs. */
export function readsLines(deck: Deck): readonly Line[] {
	const lines: Line[] = [];
	const now = deck.now();
	for (const section of deck.focused().sections) {
		for (const reading of section.readings) {
			const watched = deck.options.watch.targets.find(one => one.target.name === reading.target);
			const source = watched?.system.sources.find(one => one.kind === reading.kind);
			if (watched === undefined || source === undefined) continue;
			const age =
				reading.readAt === undefined
					? 'not read yet'
					: `read ${duration((now - reading.readAt) / 1000)} ago${isOld(reading, now) ? ' (old)' : ''}`;
			lines.push(
				{text: `${section.section.title} of ${reading.target}`, loud: true},
				plain(
					`  ${reading.state}, ${age}, took ${millis(reading.tookMs)}, every ${duration(reading.intervalMs / 1000)}, ${source.cost}${source.cost === 'costly' ? ': only while it can be seen' : ''}`,
				),
				...(reading.failure === undefined
					? []
					: [
							{text: `  ${reading.failure.message}`, severity: 'unknown' as const},
							plain(
								`  failing since ${clockTime(reading.failure.since)}, ${reading.failure.attempts} times: ${reading.failure.hint}`,
							),
						]),
				...source.reads(watched.target).map(line => plain(`  ${line}`)),
				...section.notes
					.filter(({target}) => target === reading.target)
					.map(({note}) => plain(`  ${note.text}${note.hint === undefined ? '' : ` - ${note.hint}`}`)),
				plain(''),
			);
		}
	}
	const noise = deck.options.effects.noise();
	if (noise.length > 0)
		lines.push({text: 'Written to the terminal by other code, kept off the screen', loud: true}, ...noise.map(plain));
	return lines;
}
