import {AdapterError, isAdapterError} from '../../src/errors.ts';
import type {ConnectedTarget, Watch} from '../../src/watch/watch.ts';

/**
 * The connection of a target that the settings of another one name.
 * @throws AdapterError `unsupported` when it is not watched: `--target` leaves out those that it does not name.
 */
export async function connectLinkedTarget(connection: Watch['connection'], name: string): Promise<ConnectedTarget> {
	try {
		return await connection(name);
	} catch (error) {
		if (isAdapterError(error)) throw error;
		const hint = `Name it too: --target ${name}. The configuration leads through it.`;
		throw new AdapterError('unsupported', `target ${name} is left out`, hint, {cause: error});
	}
}
