import {openDebugLog} from '../debug-log.ts';
import type {Command} from './arguments.ts';

const write = (text: string): void => {
	process.stdout.write(text);
};

/** Runs a command that needs no screen. @returns the exit code. */
export async function runHeadless(command: Exclude<Command, {name: 'console' | 'help' | 'version'}>): Promise<number> {
	// A reader that closes its end early, as in `midwatch keys --markdown | head`, is no error.
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code !== 'EPIPE') throw error;
	});
	switch (command.name) {
		case 'keys': {
			const [{keysReference}, {systems}, {panes}] = await Promise.all([
				import('./reference-docs.ts'),
				import('../systems.ts'),
				import('../panes.ts'),
			]);
			write(keysReference(systems, panes));
			return 0;
		}
		case 'audit-verify':
			return (await import('./audit-verify.ts')).runAuditVerify(command, write);
		case 'audit-show':
			return (await import('./audit-show.ts')).runAuditShow(command, write);
		case 'doctor': {
			const {options, grants, json} = command;
			const {loadRunConfig, requireTargets} = await import('../run-config.ts');
			const config = await requireTargets(await loadRunConfig(options));
			if (grants) return (await import('./doctor-grants.ts')).runGrants(config, {readOnly: options.readOnly, write});
			return (await import('./doctor.ts')).runDoctor(config, {options, json, log: openDebugLog(options.log), write});
		}
		case 'snapshot': {
			const {options, pane} = command;
			const {loadRunConfig, requireTargets} = await import('../run-config.ts');
			const config = await requireTargets(await loadRunConfig(options));
			return (await import('./snapshot.ts')).runSnapshot(config, {
				pane,
				readOnly: options.readOnly,
				log: openDebugLog(options.log),
				write,
			});
		}
	}
}
