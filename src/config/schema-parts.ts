import * as z from 'zod';

/*
 * Schema parts that the systems share in the configuration file. Every message completes a sentence that starts with the name of the key.
 * The description of a key is its line in docs/config.md.
 */

/**
 * Returns a mapping without unknown keys. The message of `unrecognized_keys` is the comma-separated list of allowed keys, because zod reports
 * only the name of the unknown one.
 */
export const strictSchema = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
	z.strictObject(shape, {
		error: issue =>
			issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'must be a list of `key: value`',
	});

export const textSchema = (must: string) => z.string({error: must}).min(1, {error: must});
export const integerSchema = (min: number, max: number) => {
	const must = `must be an integer from ${min} to ${max}`;
	return z.int({error: must}).min(min, {error: must}).max(max, {error: must});
};
export const booleanSchema = z.boolean({error: 'must be true or false'});
export const enumSchema = <const Words extends readonly [string, ...string[]]>(words: Words) =>
	z.enum(words, {error: `must be one of ${words.join(', ')}`});

export const pemFileSchema = textSchema('must be the absolute path of a PEM file').refine(
	path => path.startsWith('/'),
	{
		error: 'must be the absolute path of a PEM file',
	},
);
const mustBePrograms = 'must be a list of absolute paths of programs';
export const programListSchema = z.array(
	textSchema(mustBePrograms).refine(path => path.startsWith('/'), {error: mustBePrograms}),
	{error: mustBePrograms},
);
export const hostSchema = textSchema('must be a host name or an address');
export const portSchema = integerSchema(1, 65_535);

export const namespaceSchema = z
	.string({error: 'must be the name of a namespace'})
	.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {error: 'must be the name of a namespace'});

export const nameSchema = z
	.string({error: 'must be a name of letters, digits, dots and dashes'})
	.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {error: 'must be a name of letters, digits, dots and dashes, 63 at most'})
	.describe('The name of the target on the screen, in the audit log and in confirmations. Required and unique.');
export const productionSchema = booleanSchema
	.default(true)
	.describe('Only `false` allows actions without arming the target first.');

export const secretReferenceMessage = 'must be a reference to a secret';
export const passwordSchema = textSchema(secretReferenceMessage).describe(
	'A reference: `${env:NAME}`, `${file:/path}` or `${exec:[command, argument]}`. Never the password itself.',
);

/** Accepts one value or a list. The result is a list. */
export const oneOrManySchema = <S extends z.ZodType>(member: S, must: string) =>
	z.preprocess(
		value => (typeof value === 'string' ? [value] : value),
		z.array(member, {error: must}).min(1, {error: must}),
	);

export const pemFileKeys = {
	ca: pemFileSchema
		.optional()
		.describe('The authorities (CAs) to trust; when absent those that Node.js carries, and NODE_EXTRA_CA_CERTS.'),
	cert: pemFileSchema
		.optional()
		.describe('The client certificate of midwatch. Only you and root may be able to write it, and `ca`.'),
	key: pemFileSchema
		.optional()
		.describe('The key of that certificate. Only you and root may be able to read it: mode 600.'),
};

/** TLS settings of a client: `true`, or their keys. */
export const clientTlsSchema = z.preprocess(
	value => (value === true ? {} : value === false ? undefined : value),
	strictSchema({
		...pemFileKeys,
		servername: hostSchema.optional().describe('The name in the server’s certificate, when it is not `host`.'),
	}).optional(),
);
