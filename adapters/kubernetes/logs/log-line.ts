import type {DocumentLine} from '../../../src/contract/document.ts';
import type {Severity} from '../../../src/contract/row.ts';
import {cleanText} from '../../../src/text/clean.ts';
import {truncateLine} from '../../../src/text/cut-line.ts';
import {type LogLevel, parseLogLevel} from '../../../src/text/log-level.ts';
import {redact} from '../../../src/text/redact.ts';

/** A log line, split into timestamp and text. */
export type LogLine = {
	/** RFC 3339 in UTC with nine fractional digits, so that text order is time order; undefined when the line has none. */
	readonly at: string | undefined;
	readonly text: string;
};

const timestampFormat = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/;
const commonFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;
const commonFormatLength = 31;

/** Parses a line read with `timestamps=true`. The kubelet writes timestamps in the time zone of its node. */
export function parseLogLine(line: string): LogLine {
	if (commonFormat.test(line)) return {at: line.slice(0, commonFormatLength - 1), text: line.slice(commonFormatLength)};
	const [head, second, fraction = '', zone] = timestampFormat.exec(line) ?? [];
	if (head === undefined || second === undefined) return {at: undefined, text: line};
	const utc = zone === 'Z' ? second : new Date(`${second}${zone}`).toISOString().slice(0, 19);
	return {at: `${utc}.${fraction.padEnd(9, '0')}Z`, text: line.slice(head.length)};
}

const severities: Readonly<Partial<Record<LogLevel, Severity>>> = {warn: 'warn', error: 'crit', fatal: 'crit'};

/**
 * Formats a line for display, with secrets of a known form redacted. `sourceLabel` names the container where there are several. `mask` is
 * the line redactor of the container where lines come in order.
 */
export function toDocumentLine(
	{at, text: rawText}: LogLine,
	sourceLabel: DocumentLine['sourceLabel'],
	mask: (line: string) => string = redact,
): DocumentLine {
	const level = parseLogLevel(rawText);
	// Remove colours first: escape sequences may separate a name from its value.
	const text = mask(cleanText(truncateLine(rawText)));
	const severity = level === undefined ? undefined : severities[level];
	return {
		text,
		...(severity === undefined ? {} : {severity}),
		...(at === undefined ? {} : {at}),
		...(sourceLabel === undefined ? {} : {sourceLabel}),
	};
}
