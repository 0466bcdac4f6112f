import {basename} from 'node:path';
import {type ObjectList, sha256} from './audit-record.ts';

/** A record lists at most so many objects itself; the list of more is a file beside the log. */
export const maxListedObjects = 200;

/** The first lines of a list that is too long for a record. */
const firstLines = 10;

/** A JSON array with one object on each line: names from outside may hold line ends. */
const textOf = (objects: readonly string[]): string => `${JSON.stringify(objects, undefined, '\t')}\n`;

/**
 * The list as a record holds it. `keep` writes a file beside the log and resolves with its path.
 * @throws whatever `keep` throws; then nothing may be done.
 */
export async function createObjectList(
	objects: readonly string[],
	keep: (name: string, text: string) => Promise<string>,
): Promise<ObjectList> {
	if (objects.length <= maxListedObjects) return {touches: objects};
	const text = textOf(objects);
	const file = basename(await keep('objects.json', text));
	return {touches: objects.slice(0, firstLines), all: {count: objects.length, sha256: sha256(text), file}};
}
