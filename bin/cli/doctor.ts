import {join} from 'node:path';
import type {Connection, Permission} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {describeChannel} from '../../src/model/channel-security.ts';
import {accessState, type Policy} from '../../src/policy/policy.ts';
import {describeTargetPolicy} from '../../src/policy/policy-text.ts';
import {demoStateDir, stateDir} from '../../src/state/state-dir.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import {createInitialPolicy} from '../initial-policy.ts';
import type {RunConfig} from '../run-config.ts';
import {version} from '../version.ts';
import {watchTargets} from '../watch-targets.ts';
import type {Options} from './arguments.ts';
import {type CheckResult, worstCode} from './check-result.ts';
import {checkAudit} from './doctor-audit.ts';
import {policyLines} from './doctor-policy.ts';
import {describeAddress} from './target-address.ts';

/** For connecting to one target and reading its identity and permissions. */
const targetTimeoutMs = 20_000;

/**
 * Checks the audit log, its sinks and each target (reachable, as which user, with which permissions), and prints the results.
 * @returns 0: all is well, 1: a permission is missing, or the audit log is not sound or cannot be written, 2: a target could not be reached,
 * or a permission or the audit log could not be read.
 */
export async function runDoctor(
	config: RunConfig,
	{options, write}: {readonly options: Pick<Options, 'demo' | 'readOnly'>; readonly write: (text: string) => void},
): Promise<number> {
	const writeSection = (lines: readonly string[]) => {
		if (lines.length > 0) write(`\n${lines.join('\n')}\n`);
	};
	write(`midwatch ${version}, Node ${process.version}, ${process.platform} ${process.arch}\n`);
	write(`${config.from}\n`);
	for (const remark of config.remarks) write(`${cleanLine(remark)}\n`);
	const userStateDir = stateDir(process.env);
	const state = options.demo === undefined ? userStateDir : demoStateDir(userStateDir);
	const policy = createInitialPolicy(config, options.readOnly);
	const audit = await checkAudit(state, policy.readOnly !== undefined);
	writeSection(audit.lines);
	const sinks = await checkConfiguredSinks(config, state);
	writeSection(sinks.lines);
	writeSection(policyLines(config));
	const targets = await checkTargets(config, policy);
	for (const {lines} of targets) writeSection(lines);
	return worstCode([audit, sinks, ...targets]);
}

/** Loads the sink adapters only when a sink is configured. */
async function checkConfiguredSinks({sinks}: Pick<RunConfig, 'sinks'>, state: string): Promise<CheckResult> {
	if (sinks.length === 0) return {lines: [], code: 0};
	return (await import('./doctor-sinks.ts')).checkSinks(sinks, state, join(state, 'audit'));
}

/** Connects as the console does: a target may be reached through another one. */
async function checkTargets({targets, origins}: RunConfig, policy: Policy): Promise<readonly CheckResult[]> {
	const watch = watchTargets({targets, clock: systemClock, readOnly: true});
	const results = await Promise.all(
		targets.map(({target, system}) => {
			const connect = async () => (await watch.connection(target.name)).connection;
			return checkTarget(target, {title: system.title, origin: origins[target.name], policy}, connect);
		}),
	);
	await watch.close();
	return results;
}

async function checkTarget(
	target: Target,
	{title, origin, policy}: {readonly title: string; readonly origin: string | undefined; readonly policy: Policy},
	connect: () => Promise<Connection<unknown>>,
): Promise<CheckResult> {
	const access = describeAccessState(policy, target);
	const heading = [target.name, title, describeAddress(target), access, origin].filter(Boolean).join(', ');
	const restrictions = describeTargetPolicy(policy, target.name);
	const lines = [cleanLine(heading), ...(restrictions === '' ? [] : [`  ${cleanLine(restrictions)}`])];
	const context = {signal: AbortSignal.timeout(targetTimeoutMs), now: Date.now};
	let connection: Connection<unknown>;
	try {
		connection = await connect();
		const {version: server, who, latencyMs, channel} = await connection.identify(context);
		const latency = `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`;
		lines.push(cleanLine(`  reachable: ${server}, as ${who}, answered in ${latency}`));
		const warning = describeChannel(channel);
		if (warning !== undefined) lines.push(`  ${warning}: nothing proves that this server is the right one`);
	} catch (error) {
		lines.push(...errorLines('not reachable', error));
		return {lines, code: 2};
	}
	try {
		const permissions = await connection.permissions(context);
		lines.push(...permissionLines(permissions));
		return {lines, code: permissionCode(permissions)};
	} catch (error) {
		lines.push(...errorLines('permissions could not be read', error));
		return {lines, code: 2};
	}
}

/** The access state that the target will have when a console starts. */
function describeAccessState(policy: Policy, {name, production}: Target): string {
	const {state} = accessState(policy, name, 0);
	if (state === 'read-only') return 'read-only';
	if (state === 'open') return 'not guarded (production: false)';
	return production ? 'guarded' : 'guarded by policy';
}

function errorLines(text: string, error: unknown): readonly string[] {
	const kind = isAdapterError(error) ? ` (${error.kind})` : '';
	const line = `  ${text}${kind}: ${cleanLine(messageOf(error))}`;
	return isAdapterError(error) ? [line, `    ${cleanLine(error.hint)}`] : [line];
}

function permissionLines(permissions: readonly Permission[]): readonly string[] {
	const width = Math.max(0, ...permissions.map(({needs}) => cleanLine(needs).length));
	return permissions.flatMap(({needs, name, state, grant}) => {
		const line = `  ${state.padEnd(7)} ${cleanLine(needs).padEnd(width)}  ${cleanLine(name)}`.trimEnd();
		return state === 'have' || grant === '' ? [line] : [line, `    to grant it: ${cleanLine(grant)}`];
	});
}

function permissionCode(permissions: readonly Permission[]): CheckResult['code'] {
	if (permissions.some(({state}) => state === 'unknown')) return 2;
	return permissions.some(({state}) => state === 'lack') ? 1 : 0;
}
