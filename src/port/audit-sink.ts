import type {HttpSettings} from './http.ts';
import type {TlsSettings} from './tls.ts';

/* How records of the audit leave this machine. The core decides what leaves, when and in which order; a sink only carries it. */

/** One record as it leaves. */
export type OutboundRecord = {
	readonly id: string;
	readonly seq: number;
	readonly kind: string;
	/** ISO 8601, UTC. */
	readonly ts: string;
	readonly host: string;
	readonly pid: number;
	/** Of syslog: 1 alert, 4 warning, 5 notice, 6 informational. */
	readonly severity: 1 | 4 | 5 | 6;
	/** One line of JSON in ASCII. */
	readonly json: string;
};

/** A place outside that takes copies. */
export type AuditSink = {
	/**
	 * Resolves when all of them were taken, as far as the protocol can tell (docs/adr/0012). Ends at once when `signal` fires.
	 * @throws AdapterError when that is not known; some of them may have been taken: they are sent again, and their ids tell.
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
