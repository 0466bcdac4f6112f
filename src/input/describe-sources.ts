import type {DocumentLine} from '../contract/document.ts';
import {isStale} from '../contract/reading.ts';
import {formatClockTime, formatDuration, formatMillis} from '../text/format.ts';
import type {Deck} from './deck.ts';

const plain = (text: string): DocumentLine => ({text});

/** How the sections of the focused pane are read, how old the data is, and what a read costs. */
export function describeSources(deck: Deck): readonly DocumentLine[] {
	const lines: DocumentLine[] = [];
	const now = deck.now();
	for (const section of deck.focusedView().sections) {
		for (const reading of section.readings) {
			const watched = deck.options.watch.targets.find(({target}) => target.name === reading.target);
			const source = watched?.system.sources.find(({kind}) => kind === reading.kind);
			if (watched === undefined || source === undefined) continue;
			const title = reading.kind === section.section.kind ? section.section.title : source.title;
			const age =
				reading.readAt === undefined
					? 'not read yet'
					: `read ${formatDuration((now - reading.readAt) / 1000)} ago${isStale(reading, now) ? ' (stale)' : ''}`;
			lines.push(
				{text: `${title} of ${reading.target}`, loud: true},
				plain(
					`  ${reading.state}, ${age}, took ${formatMillis(reading.tookMs)}, every ${formatDuration(reading.intervalMs / 1000)}, ${source.cost}${source.cost === 'costly' ? ': only while its pane is shown' : ''}`,
				),
				...(reading.failure === undefined
					? []
					: [
							{text: `  ${reading.failure.message}`, severity: 'unknown' as const},
							plain(
								`  failing since ${formatClockTime(reading.failure.since)}, ${reading.failure.attempts === 1 ? 'once' : `${reading.failure.attempts} times`}: ${reading.failure.hint}`,
							),
						]),
				...source.cliEquivalent(watched.target).map(line => plain(`  ${line}`)),
				...section.notes
					.filter(({target}) => target === reading.target)
					.map(({note}) => plain(`  ${note.text}${note.hint === undefined ? '' : ` - ${note.hint}`}`)),
				plain(''),
			);
		}
	}
	const strayOutput = deck.options.effects.strayOutput();
	if (strayOutput.length > 0)
		lines.push({text: 'Output of other code, not shown on the screen', loud: true}, ...strayOutput.map(plain));
	return lines;
}
