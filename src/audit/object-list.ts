import {basename} from 'node:path';
import {type ObjectList, sha256} from './audit-record.ts';

/** A record has up to this many objects; more are in a file beside the log. */
export const maxListedObjects = 200;

/** Objects in the record when the list is in a file. */
const listedWithFile = 10;

/** A JSON array, one object on each line: names from outside may contain line feeds. */
const textOf = (objects: readonly string[]): string => `${JSON.stringify(objects, undefined, '\t')}\n`;

/**
 * The list as it is recorded. `saveFile` writes a file beside the log and resolves with its path.
 * @throws the error of `saveFile`; then nothing may be sent
 */
export async function createObjectList(
	objects: readonly string[],
	saveFile: (name: string, text: string) => Promise<string>,
): Promise<ObjectList> {
	if (objects.length <= maxListedObjects) return {touches: objects};
	const text = textOf(objects);
	const file = basename(await saveFile('objects.json', text));
	return {touches: objects.slice(0, listedWithFile), all: {count: objects.length, sha256: sha256(text), file}};
}
