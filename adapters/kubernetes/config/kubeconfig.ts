import {delimiter, dirname, isAbsolute, join, resolve} from 'node:path';
import {parse, YAMLParseError} from 'yaml';
import * as z from 'zod';
import {AdapterError} from '../../../src/errors.ts';
import {readCredentialFile} from './credential-file.ts';

/*
 * Reads the parts of kubeconfig files that midwatch needs and merges them as kubectl does: of two entries with the same name, the first counts.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */

const text = z.string();
/** An optional text. Some generators write an empty key instead of none. */
const maybe = text
	.nullish()
	.transform(value => (value === null || value === '' ? undefined : value))
	.optional();
const flag = z.boolean().nullish();

const clusterSchema = z.object({
	server: text,
	'certificate-authority': maybe,
	'certificate-authority-data': maybe,
	'insecure-skip-tls-verify': flag,
	'tls-server-name': maybe,
	'proxy-url': maybe,
	extensions: z.array(z.object({name: text, extension: z.unknown()})).nullish(),
});

const execSchema = z.object({
	apiVersion: maybe,
	command: text,
	args: z.array(text).nullish(),
	env: z.array(z.object({name: text, value: text})).nullish(),
	interactiveMode: z.enum(['Never', 'IfAvailable', 'Always']).nullish(),
	provideClusterInfo: flag,
	installHint: maybe,
});

const userSchema = z.object({
	'client-certificate': maybe,
	'client-certificate-data': maybe,
	'client-key': maybe,
	'client-key-data': maybe,
	token: maybe,
	tokenFile: maybe,
	username: maybe,
	password: maybe,
	as: maybe,
	'as-uid': maybe,
	'as-groups': z.array(text).nullish(),
	'as-user-extra': z.record(text, z.array(text)).nullish(),
	exec: execSchema.nullish(),
	'auth-provider': z.object({name: text}).nullish(),
});

const contextSchema = z.object({cluster: text, user: maybe, namespace: maybe});

const named = <S extends z.ZodType>(key: string, schema: S) =>
	z
		.array(z.object({name: text, [key]: schema}))
		.nullish()
		.transform(list => list ?? []);

const fileSchema = z.object({
	'current-context': maybe,
	clusters: named('cluster', z.unknown()),
	users: named('user', z.unknown()),
	contexts: named('context', z.unknown()),
});

/** An entry and its file. Relative paths start from the folder of the file. */
export type KubeconfigEntry<T> = {readonly value: T; readonly file: string};

export type KubeCluster = z.infer<typeof clusterSchema>;
export type KubeUser = z.infer<typeof userSchema>;
export type KubeContext = z.infer<typeof contextSchema>;

/** The merged files. An entry is validated on access, so that a mistake in one context does not hide the others. */
export type Kubeconfig = {
	/** The files that exist. */
	readonly files: readonly string[];
	readonly currentContext: string | undefined;
	readonly contexts: readonly string[];
	context(name: string): KubeconfigEntry<KubeContext> | undefined;
	cluster(name: string): KubeconfigEntry<KubeCluster> | undefined;
	user(name: string): KubeconfigEntry<KubeUser> | undefined;
};

/**
 * Returns the paths of `KUBECONFIG`, or the file in the home directory. A file of KUBECONFIG may be missing or listed twice. A relative path
 * starts from the current directory, as in kubectl: the user wrote it. The programs of such a file need approval like any others.
 */
export function kubeconfigFiles(env: Readonly<Record<string, string | undefined>>, home: string): readonly string[] {
	const variable = env['KUBECONFIG'];
	if (variable === undefined || variable === '') return [join(home, '.kube', 'config')];
	return [...new Set(variable.split(delimiter).filter(Boolean))].map(file => resolve(file));
}

/** Resolves a path in a kubeconfig. A relative path starts from the folder of its file. */
export const resolveFromFile = (path: string, file: string): string =>
	isAbsolute(path) ? path : resolve(dirname(file), path);

const unusable = (file: string, what: string, cause?: unknown): AdapterError =>
	new AdapterError('denied', `${file}: ${what}`, 'Fix the kubeconfig, or name another one: kubectl config view', {
		cause,
	});

/** Describes the first issue without values: a kubeconfig holds secrets. */
const firstIssue = (error: z.ZodError): string => {
	const [issue] = error.issues;
	return `${issue?.path.join('.') ?? ''} is not what it has to be`;
};

function yamlProblem(error: unknown): string {
	if (error instanceof ReferenceError)
		return 'it holds an alias (*name) without its anchor (&name), or too many of them';
	const isDeep = error instanceof YAMLParseError && error.code === 'RESOURCE_EXHAUSTION';
	return isDeep ? 'it is nested too deep' : 'it is not YAML';
}

function parseOne(file: string, body: string): z.infer<typeof fileSchema> {
	let value: unknown;
	try {
		value = parse(body, {logLevel: 'error'});
	} catch (error) {
		// The message of the parser repeats the line, which may hold a secret.
		throw unusable(file, yamlProblem(error));
	}
	const parsed = fileSchema.safeParse(value ?? {});
	if (!parsed.success) throw unusable(file, `it is not a kubeconfig: ${firstIssue(parsed.error)}`);
	return parsed.data;
}

/**
 * Reads and merges the files.
 * @throws AdapterError `denied` when a file cannot be read, others can write it, it is not a kubeconfig, or no file exists.
 */
export async function readKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
	const contexts = new Map<string, KubeconfigEntry<unknown>>();
	const clusters = new Map<string, KubeconfigEntry<unknown>>();
	const users = new Map<string, KubeconfigEntry<unknown>>();
	const there: string[] = [];
	let currentContext: string | undefined;

	for (const file of files) {
		const body = await readCredentialFile(file);
		if (body === undefined) continue;
		there.push(file);
		const parsed = parseOne(file, body);
		currentContext ??= parsed['current-context'];
		for (const [kind, into] of [
			['context', contexts],
			['cluster', clusters],
			['user', users],
		] as const) {
			for (const entry of parsed[`${kind}s`]) {
				const {name, [kind]: value} = entry as {readonly name: string} & Readonly<Record<string, unknown>>;
				if (!into.has(name)) into.set(name, {value, file});
			}
		}
	}
	if (there.length === 0) throw unusable(files.join(', '), 'there is no such file');

	function entryOf<T>(
		kind: string,
		from: ReadonlyMap<string, KubeconfigEntry<unknown>>,
		schema: z.ZodType<T>,
		name: string,
	) {
		const entry = from.get(name);
		if (entry === undefined) return undefined;
		const checked = schema.safeParse(entry.value ?? {});
		if (!checked.success) throw unusable(entry.file, `${kind} ${name}: ${firstIssue(checked.error)}`);
		return {value: checked.data, file: entry.file};
	}

	return {
		files: there,
		currentContext,
		contexts: [...contexts.keys()],
		context: name => entryOf('context', contexts, contextSchema, name),
		cluster: name => entryOf('cluster', clusters, clusterSchema, name),
		user: name => entryOf('user', users, userSchema, name),
	};
}
