import type {IncludableField} from '../audit/outbound-record.ts';
import type {ReportMistake} from '../contract/target-config.ts';
import type {SinkSettings, SyslogSettings} from '../port/audit-sink.ts';
import {isLoopback} from '../text/loopback.ts';
import {facilities, type SinkEntry} from './audit-schema.ts';
import type {ConfigDocument} from './config-document.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {Mistake} from './config-error.ts';
import {checkCertificate} from './entry-fields.ts';
import {readHttpSettings} from './http-settings.ts';

/** A configured sink. */
export type NamedSink = {
	readonly name: string;
	/** Host, `host:port` or socket path, for the screen; never a secret. */
	readonly destination: string;
	readonly required: boolean;
	readonly include: readonly IncludableField[];
	readonly settings: SinkSettings;
	/** True when the machine policy declares it. */
	readonly byPolicy: boolean;
};

/** Reads the sinks of one file: the machine policy or the configuration. @returns the sinks, and every mistake in them. */
export function readSinks(
	entries: readonly SinkEntry[],
	document: ConfigDocument,
	environment: ConfigEnvironment,
	byPolicy: boolean,
): {readonly sinks: readonly NamedSink[]; readonly mistakes: readonly Mistake[]} {
	const mistakes: Mistake[] = [];
	const seen = new Set<string>();
	const sinks = entries.map((entry, index): NamedSink => {
		const report: ReportMistake = (key, text) => mistakes.push(document.mistake(['audit', 'sinks', index, key], text));
		const {name, required, include} = entry;
		if (seen.has(name.toLowerCase())) report('name', `there is another sink called ${name}`);
		seen.add(name.toLowerCase());
		const settings = entry.kind === 'syslog' ? readSyslog(entry, report) : readWebhook(entry, report, environment);
		return {name, destination: sinkDestination(settings), required, include, settings, byPolicy};
	});
	return {sinks, mistakes};
}

/**
 * Adds the configured sinks to those of the machine policy. A user cannot redefine a sink of the policy.
 * @returns all sinks, and the configured names that the policy already uses (`taken`).
 */
export function mergeSinks(
	policy: readonly NamedSink[],
	own: readonly NamedSink[],
): {readonly sinks: readonly NamedSink[]; readonly taken: readonly string[]} {
	const names = new Set(policy.map(({name}) => name.toLowerCase()));
	const taken = own.filter(({name}) => names.has(name.toLowerCase())).map(({name}) => name);
	return {sinks: [...policy, ...own.filter(({name}) => !taken.includes(name))], taken};
}

function sinkDestination(settings: SinkSettings): string {
	if (settings.kind === 'webhook') return URL.parse(settings.http.url)?.host ?? 'webhook';
	const {to} = settings;
	return 'path' in to ? to.path : `${to.host}:${to.port}`;
}

const toWords = 'to must be unix:/path, tcp://host:port or tls://host:port';

function readSyslog(entry: Extract<SinkEntry, {kind: 'syslog'}>, report: ReportMistake): SyslogSettings {
	const {to: text, facility, tls = {}} = entry;
	checkCertificate(tls, report);
	const to = parseSyslogDestination(text);
	if (to === undefined) report('to', toWords);
	else if (entry.tls !== undefined && to.over !== 'tls') report('tls', 'tls goes with tls:// alone');
	return {
		kind: 'syslog',
		to: to ?? {over: 'unix', path: '/dev/log'},
		facility: facilities[facility],
		tls,
	};
}

function parseSyslogDestination(text: string): SyslogSettings['to'] | undefined {
	const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
	if (path !== undefined) return {over: 'unix', path};
	const [, over, rest = ''] = /^(tcp|tls):\/\/(.+)$/.exec(text) ?? [];
	if (over !== 'tcp' && over !== 'tls') return undefined;
	// A private scheme, because the parser drops port 80 from an http URL.
	const url = URL.parse(`midwatch://${rest}`);
	if (url === null || url.hostname === '' || url.username !== '' || (url.pathname !== '' && url.pathname !== '/'))
		return undefined;
	const port = url.port === '' ? (over === 'tls' ? 6514 : 601) : Number(url.port);
	return {over, host: url.hostname.replace(/^\[|\]$/g, ''), port};
}

function readWebhook(
	entry: Extract<SinkEntry, {kind: 'webhook'}>,
	report: ReportMistake,
	environment: ConfigEnvironment,
): SinkSettings {
	const http = readHttpSettings(entry, report, environment);
	const {protocol, hostname} = URL.parse(http.url) ?? {};
	if (protocol === 'http:' && !isLoopback(hostname ?? ''))
		report('url', 'url must be https: records would leave this machine in the clear');
	return {kind: 'webhook', http};
}
