import type {Policy} from '../../src/policy/policy.ts';
import {stateDir, statePath} from '../../src/state/layout.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import type {DebugLog} from '../debug-log.ts';
import {createInitialPolicy} from '../initial-policy.ts';
import {describeRun} from '../log-events.ts';
import type {RunConfig} from '../run-config.ts';
import {version} from '../version.ts';
import {watchTargets} from '../watch-targets.ts';
import type {Options} from './arguments.ts';
import {type CheckResult, worstCode} from './check-result.ts';
import {checkAudit} from './doctor-audit.ts';
import {policyLines} from './doctor-policy.ts';
import {checkTarget, formatTarget, type TargetReport} from './doctor-target.ts';
import {jsonOutput} from './json-output.ts';

type DoctorReport = {
	readonly audit: CheckResult;
	readonly sinks: CheckResult;
	readonly policy: readonly string[];
	/** The reports in the order of the configuration. */
	readonly targets: readonly TargetReport[];
};

/**
 * Checks the audit log, its sinks and each target (reachable, as which user, with which permissions), and prints the results.
 * @returns 0: all is well, 1: a permission is missing, or the audit log is not sound or cannot be written, 2: a target could not be reached,
 * or a permission or the audit log could not be read.
 */
export async function runDoctor(
	config: RunConfig,
	{
		options,
		json,
		log,
		write,
	}: {
		readonly options: Pick<Options, 'demo' | 'readOnly'>;
		readonly json: boolean;
		readonly log: DebugLog | undefined;
		readonly write: (text: string) => void;
	},
): Promise<number> {
	const userStateDir = stateDir(process.env);
	const state = options.demo === undefined ? userStateDir : statePath(userStateDir, 'demo');
	const policy = createInitialPolicy(config, options.readOnly);
	// Printed section by section: a target may take its full timeout.
	const printSection = (lines: readonly string[]) => {
		if (!json && lines.length > 0) write(`\n${lines.join('\n')}\n`);
	};
	if (!json) write(heading(config));
	const audit = await checkAudit(state, policy.readOnly !== undefined);
	printSection(audit.lines);
	const sinks = await checkConfiguredSinks(config, state);
	printSection(sinks.lines);
	const rules = policyLines(config);
	printSection(rules);
	log?.write('start', describeRun(config));
	const targets = await checkTargets(config, policy);
	for (const {name, exitCode, error} of targets) log?.write('checked', {target: name, exitCode, error});
	for (const [index, {target, system}] of config.targets.entries()) {
		const report = targets[index];
		if (report !== undefined) printSection(formatTarget(report, system.title, target.production));
	}
	const code = worstCode([audit, sinks, ...targets.map(({exitCode}) => ({lines: [], code: exitCode}))]);
	if (json) write(formatJson({audit, sinks, policy: rules, targets}, config, code));
	return code;
}

/** Loads the sink adapters only when a sink is configured. */
async function checkConfiguredSinks({sinks}: Pick<RunConfig, 'sinks'>, state: string): Promise<CheckResult> {
	if (sinks.length === 0) return {lines: [], code: 0};
	return (await import('./doctor-sinks.ts')).checkSinks(sinks, state, statePath(state, 'auditFolder'));
}

/** Connects as the console does: a target may be reached through another one. */
async function checkTargets({targets, origins}: RunConfig, policy: Policy): Promise<readonly TargetReport[]> {
	const watch = watchTargets({targets, clock: systemClock, readOnly: true});
	const reports = await Promise.all(
		targets.map(watched => {
			const {name} = watched.target;
			const connect = async () => (await watch.connection(name)).connection;
			return checkTarget(watched, {origin: origins[name], policy}, connect);
		}),
	);
	await watch.close();
	return reports;
}

function heading({from, remarks}: RunConfig): string {
	const program = `midwatch ${version}, Node ${process.version}, ${process.platform} ${process.arch}`;
	return `${[program, from, ...remarks.map(cleanLine)].join('\n')}\n`;
}

function formatJson({audit, sinks, policy, targets}: DoctorReport, {from, remarks}: RunConfig, code: number): string {
	const toJson = (result: CheckResult) => ({lines: result.lines, exitCode: result.code});
	return jsonOutput('doctor', code, {
		node: process.version,
		platform: `${process.platform} ${process.arch}`,
		from,
		remarks,
		audit: toJson(audit),
		sinks: toJson(sinks),
		policy,
		targets,
	});
}
