import {AdapterError, isAdapterError} from '../src/errors.ts';
import type {ConnectedTarget, Watch} from '../src/watch/watch.ts';

/**
 * Connects to a target that the settings of another target name.
 * @throws AdapterError `unsupported` when that target is not watched, for example because `--target` excludes it.
 */
export async function connectLinkedTarget(connection: Watch['connection'], name: string): Promise<ConnectedTarget> {
	try {
		return await connection(name);
	} catch (error) {
		if (isAdapterError(error)) throw error;
		const hint = `Add --target ${name}: the configuration leads through it.`;
		throw new AdapterError('unsupported', `target ${name} is left out`, hint, {cause: error});
	}
}
