import type {Remedy} from '../../src/remedy/remedy-state.ts';
import {cleanLine} from '../../src/text/clean.ts';

/** Prefixes of reasons in the audit record, which repeat the headline of the modal. */
const headlinePrefix = /^(?:nothing happened|the outcome is not known|it has changed, nothing was sent): /;

/** The checks that blocked the action, which are shown already. */
const checkDetails = ({state, checks}: Remedy): readonly string[] =>
	state === 'blocked' || state === 'stale'
		? checks
				.filter(({result}) => result === 'block')
				.flatMap(({label, detail}) => [cleanLine(detail), cleanLine(`${label}: ${detail}`)])
		: [];

/** The text under the headline of an outcome: why, what was sent, what verification saw, and what to do next, without repetition. */
export function outcomeLines(remedy: Remedy, headline: string): readonly string[] {
	const {reason, receipt, outcome, failure, hint} = remedy;
	const texts = [reason, receipt?.summary, outcome?.detail, failure?.message, hint ?? failure?.hint];
	const shown = [headline.toLowerCase(), ...checkDetails(remedy)];
	const lines: string[] = [];
	for (const text of texts) {
		const line = cleanLine(text ?? '').replace(headlinePrefix, '');
		const isShown = shown.some(other => other.endsWith(line)) || lines.some(other => other.includes(line));
		if (line !== '' && !isShown) lines.push(line);
	}
	return lines;
}
