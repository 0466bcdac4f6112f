import {cleanLine} from './clean.ts';
import {redact} from './redact.ts';

/** Only the last characters of the output are read. */
const maxExaminedLength = 4000;
const maxLines = 2;
const maxLength = 300;
/** A shorter argument occurs in many words, and is not a secret. */
const minArgumentLength = 3;

/** Frames of a stack, in Python, Node, Java and Go, and the line above them: they name files, not the reason. */
const frame = /^\s+(?:File "|at |\.\.\.|[~^]+\s*$)|^Traceback |^goroutine \d|^\s+\S+\.go:\d/;
const reasonPattern =
	/error|fail|fatal|denied|refus|expire|invalid|unauthor|forbidden|not found|no such|unable|cannot|can't|could not|log ?in/i;

/** Returns an argument, its value, and the words in it that may be a secret: a program may repeat any of them. */
const partsOf = (argument: string): readonly string[] => {
	const parts = [argument, ...argument.split(/[=\n]/)]
		.map(part => part.trim())
		.filter(part => part.length >= minArgumentLength);
	const words = argument.split(/[\s=:,;'"]+/).filter(word => word.length >= 8 || (word.length >= 4 && /\d/.test(word)));
	return [...parts, ...words];
};

/**
 * Returns the stderr of a login helper as one short line for a message: its last lines that name a reason, without what looks like a secret
 * and without any of `hidden` (its arguments, environment values and stdout, each of which may be a secret).
 */
export function summarizeErrorOutput(written: string, hidden: readonly string[]): string {
	// Cut text may begin inside an argument.
	const examined =
		written.length > maxExaminedLength ? written.slice(-maxExaminedLength).replace(/^[^\n]*\n?/, '') : written;
	const masked = hidden
		.flatMap(partsOf)
		.sort((a, b) => b.length - a.length)
		.reduce((left, text) => left.replaceAll(text, '…'), examined);
	const lines = masked
		.split(/\r?\n|\r/)
		.filter(line => /[\p{L}\p{N}]/u.test(line) && !frame.test(line))
		.map(line => cleanLine(redact(line)).trim());
	const useful = lines.filter(line => reasonPattern.test(line));
	const chosen = (useful.length > 0 ? useful : lines).slice(-maxLines).join(' · ');
	return chosen.length > maxLength ? `${chosen.slice(0, maxLength - 1)}…` : chosen;
}
