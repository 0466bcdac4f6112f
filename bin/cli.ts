import {type Command, UsageError} from './arguments.ts';

/** The commands that need no screen. @returns the exit code. */
export async function runHeadless(command: Exclude<Command, {name: 'console' | 'help' | 'version'}>): Promise<number> {
	throw new UsageError(`${command.name} is not part of this build`);
}
