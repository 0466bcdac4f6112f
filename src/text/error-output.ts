import {cleanLine} from './clean.ts';
import {redact} from './redact.ts';

/** Characters of what a program wrote that are looked at: its last ones. */
const maxExaminedLength = 4000;
const mostLines = 2;
const longest = 300;
/** A shorter argument is in half of all words, and no secret. */
const shortest = 3;

/** Frames of a stack, in Python, Node, Java and Go, and the line above them: they name files, not the reason. */
const frame = /^\s+(?:File "|at |\.\.\.|[~^]+\s*$)|^Traceback |^goroutine \d|^\s+\S+\.go:\d/;
const reasonPattern =
	/error|fail|fatal|denied|refus|expire|invalid|unauthor|forbidden|not found|no such|unable|cannot|can't|could not|log ?in/i;

/** An argument, its value, and the words in it that may be a secret: a program may repeat any of them. */
const partsOf = (argument: string): readonly string[] => {
	const parts = [argument, ...argument.split(/[=\n]/)].map(part => part.trim()).filter(part => part.length >= shortest);
	const words = argument.split(/[\s=:,;'"]+/).filter(word => word.length >= 8 || (word.length >= 4 && /\d/.test(word)));
	return [...parts, ...words];
};

/**
 * What a login helper wrote to stderr, as one short line for a message: its last telling lines, without what looks like a secret and without
 * any of `hidden` (its arguments, the values of its environment, what it printed on stdout), of which each may be a secret.
 */
export function summarizeErrorOutput(written: string, hidden: readonly string[]): string {
	// What was cut may begin inside of an argument.
	const whole =
		written.length > maxExaminedLength ? written.slice(-maxExaminedLength).replace(/^[^\n]*\n?/, '') : written;
	const masked = hidden
		.flatMap(partsOf)
		.sort((a, b) => b.length - a.length)
		.reduce((left, text) => left.replaceAll(text, '…'), whole);
	const lines = masked
		.split(/\r?\n|\r/)
		.filter(line => /[\p{L}\p{N}]/u.test(line) && !frame.test(line))
		.map(line => cleanLine(redact(line)).trim());
	const useful = lines.filter(line => reasonPattern.test(line));
	const chosen = (useful.length > 0 ? useful : lines).slice(-mostLines).join(' · ');
	return chosen.length > longest ? `${chosen.slice(0, longest - 1)}…` : chosen;
}
