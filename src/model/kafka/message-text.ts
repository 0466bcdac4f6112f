import type {KafkaMessage} from '../../port/kafka.ts';
import {parseBoundedJson} from '../../text/bounded-json.ts';
import {cleanLine, cleanText} from '../../text/clean.ts';
import {formatBytes, formatDuration} from '../../text/format.ts';

/** Lines and bytes of one value that are shown: one message may be a megabyte. */
const maxLines = 60;
const maxText = 16_384;
const maxHex = 256;
/** Bytes of a key or a header. */
const maxShort = 1024;
const maxShortHex = 24;

const decoder = new TextDecoder('utf-8', {fatal: true});

/** Decodes UTF-8 text. Undefined for invalid UTF-8, and for text with control characters that only binary data has. */
export function decodeText(value: Uint8Array): string | undefined {
	try {
		const text = decoder.decode(value);
		return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}

/** Decodes at most `max` bytes, cut between two characters: a value cut inside a character would be taken for binary. */
function textOf(value: Uint8Array, max: number): string | undefined {
	if (value.length <= max) return decodeText(value);
	for (let cut = 0; cut < 4; cut++) {
		const text = decodeText(value.subarray(0, max - cut));
		if (text !== undefined) return text;
	}
	return undefined;
}

/** `00000000  7b 22 69 64 22 3a 31 37  …  |{"id":17|`, 16 bytes a line. */
export function hexLines(value: Uint8Array): readonly string[] {
	const shown = value.subarray(0, maxHex);
	const lines: string[] = [];
	for (let at = 0; at < shown.length; at += 16) {
		const part = [...shown.subarray(at, at + 16)];
		const hex = part.map(byte => byte.toString(16).padStart(2, '0')).join(' ');
		const text = part.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
		lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text}|`);
	}
	return value.length > shown.length ? [...lines, `… ${formatBytes(value.length - shown.length)} more`] : lines;
}

/** The lines of a value: JSON is indented, other text is unchanged, anything else is hex. */
export function valueLines(value: Uint8Array | undefined): readonly string[] {
	if (value === undefined) return ['(no value: it deletes its key)'];
	if (value.length === 0) return ['(empty)'];
	const decoded = textOf(value, maxText);
	if (decoded === undefined) return [`(binary, ${formatBytes(value.length)})`, ...hexLines(value)];
	const lines = cleanText(indented(decoded)).split('\n');
	const cut = lines.length > maxLines || value.length > maxText;
	return cut ? [...lines.slice(0, maxLines), `… of ${formatBytes(value.length)}`] : lines;
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
	const truncation = (max: number) => (value.length > max ? ` … of ${formatBytes(value.length)}` : '');
	const text = textOf(value, maxShort);
	if (text !== undefined) return cleanLine(text) + truncation(maxShort);
	const hex = [...value.subarray(0, maxShortHex)].map(byte => byte.toString(16).padStart(2, '0')).join('');
	return `0x${hex}${truncation(maxShortHex)}`;
}

/** `7@482,012  2026-11-21 14:01:22Z, 6m12s ago  key orders:17  1.2Ki`. */
export function messageTitle(message: KafkaMessage, now: number): string {
	const {partition, offset, timestamp, key, value} = message;
	const when =
		timestamp === undefined
			? 'no timestamp'
			: `${new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')}Z, ${formatDuration((now - timestamp) / 1000)} ago`;
	return `${partition}@${offset}  ${when}  key ${shortText(key)}  ${formatBytes(value?.length ?? 0)}`;
}
