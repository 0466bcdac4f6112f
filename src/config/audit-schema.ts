import {z} from 'zod';
import {inclusions} from '../audit/outbound-record.ts';
import {serverKeys} from './http-schema.ts';
import {clientTls, flag, name, oneOf, strict, text} from './schema-parts.ts';

/* Where copies of the record go: the same words in the configuration and in the policy of a machine. */

/** https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1, those that programs of users log to. */
export const facilities = {
	user: 1,
	daemon: 3,
	auth: 4,
	authpriv: 10,
	local0: 16,
	local1: 17,
	local2: 18,
	local3: 19,
	local4: 20,
	local5: 21,
	local6: 22,
	local7: 23,
} as const;

const facilityNames = Object.keys(facilities) as [keyof typeof facilities, ...(keyof typeof facilities)[]];

const common = {
	name: name.describe('How the sink is called on the screen and in the record. Required, and unique.'),
	required: flag
		.default(false)
		.describe('`true`: nothing is done unless this sink took the intent first, but for a break-glass (see below).'),
	include: z
		.array(oneOf(inclusions), {error: `must be a list of ${inclusions.join(', ')}`})
		.default([])
		.describe(
			'What leaves beside ids, hashes and numbers: `objects` (names of keys, pods, groups), `text` (SQL, commands, sentences), `reason` (what a person typed).',
		),
};

const syslog = strict({
	kind: z.literal('syslog').describe('One of `syslog`, `webhook`.'),
	...common,
	to: text('must be unix:/path, tcp://host:port or tls://host:port').describe(
		'`unix:/dev/log`, `tcp://host:601` or `tls://host:6514`. Messages are those of RFC 5424; over TCP, TLS and a stream socket each has its length before it (RFC 6587 and 5425).',
	),
	facility: oneOf(facilityNames).default('auth').describe('The facility of syslog.'),
	tls: clientTls.describe('For tls://: whom to trust, and the certificate that midwatch shows.'),
});

const webhook = strict({
	kind: z.literal('webhook').describe('One of `syslog`, `webhook`.'),
	...common,
	...serverKeys,
	url: text('must be an https:// URL without a password, or ${env:NAME}').describe(
		'`https://host/path`; or `${env:NAME}` where the URL itself is a secret. It gets `{"records": […]}` by POST. http is for loopback alone.',
	),
});

export const sinkSchema = z.discriminatedUnion('kind', [syslog, webhook], {
	error: issue =>
		issue.code === 'invalid_union' ? 'must be one of syslog, webhook' : 'must be a list of `key: value`',
});

export const auditSchema = strict({
	sinks: z.array(sinkSchema, {error: 'must be a list of sinks'}).default([]).describe('Each with these keys:'),
});

export type AuditEntry = z.infer<typeof auditSchema>;
export type SinkEntry = AuditEntry['sinks'][number];
