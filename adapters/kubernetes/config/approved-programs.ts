import * as z from 'zod';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import {FileError} from '../../../src/files/checked-file.ts';
import {createStateDocument, type StateDocument} from '../../../src/state/state-document.ts';

/*
 * Stores the programs that this user has approved in approved-programs.json of the state directory, mode 0600. To withdraw an approval,
 * delete its entry, or the file.
 */

/** `digest` is the hash of arguments, environment and server, which are not stored. */
const entrySchema = z.object({program: z.string(), digest: z.string(), requestedBy: z.string(), at: z.string()});
const fileSchema = z.object({version: z.literal(1), programs: z.array(entrySchema).readonly()});

type ApprovedPrograms = z.infer<typeof fileSchema>;
export type ApprovedProgram = z.infer<typeof entrySchema>;

/** The oldest entries above this number are dropped. */
const maxPrograms = 1000;

const openDocument = (stateDir: string, report: (text: string) => void): StateDocument<ApprovedPrograms> =>
	createStateDocument(stateDir, 'approvedPrograms', {schema: fileSchema, initial: {version: 1, programs: []}, report});

/**
 * Reads the approved programs.
 * @throws AdapterError `denied` when the file cannot be read or trusted, and once when it was broken: then nothing is approved.
 */
export async function readApprovedPrograms(stateDir: string): Promise<readonly ApprovedProgram[]> {
	let problem: string | undefined;
	const document = openDocument(stateDir, text => {
		problem = text;
	});
	try {
		const {programs} = await document.read();
		if (problem !== undefined) throw new AdapterError('denied', problem, 'Approve the programs again.');
		return programs;
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		const hint = `Fix ${error.file}, or delete it and approve the programs again.`;
		throw new AdapterError('denied', error.message, hint, {cause: error});
	}
}

/** Adds an approval. @throws AdapterError `denied` when it cannot be written. */
export async function addApprovedProgram(stateDir: string, program: ApprovedProgram): Promise<void> {
	try {
		// Approving again answers what was lost with a broken file.
		await openDocument(stateDir, () => {}).update(({programs}) => ({
			version: 1,
			programs: [...programs, program].slice(-maxPrograms),
		}));
	} catch (error) {
		const hint = `Make ${stateDir} yours and writable, or set XDG_STATE_HOME.`;
		throw new AdapterError('denied', `the approval cannot be saved: ${messageOf(error)}`, hint, {cause: error});
	}
}
