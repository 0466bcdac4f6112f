import {randomUUID} from 'node:crypto';
import {rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {AdapterError, messageOf} from '../../errors.ts';
import {makeDirectory} from '../../files/make-directory.ts';
import {ConfigError} from '../config-error.ts';
import {readSafeFile} from '../safe-file.ts';

/*
 * The programs that this user has approved, in a file of the state directory: approved-programs.json, mode 0600. To withdraw an approval,
 * take its entry out, or delete the file.
 */

/** `digest` is of the arguments, the environment and the server: none of them is written down. */
const entrySchema = z.object({program: z.string(), digest: z.string(), askedBy: z.string(), at: z.string()});
const fileSchema = z.object({version: z.literal(1), programs: z.array(entrySchema)});

export type ApprovedProgram = z.infer<typeof entrySchema>;

/** Of more than these the oldest are dropped. */
const most = 1000;

const fileIn = (stateDir: string): string => join(stateDir, 'approved-programs.json');

/** @throws AdapterError `denied` when the file cannot be read, trusted or understood: then nothing is approved. */
export async function readApprovedPrograms(stateDir: string): Promise<readonly ApprovedProgram[]> {
	const file = fileIn(stateDir);
	const denied = (what: string, cause: unknown) =>
		new AdapterError('denied', what, `Mend ${file}, or delete it: then what it approved is asked again.`, {cause});
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
 * Adds one. Of two consoles that do so at the same moment one may win: what the other approved is asked again.
 * @throws AdapterError `denied` when it cannot be written.
 */
export async function addApprovedProgram(stateDir: string, program: ApprovedProgram): Promise<void> {
	const before = await readApprovedPrograms(stateDir);
	const file = fileIn(stateDir);
	const draft = `${file}.${randomUUID()}`;
	try {
		makeDirectory(stateDir);
		const programs = [...before, program].slice(-most);
		await writeFile(draft, `${JSON.stringify({version: 1, programs}, undefined, '\t')}\n`, {mode: 0o600, flag: 'wx'});
		await rename(draft, file);
	} catch (error) {
		await rm(draft, {force: true}).catch(() => {});
		const hint = `Make ${stateDir} yours and writable, or set XDG_STATE_HOME.`;
		throw new AdapterError('denied', `the approval cannot be saved: ${messageOf(error)}`, hint, {cause: error});
	}
}
