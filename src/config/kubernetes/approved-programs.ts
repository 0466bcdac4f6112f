import {randomUUID} from 'node:crypto';
import {rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {AdapterError, messageOf} from '../../errors.ts';
import {makeDirectory} from '../../files/make-directory.ts';
import {ConfigError} from '../config-error.ts';
import {readSafeFile} from '../safe-file.ts';

/*
 * Stores the programs that this user has approved in approved-programs.json of the state directory, mode 0600. To withdraw an approval,
 * delete its entry, or the file.
 */

/** `digest` is the hash of arguments, environment and server, which are not stored. */
const entrySchema = z.object({program: z.string(), digest: z.string(), requestedBy: z.string(), at: z.string()});
const fileSchema = z.object({version: z.literal(1), programs: z.array(entrySchema)});

export type ApprovedProgram = z.infer<typeof entrySchema>;

/** The oldest entries above this number are dropped. */
const maxPrograms = 1000;

const fileIn = (stateDir: string): string => join(stateDir, 'approved-programs.json');

/** Reads the approved programs. @throws AdapterError `denied` when the file cannot be read, trusted or parsed: then nothing is approved. */
export async function readApprovedPrograms(stateDir: string): Promise<readonly ApprovedProgram[]> {
	const file = fileIn(stateDir);
	const denied = (what: string, cause: unknown) =>
		new AdapterError('denied', what, `Fix ${file}, or delete it and approve the programs again.`, {cause});
	let text: string | undefined;
	try {
		text = await readSafeFile(file, {kind: 'secret'});
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		throw denied(messageOf(error), error);
	}
	if (text === undefined) return [];
	try {
		return fileSchema.parse(JSON.parse(text)).programs;
	} catch (error) {
		throw denied(`${file} is not a list of approved programs`, error);
	}
}

/**
 * Adds an approval. When two consoles write at the same moment, one approval may be lost; the user is then prompted for it again.
 * @throws AdapterError `denied` when it cannot be written.
 */
export async function addApprovedProgram(stateDir: string, program: ApprovedProgram): Promise<void> {
	const before = await readApprovedPrograms(stateDir);
	const file = fileIn(stateDir);
	const draft = `${file}.${randomUUID()}`;
	try {
		makeDirectory(stateDir);
		const programs = [...before, program].slice(-maxPrograms);
		await writeFile(draft, `${JSON.stringify({version: 1, programs}, undefined, '\t')}\n`, {mode: 0o600, flag: 'wx'});
		await rename(draft, file);
	} catch (error) {
		await rm(draft, {force: true}).catch(() => {});
		const hint = `Make ${stateDir} yours and writable, or set XDG_STATE_HOME.`;
		throw new AdapterError('denied', `the approval cannot be saved: ${messageOf(error)}`, hint, {cause: error});
	}
}
