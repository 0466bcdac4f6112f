import type {OutboundRecord} from '../../src/port/audit-sink.ts';

/** A header field of RFC 5424: printable ASCII, cut to `maxLength`; `-` when nothing is left. */
const headerField = (text: string, maxLength: number): string =>
	text.replace(/[^\x21-\x7e]/g, '').slice(0, maxLength) || '-';

/**
 * One syslog message without structured data: the JSON holds everything.
 * https://www.rfc-editor.org/rfc/rfc5424#section-6
 */
export function syslogMessage({severity, ts, host, pid, kind, json}: OutboundRecord, facility: number): string {
	const priority = facility * 8 + severity;
	return `<${priority}>1 ${headerField(ts, 32)} ${headerField(host, 255)} midwatch ${pid} ${headerField(kind, 32)} - ${json}`;
}

/** The bytes of a message after its length: https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1 and RFC 5425, section 4.3. */
export function frameWithLength(message: string): Buffer {
	const bytes = Buffer.from(message);
	return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}
