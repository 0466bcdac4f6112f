import * as z from 'zod';
import {
	booleanSchema,
	clientTlsSchema,
	passwordSchema,
	secretReferenceMessage,
	strictSchema,
	textSchema,
} from './schema-parts.ts';

const headerText = textSchema('must be text, or a reference to a secret');
const header = z.union([headerText, strictSchema({value: headerText, secret: booleanSchema})], {
	error: 'must be text, a reference to a secret, or {value: …, secret: true or false}',
});

/** The keys of a direct connection to an HTTP server. */
export const serverKeys = {
	url: textSchema('must be an http:// or https:// URL without a password, or ${env:NAME}')
		.optional()
		.describe(
			'`https://host:port/prefix`, without a password; or `${env:NAME}`, whose URL may hold one. With `via` only its path counts.',
		),
	username: textSchema('must be the name of a user').optional().describe('The user of a basic login.'),
	password: passwordSchema.optional(),
	bearer: textSchema(secretReferenceMessage)
		.optional()
		.describe(
			'The token of a bearer login: a reference, read again for each connection. Instead of `username` and `password`.',
		),
	headers: z
		.record(z.string(), header, {error: 'must be a list of `name: value`'})
		.default({})
		.describe(
			'Further headers of each request, such as `X-Scope-OrgID`. A secret value has to be a reference: a plain value is refused when the name or the value looks like a credential. `X-Team: {value: …, secret: true}` marks any header as secret, `secret: false` as no secret.',
		),
	tls: clientTlsSchema.describe('For https: the CAs to trust, and the client certificate of midwatch.'),
};

/** An entry with these keys. */
export type ServerEntry = {readonly name: string} & z.output<z.ZodObject<typeof serverKeys>>;

export type HeaderEntry = z.infer<typeof header>;
