import {ConfigError} from '../src/config/config-error.ts';
import {checkDirectories, EnvironmentError} from '../src/files/base-directories.ts';
import {stateDir} from '../src/state/layout.ts';
import {checkLayoutVersion, LayoutVersionError} from '../src/state/layout-version.ts';
import {readArguments, UsageError} from './cli/arguments.ts';
import {exitCodes} from './cli/exit-codes.ts';
import {version} from './version.ts';

/** Runs the command of the command line. Each command loads only its own modules: the first frame must come soon, and `--version` must not load a database client. */
async function run(): Promise<number> {
	const command = readArguments(process.argv.slice(2));
	if (command.name === 'version') {
		process.stdout.write(`${version}\n`);
		return exitCodes.ok;
	}
	if (command.name === 'help') {
		const [{usageText}, {systems}] = await Promise.all([import('./cli/usage.ts'), import('./systems.ts')]);
		process.stdout.write(await usageText(systems));
		return exitCodes.ok;
	}
	// `keys` reads no directory of the user.
	if (command.name !== 'keys') {
		checkDirectories(process.env);
		checkStateDirectory();
	}
	if (command.name === 'console') return (await import('./console.ts')).runConsole(command.options);
	return (await import('./cli/cli.ts')).runHeadless(command);
}

/** @throws LayoutVersionError when the state directory belongs to a newer version. */
function checkStateDirectory(): void {
	let path: string;
	try {
		path = stateDir(process.env);
	} catch (error) {
		// What needs the directory says that it is not defined.
		if (error instanceof EnvironmentError) return;
		throw error;
	}
	checkLayoutVersion(path);
}

/** Prints the error. @returns the exit code. */
function report(error: unknown): number {
	if (error instanceof UsageError) {
		const fullStop = error.message.endsWith('?') ? '' : '.';
		process.stderr.write(`midwatch: ${error.message}${fullStop} See midwatch --help.\n`);
		return error.exitCode;
	}
	if (error instanceof ConfigError) {
		process.stderr.write(`${error.message}\n`);
		return exitCodes.configuration;
	}
	if (error instanceof EnvironmentError || error instanceof LayoutVersionError) {
		process.stderr.write(`midwatch: ${error.message}\n`);
		return exitCodes.configuration;
	}
	const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
	process.stderr.write(`midwatch stopped because of a bug in midwatch:\n${trace}\n`);
	return exitCodes.bug;
}

try {
	process.exitCode = await run();
} catch (error) {
	process.exitCode = report(error);
}
