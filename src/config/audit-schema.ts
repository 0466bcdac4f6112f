import * as z from 'zod';
import {includableFields} from '../audit/outbound-record.ts';
import {serverKeys} from './http-schema.ts';
import {booleanSchema, clientTlsSchema, enumSchema, nameSchema, strictSchema, textSchema} from './schema-parts.ts';

/* The schema of `audit`: sinks for copies of audit records. The configuration and the machine policy share it. */

/** The syslog facilities that user programs log to: https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1 */
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
	name: nameSchema.describe('The name of the sink on the screen and in the record. Required and unique.'),
	required: booleanSchema
		.default(false)
		.describe(
			'`true`: no action runs unless this sink has accepted its intent, except after a break-glass (see below).',
		),
	include: z
		.array(enumSchema(includableFields), {error: `must be a list of ${includableFields.join(', ')}`})
		.default([])
		.describe(
			'What is sent in addition to ids, hashes and numbers: `objects` (names of keys, pods, groups), `text` (SQL, commands, sentences), `reason` (what a person typed).',
		),
};

const syslog = strictSchema({
	kind: z.literal('syslog').describe('One of `syslog`, `webhook`.'),
	...common,
	to: textSchema('must be unix:/path, tcp://host:port or tls://host:port').describe(
		'`unix:/dev/log`, `tcp://host:601` or `tls://host:6514`. Messages are those of RFC 5424; over TCP, TLS and a stream socket each has its length before it (RFC 6587 and 5425).',
	),
	facility: enumSchema(facilityNames).default('auth').describe('The facility of syslog.'),
	tls: clientTlsSchema.describe('For tls://: the CAs to trust, and the client certificate of midwatch.'),
});

const webhook = strictSchema({
	kind: z.literal('webhook').describe('One of `syslog`, `webhook`.'),
	...common,
	...serverKeys,
	url: textSchema('must be an https:// URL without a password, or ${env:NAME}').describe(
		'`https://host/path`; or `${env:NAME}` where the URL itself is a secret. It gets `{"records": […]}` by POST. http is for loopback alone.',
	),
});

export const sinkSchema = z.discriminatedUnion('kind', [syslog, webhook], {
	error: issue =>
		issue.code === 'invalid_union' ? 'must be one of syslog, webhook' : 'must be a list of `key: value`',
});

export const auditSchema = strictSchema({
	sinks: z.array(sinkSchema, {error: 'must be a list of sinks'}).default([]).describe('Each with these keys:'),
});

export type AuditSection = z.infer<typeof auditSchema>;
export type SinkEntry = AuditSection['sinks'][number];
