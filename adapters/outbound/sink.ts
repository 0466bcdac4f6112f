import type {
	AuditSink,
	OutboundRecord,
	SinkSettings,
	SyslogSettings,
	WebhookSettings,
} from '../../src/port/audit-sink.ts';
import {createHttpClient} from '../http/client.ts';
import {frameWithLength, syslogMessage} from './syslog-message.ts';
import {findLogger, sendByDatagram} from './syslog-socket.ts';
import {DatagramSocketError, sendByStream} from './syslog-stream.ts';

/**
 * A sink for audit records. Nothing is connected before the first record. `searchPath`: the PATH for logger(1), which sends to datagram sockets.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export const createAuditSink = (settings: SinkSettings, searchPath = process.env['PATH']): AuditSink =>
	settings.kind === 'webhook' ? webhook(settings) : syslog(settings, searchPath);

function syslog({to, tls, facility}: SyslogSettings, searchPath: string | undefined): AuditSink {
	const bytesOf = (records: readonly OutboundRecord[]) =>
		Buffer.concat(records.map(record => frameWithLength(syslogMessage(record, facility))));

	async function send(records: readonly OutboundRecord[], signal: AbortSignal): Promise<void> {
		try {
			await sendByStream(to, tls, bytesOf(records), signal);
		} catch (error) {
			if (to.over !== 'unix' || !(error instanceof DatagramSocketError)) throw error;
			// Also without records, so that a check of the sink reports that it is missing.
			const logger = await findLogger(to.path, searchPath);
			for (const record of records) await sendByDatagram(logger, to.path, record, facility, signal);
		}
	}

	return {send, close() {}};
}

const maxResponseBytes = 64 * 1024;
const webhookTimeoutMs = 10_000;

/** Sends `{"records": […]}` by POST; any status from 200 to 299 means that they were accepted. Redirects are not followed. */
function webhook({http: settings}: WebhookSettings): AuditSink {
	const http = createHttpClient(settings, {});
	// The client adds the path of the URL, without a slash at its end.
	const path = URL.parse(settings.url)?.pathname === '/' ? '/' : '';
	return {
		async send(records, signal) {
			const body = {records: records.map(({json}) => JSON.parse(json) as unknown)};
			const operation = 'accept audit records';
			await http.bytes(
				{method: 'POST', path, body, operation, timeoutMs: webhookTimeoutMs, maxBytes: maxResponseBytes},
				signal,
			);
		},
		close: () => http.close(),
	};
}
