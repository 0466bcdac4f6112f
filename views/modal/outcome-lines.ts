import type {Remedy} from '../../src/remedy/remedy-state.ts';
import {cleanLine} from '../../src/text/clean.ts';

/** How reasons begin in the record, which has no headline above them. */
const headlinePrefix = /^(?:nothing happened|the outcome is not known|it has changed, nothing was sent): /;

/** What blocked it stands among the checks, which are shown with it. */
const checkDetails = ({state, checks}: Remedy): readonly string[] =>
	state === 'blocked' || state === 'stale'
		? checks
				.filter(({result}) => result === 'block')
				.flatMap(({label, detail}) => [cleanLine(detail), cleanLine(`${label}: ${detail}`)])
		: [];

/** Under the headline that says how it ended: why, what was sent, what was seen, and what to do next. Each is said once. */
export function outcomeLines(remedy: Remedy, headline: string): readonly string[] {
	const {reason, receipt, outcome, failure, hint} = remedy;
	const texts = [reason, receipt?.summary, outcome?.detail, failure?.message, hint ?? failure?.hint];
	const said = [headline.toLowerCase(), ...checkDetails(remedy)];
	const words: string[] = [];
	for (const text of texts) {
		const told = cleanLine(text ?? '').replace(headlinePrefix, '');
		const isSaid = said.some(one => one === told || one.endsWith(told)) || words.some(word => word.includes(told));
		if (told !== '' && !isSaid) words.push(told);
	}
	return words;
}
