/**
 * The exit codes of every command; each has one meaning. 64, 70 and 78 are EX_USAGE, EX_SOFTWARE and EX_CONFIG of sysexits.h.
 */
export const exitCodes = {ok: 0, problem: 1, unknown: 2, usage: 64, bug: 70, configuration: 78} as const;

/** The exit codes as `--help` and docs/commands.md list them. The last one is not ours: a signal ends the process. */
export const exitCodeTable: readonly {readonly code: string; readonly meaning: string}[] = [
	{code: '0', meaning: 'all is well: nothing is critical, every check passed, the log is sound, the record was found'},
	{
		code: '1',
		meaning:
			'a problem: something is critical, a permission is missing, the audit log is not known to be sound or cannot be written, there is no such record',
	},
	{code: '2', meaning: 'unknown: something could not be read, there is no usable terminal, or Node is too old'},
	{code: '64', meaning: 'the command line is wrong'},
	{code: '70', meaning: 'a bug in midwatch; the error is on stderr'},
	{
		code: '78',
		meaning:
			'there is no configuration, or it, the policy file or the environment cannot be used, or the state directory belongs to a newer midwatch',
	},
	{code: '128+n', meaning: 'ended by signal n'},
];
