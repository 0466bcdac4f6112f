import {z} from 'zod';
import {clientTls, flag, password, secretText, strict, text} from './schema-parts.ts';

const headerText = text('must be text, or a reference to a secret');
const header = z.union([headerText, strict({value: headerText, secret: flag})], {
	error: 'must be text, a reference to a secret, or {value: …, secret: true or false}',
});

/** How a server that speaks HTTP is reached directly. */
export const serverKeys = {
	url: text('must be an http:// or https:// URL without a password, or ${env:NAME}')
		.optional()
		.describe(
			'`https://host:port/prefix`, without a password; or `${env:NAME}`, whose URL may hold one. With `via` only its path counts.',
		),
	username: text('must be the name of a user').optional().describe('The user of a basic login.'),
	password: password.optional(),
	bearer: text(secretText)
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
	tls: clientTls.describe('For https: whom to trust, and the certificate that midwatch shows.'),
};

export type HeaderEntry = z.infer<typeof header>;
