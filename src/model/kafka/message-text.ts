import type {KafkaMessage} from '../../port/kafka.ts';
import {parseBoundedJson} from '../../text/bounded-json.ts';
import {cleanLine, cleanText} from '../../text/clean.ts';
import {formatBytes, formatDuration} from '../../text/format.ts';

/** Lines and bytes of one value that are shown: one message may be a megabyte. */
const mostLines = 60;
const mostText = 16_384;
const mostHex = 256;
/** Bytes of a key or a header. */
const mostShort = 1024;
const mostShortHex = 24;

const decoder = new TextDecoder('utf-8', {fatal: true});

/** As text when it is text: valid UTF-8 without the control characters that only binary data has. */
export function decodeText(value: Uint8Array): string | undefined {
	try {
		const text = decoder.decode(value);
		return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}

/** The same of its beginning. What was cut in the middle of a character would else be taken for binary. */
function textOf(value: Uint8Array, most: number): string | undefined {
	if (value.length <= most) return decodeText(value);
	for (let cut = 0; cut < 4; cut++) {
		const text = decodeText(value.subarray(0, most - cut));
		if (text !== undefined) return text;
	}
	return undefined;
}

/** `00000000  7b 22 69 64 22 3a 31 37  …  |{"id":17|`, 16 bytes a line. */
export function hexLines(value: Uint8Array): readonly string[] {
	const shown = value.subarray(0, mostHex);
	const lines: string[] = [];
	for (let at = 0; at < shown.length; at += 16) {
		const part = [...shown.subarray(at, at + 16)];
		const hex = part.map(byte => byte.toString(16).padStart(2, '0')).join(' ');
		const text = part.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
		lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text}|`);
	}
	return value.length > shown.length ? [...lines, `… ${formatBytes(value.length - shown.length)} more`] : lines;
}

/** JSON with an indent, other text as it is, anything else as hex. */
export function valueLines(value: Uint8Array | undefined): readonly string[] {
	if (value === undefined) return ['(no value: it deletes its key)'];
	if (value.length === 0) return ['(empty)'];
	const whole = textOf(value, mostText);
	if (whole === undefined) return [`(binary, ${formatBytes(value.length)})`, ...hexLines(value)];
	const lines = cleanText(indented(whole)).split('\n');
	const cut = lines.length > mostLines || value.length > mostText;
	return cut ? [...lines.slice(0, mostLines), `… of ${formatBytes(value.length)}`] : lines;
}

function indented(text: string): string {
	if (!/^\s*[[{]/.test(text)) return text;
	try {
		return JSON.stringify(parseBoundedJson(text), null, 2);
	} catch {
		return text;
	}
}

/** A key or a header, on one line. */
export function shortText(value: Uint8Array | undefined): string {
	if (value === undefined) return '(none)';
	const told = (most: number) => (value.length > most ? ` … of ${formatBytes(value.length)}` : '');
	const text = textOf(value, mostShort);
	if (text !== undefined) return cleanLine(text) + told(mostShort);
	const hex = [...value.subarray(0, mostShortHex)].map(byte => byte.toString(16).padStart(2, '0')).join('');
	return `0x${hex}${told(mostShortHex)}`;
}

/** `7@482,012  2026-11-21 14:01:22Z, 6m12s ago  key orders:17  1.2Ki`. */
export function messageTitle(message: KafkaMessage, now: number): string {
	const {partition, offset, timestamp, key, value} = message;
	const when =
		timestamp === undefined
			? 'no time told'
			: `${new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')}Z, ${formatDuration((now - timestamp) / 1000)} ago`;
	return `${partition}@${offset}  ${when}  key ${shortText(key)}  ${formatBytes(value?.length ?? 0)}`;
}
