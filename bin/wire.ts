import type {Options} from './arguments.ts';
import {UsageError} from './arguments.ts';

/**
 * Opens the console and stays until it is left.
 * @returns the exit code.
 */
export async function runConsole(_options: Options): Promise<number> {
	throw new UsageError('the console is not part of this build; snapshot and doctor are');
}
