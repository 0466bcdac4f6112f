import type {DocumentLine} from '../../../src/contract/document.ts';
import type {Severity} from '../../../src/contract/row.ts';
import {cleanText} from '../../../src/text/clean.ts';
import {truncateLine} from '../../../src/text/cut-line.ts';
import {type LogLevel, parseLogLevel} from '../../../src/text/log-level.ts';
import {redact} from '../../../src/text/redact.ts';

/** A line of a log with the moment before it. */
export type LogLine = {
	/** UTC with nine digits after the second, so that later is greater also as text; undefined when the line does not tell. */
	readonly at: string | undefined;
	readonly text: string;
};

const timestampFormat = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/;
const commonFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;
const commonFormatLength = 31;

/** Splits what comes with `timestamps=true`. The kubelet tells the moment in its node's own zone. */
export function parseLogLine(line: string): LogLine {
	if (commonFormat.test(line)) return {at: line.slice(0, commonFormatLength - 1), text: line.slice(commonFormatLength)};
	const [head, second, fraction = '', zone] = timestampFormat.exec(line) ?? [];
	if (head === undefined || second === undefined) return {at: undefined, text: line};
	const utc = zone === 'Z' ? second : new Date(`${second}${zone}`).toISOString().slice(0, 19);
	return {at: `${utc}.${fraction.padEnd(9, '0')}Z`, text: line.slice(head.length)};
}

const severities: Readonly<Partial<Record<LogLevel, Severity>>> = {warn: 'warn', error: 'crit', fatal: 'crit'};

/**
 * A line as it is shown, without the secrets that have a known form; `sourceLabel` names what wrote it where there are several. `mask` is a
 * line redactor where lines come in their order.
 */
export function toDocumentLine(
	{at, text: whole}: LogLine,
	sourceLabel: DocumentLine['sourceLabel'],
	mask: (line: string) => string = redact,
): DocumentLine {
	const level = parseLogLevel(whole);
	// First without colours: they may stand between a name and its value.
	const text = mask(cleanText(truncateLine(whole)));
	const severity = level === undefined ? undefined : severities[level];
	return {
		text,
		...(severity === undefined ? {} : {severity}),
		...(at === undefined ? {} : {at}),
		...(sourceLabel === undefined ? {} : {sourceLabel}),
	};
}
