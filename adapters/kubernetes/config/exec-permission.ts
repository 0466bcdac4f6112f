import {createHash} from 'node:crypto';
import {realpath} from 'node:fs/promises';
import {ConfigError} from '../../../src/config/config-error.ts';
import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import type {LoginProgramRules} from '../../../src/contract/target-config.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import {checkProgram} from '../../../src/files/program-safety.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {addApprovedProgram, readApprovedPrograms} from './approved-programs.ts';

/** The rules outside the kubeconfig that decide whether one of its programs may run. */
export type ExecRules = LoginProgramRules & {
	/** The state directory: it holds the approvals of this user. */
	readonly stateDir: string;
	/** `kubernetes.allowExec` of the configuration: absolute paths that need no approval. */
	readonly allowed: readonly string[];
};

/** A program that a kubeconfig wants to run. */
export type ExecRequest = {
	/** Its absolute path, or a bare name that is not in PATH. */
	readonly program: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	/** The server that receives the credential it prints. */
	readonly server: string;
	/** The path of the kubeconfig. */
	readonly requestedBy: string;
	readonly installHint: string | undefined;
	/** Why the user's kuberc forbids it; undefined when it does not. */
	readonly forbidden: string | undefined;
};

export type ExecPermission = {
	/**
	 * Checks the permission before each run. @throws AdapterError `denied` when the program does not exist, kuberc or policy forbid it, another
	 * user can write it, or the user has not approved it yet.
	 */
	permit(): Promise<void>;
	/** Returns what the user has to approve; undefined when no approval is missing. @throws AdapterError `denied` when approval would not help. */
	approval(): Promise<ProgramApproval | undefined>;
};

/** Returns the hash that binds an approval to arguments, environment and server. It is a hash because the arguments may hold a token. */
const digestOf = ({args, env, server}: ExecRequest): string =>
	createHash('sha256')
		.update(JSON.stringify([args, Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1)), server]))
		.digest('hex');

const denied = (message: string, hint: string, cause?: unknown) => new AdapterError('denied', message, hint, {cause});

/** Whether the list has the program by its path, or by a link to the same file. */
async function isListed(program: string, file: string, list: readonly string[]): Promise<boolean> {
	if (list.includes(program)) return true;
	const files = await Promise.all(list.map(path => realpath(path).catch(() => undefined)));
	return files.includes(file);
}

/** Returns the real path of the file that would run. @throws AdapterError when it may not run even with an approval. */
async function allowedFile(request: ExecRequest, rules: ExecRules): Promise<string> {
	const {program, installHint, forbidden} = request;
	if (forbidden !== undefined) {
		const hint = 'Allow it in credentialPluginAllowlist of your kuberc, or choose a context that does not need it.';
		throw denied(forbidden, hint);
	}
	const checked = program.startsWith('/') ? await checkProgram(program) : ({state: 'missing'} as const);
	if (checked.state === 'missing') {
		const hint = installHint ?? 'Install it, or choose a context that does not need it.';
		throw denied(`login by ${program}: it is not installed, or not in PATH`, hint);
	}
	if (checked.state === 'unsafe') {
		const hint = 'A user who can write it decides what runs as you.';
		throw denied(`login by ${program}: ${checked.reason}`, hint);
	}
	let limit: readonly string[] | undefined;
	try {
		limit = await rules.policy();
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		throw denied(
			`login by ${program}: ${messageOf(error)}`,
			'No program of a kubeconfig runs until the policy can be read.',
		);
	}
	if (limit !== undefined && !(await isListed(program, checked.file, limit))) {
		const hint = 'Ask its administrator: execPlugins in /etc/midwatch/policy.yaml lists the programs that may run.';
		throw denied(`login by ${program}: the policy of this machine does not allow it`, hint);
	}
	return checked.file;
}

const approvalHint = ({targets, login}: ExecRules['keys']): string =>
	`Press ${targets}, then ${login} on its line in the console, to see what it is and to approve it once. Without a person: name it in kubernetes.allowExec of the configuration.`;

export function createExecPermission(request: ExecRequest, rules: ExecRules): ExecPermission {
	const {program, requestedBy, server} = request;
	const digest = digestOf(request);

	async function approval(): Promise<ProgramApproval | undefined> {
		const file = await allowedFile(request, rules);
		if (await isListed(program, file, rules.allowed)) return undefined;
		const approved = await readApprovedPrograms(rules.stateDir);
		if (approved.some(known => known.program === program && known.digest === digest)) return undefined;
		const isKnown = approved.some(known => known.program === program && known.requestedBy === requestedBy);
		return {
			program,
			file,
			requestedBy,
			server,
			configKey: 'kubernetes.allowExec',
			changed: isKnown,
			approve: () =>
				addApprovedProgram(rules.stateDir, {
					program,
					digest,
					requestedBy,
					at: new Date(systemClock.now()).toISOString(),
				}),
		};
	}

	return {
		approval,
		async permit() {
			if ((await approval()) !== undefined)
				throw denied(`waits for your approval to run ${program}`, approvalHint(rules.keys));
		},
	};
}
