import {z} from 'zod';

/*
 * What the kinds of targets have in common in the configuration file. Every message completes a sentence that begins with the name of the
 * key; the description of a key is its line in docs/config.md.
 */

/** What zod knows of an unknown key is only its name: the message of `unrecognized_keys` carries the keys that are allowed, comma separated. */
export const strictSchema = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
	z.strictObject(shape, {
		error: issue =>
			issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'must be a list of `key: value`',
	});

export const textSchema = (must: string) => z.string({error: must}).min(1, {error: must});
export const integerSchema = (least: number, most: number) => {
	const must = `must be a whole number from ${least} to ${most}`;
	return z.int({error: must}).min(least, {error: must}).max(most, {error: must});
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

export const nameSchema = z
	.string({error: 'must be a name of letters, digits, dots and dashes'})
	.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {error: 'must be a name of letters, digits, dots and dashes, 63 at most'})
	.describe(
		'How the target is called on the screen, in the audit, and when you confirm an action. Required, and unique.',
	);
export const productionSchema = booleanSchema
	.default(true)
	.describe('Only `false` lets actions be done without arming the target first. Nothing else does.');

export const secretReferenceMessage = 'must be a reference to a secret';
export const passwordSchema = textSchema(secretReferenceMessage).describe(
	'A reference: `${env:NAME}`, `${file:/path}` or `${exec:[command, argument]}`. Never the password itself.',
);

/** One, or a list of them. */
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
		.describe('The certificate that midwatch shows. Only you and root may be able to write it, and `ca`.'),
	key: pemFileSchema
		.optional()
		.describe('The key of that certificate. Only you and root may be able to read it: mode 600.'),
};

/** The TLS of a client: `true`, or its keys. */
export const clientTlsSchema = z.preprocess(
	value => (value === true ? {} : value === false ? undefined : value),
	strictSchema({
		...pemFileKeys,
		servername: hostSchema.optional().describe('The name in the server’s certificate, when it is not `host`.'),
	}).optional(),
);
