import type {HttpSettings} from './http.ts';
import type {TlsSettings} from './tls.ts';

/* Sends copies of audit records to another system. The core decides which records, when and in which order; a sink only transports them. */

/** One record as it is sent. */
export type OutboundRecord = {
	readonly id: string;
	readonly seq: number;
	readonly kind: string;
	/** ISO 8601, UTC. */
	readonly ts: string;
	readonly host: string;
	readonly pid: number;
	/** Syslog severity: 1 alert, 4 warning, 5 notice, 6 informational. */
	readonly severity: 1 | 4 | 5 | 6;
	/** One line of JSON in ASCII. */
	readonly json: string;
};

/** A receiver of copies. */
export type AuditSink = {
	/**
	 * Resolves when the receiver accepted all records, as far as the protocol confirms it (docs/adr/0012). Rejects at once when `signal` aborts.
	 * @throws AdapterError when that is not confirmed. Some records may have been accepted: all are sent again, and the receiver dedupes by id.
	 */
	send(records: readonly OutboundRecord[], signal: AbortSignal): Promise<void>;
	/** May be called twice. */
	close(): void;
};

export type SyslogSettings = {
	readonly kind: 'syslog';
	readonly to:
		| {readonly over: 'unix'; readonly path: string}
		| {readonly over: 'tcp' | 'tls'; readonly host: string; readonly port: number};
	/** 0 to 23. */
	readonly facility: number;
	readonly tls: TlsSettings;
};

export type WebhookSettings = {readonly kind: 'webhook'; readonly http: HttpSettings};

export type SinkSettings = SyslogSettings | WebhookSettings;
