import type {Command} from './arguments.ts';

const write = (text: string): void => {
	process.stdout.write(text);
};

/** The commands that need no screen. @returns the exit code. */
export async function runHeadless(command: Exclude<Command, {name: 'console' | 'help' | 'version'}>): Promise<number> {
	// A reader that has seen enough, as in `midwatch keys --markdown | head`, is no fault.
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
			return (await import('./audit-show.ts')).runAuditShow(command.record, write);
		case 'doctor': {
			const [{runDoctor}, {requireTargets: needTargets, loadRunConfig: openEstate}] = await Promise.all([
				import('./doctor.ts'),
				import('../run-config.ts'),
			]);
			const {options, grants} = command;
			if (grants) {
				const {runGrants} = await import('./doctor-grants.ts');
				return runGrants(needTargets(await openEstate(options)), {readOnly: options.readOnly, write});
			}
			return runDoctor(needTargets(await openEstate(options)), {options, write});
		}
		case 'snapshot': {
			const [{runSnapshot}, {requireTargets: needTargets, loadRunConfig: openEstate}] = await Promise.all([
				import('./snapshot.ts'),
				import('../run-config.ts'),
			]);
			const {options, pane} = command;
			return runSnapshot(needTargets(await openEstate(options)), {pane, readOnly: options.readOnly, write});
		}
	}
}
