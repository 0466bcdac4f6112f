import {ConfigError} from '../src/config/config-error.ts';
import {checkDirectories, EnvironmentError} from '../src/files/base-directories.ts';
import {readArguments, UsageError} from './cli/arguments.ts';
import {usage} from './cli/usage.ts';
import {version} from './version.ts';

/** Only what the command needs is loaded: the console must draw its first frame soon, and `--version` must not load a database client. */
async function run(): Promise<number> {
	const command = readArguments(process.argv.slice(2));
	if (command.name === 'help' || command.name === 'version') {
		process.stdout.write(command.name === 'help' ? usage : `${version}\n`);
		return 0;
	}
	// The reference of keys is about no user.
	if (command.name !== 'keys') checkDirectories(process.env);
	if (command.name === 'console') return (await import('./console.ts')).runConsole(command.options);
	return (await import('./cli/cli.ts')).runHeadless(command);
}

try {
	process.exitCode = await run();
} catch (error) {
	if (error instanceof UsageError) {
		const stop = error.message.endsWith('?') ? '' : '.';
		process.stderr.write(`midwatch: ${error.message}${stop} See midwatch --help.\n`);
	} else if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
	else if (error instanceof EnvironmentError) process.stderr.write(`midwatch: ${error.message}\n`);
	else {
		// 1 means that something is critical, which is what Node itself would end with.
		const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
		process.stderr.write(`midwatch stopped by a fault of its own:\n${said}\n`);
	}
	process.exitCode = 2;
}
