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
import {createWatch} from '../../src/watch/watch.ts';
import {createInitialPolicy} from '../initial-policy.ts';
import {metricsQueryFor} from '../metrics-target.ts';
import type {RunConfig} from '../run-config.ts';
import {version} from '../version.ts';
import {transportVia} from '../via.ts';
import type {Options} from './arguments.ts';
import {checkAudit} from './doctor-audit.ts';
import {policyLines} from './doctor-policy.ts';
import {describeAddress} from './target-address.ts';

/** For connecting and asking one target. */
const patienceMs = 20_000;

type CheckResult = {readonly lines: readonly string[]; readonly code: 0 | 1 | 2};

/**
 * Tells whether the record of what was done can be written and is sound, and for each target whether it can be reached, who we are there,
 * and what we may do.
 * @returns 0: everything is there, 1: something is not permitted, or the record is not sound or cannot be written, 2: a target could not be
 * reached, or a permission not be told, or the record not be read.
 */
export async function runDoctor(
	estate: RunConfig,
	{options, write}: {readonly options: Pick<Options, 'demo' | 'readOnly'>; readonly write: (text: string) => void},
): Promise<number> {
	write(`midwatch ${version}, Node ${process.version}, ${process.platform} ${process.arch}\n`);
	write(`${estate.from}\n`);
	for (const remark of estate.remarks) write(`${cleanLine(remark)}\n`);
	const own = stateDir(process.env);
	const state = options.demo === undefined ? own : demoStateDir(own);
	const policy = createInitialPolicy(estate, options.readOnly);
	const readOnly = policy.readOnly !== undefined;
	const record = await checkAudit(state, readOnly);
	write(`\n${record.lines.join('\n')}\n`);
	const sinks = await checkConfiguredSinks(estate, state);
	if (sinks.lines.length > 0) write(`\n${sinks.lines.join('\n')}\n`);
	const rules = policyLines(estate);
	if (rules.length > 0) write(`\n${rules.join('\n')}\n`);
	// As the console connects: a target may be reached through another one.
	const watch = createWatch({
		targets: estate.targets,
		clock: systemClock,
		readOnly: true,
		via: transportVia,
		metrics: metricsQueryFor,
	});
	const examined = await Promise.all(
		estate.targets.map(({target, system}) => {
			const connect = async () => (await watch.connection(target.name)).connection;
			return checkTarget(target, {title: system.title, origin: estate.origins[target.name], policy}, connect);
		}),
	);
	await watch.close();
	for (const {lines} of examined) write(`\n${lines.join('\n')}\n`);
	return Math.max(record.code, sinks.code, ...examined.map(({code}) => code));
}

/** What carries the copies is loaded only where there are some. */
async function checkConfiguredSinks(
	{sinks}: Pick<RunConfig, 'sinks'>,
	state: string,
): Promise<{readonly lines: readonly string[]; readonly code: 0 | 1}> {
	if (sinks.length === 0) return {lines: [], code: 0};
	return (await import('./doctor-sinks.ts')).checkSinks(sinks, state, join(state, 'audit'));
}

async function checkTarget(
	target: Target,
	{title, origin, policy}: {readonly title: string; readonly origin: string | undefined; readonly policy: Policy},
	connect: () => Promise<Connection<unknown>>,
): Promise<CheckResult> {
	const standing = describeAccessState(policy, target);
	const head = [target.name, title, describeAddress(target), standing, origin].filter(Boolean).join(', ');
	const said = describeTargetPolicy(policy, target.name);
	const lines = [cleanLine(head), ...(said === '' ? [] : [`  ${cleanLine(said)}`])];
	const context = {signal: AbortSignal.timeout(patienceMs), now: Date.now};
	let connection: Connection<unknown>;
	try {
		connection = await connect();
		const {version: server, who, latencyMs, channel} = await connection.identify(context);
		lines.push(
			cleanLine(
				`  reachable: ${server}, as ${who}, answered in ${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`,
			),
		);
		const words = describeChannel(channel);
		if (words !== undefined) lines.push(`  ${words}: nothing proves that this server is the right one`);
	} catch (error) {
		lines.push(...failed('not reachable', error));
		return {lines, code: 2};
	}
	try {
		const permissions = await connection.permissions(context);
		lines.push(...permissionLines(permissions));
		return {lines, code: worst(permissions)};
	} catch (error) {
		lines.push(...failed('permissions could not be read', error));
		return {lines, code: 2};
	}
}

/** Whether it can be acted on, once a console runs. */
function describeAccessState(policy: Policy, {name, production}: Target): string {
	const is = accessState(policy, name, 0);
	if (is.state === 'read-only') return 'read-only';
	if (is.state === 'open') return 'not guarded (production: false)';
	return production ? 'guarded' : 'guarded by policy';
}

function failed(what: string, error: unknown): readonly string[] {
	const kind = isAdapterError(error) ? ` (${error.kind})` : '';
	const line = `  ${what}${kind}: ${cleanLine(messageOf(error))}`;
	return isAdapterError(error) ? [line, `    ${cleanLine(error.hint)}`] : [line];
}

function permissionLines(permissions: readonly Permission[]): readonly string[] {
	const width = Math.max(0, ...permissions.map(({needs}) => cleanLine(needs).length));
	return permissions.flatMap(({needs, name, state, grant}) => {
		const line = `  ${state.padEnd(7)} ${cleanLine(needs).padEnd(width)}  ${cleanLine(name)}`.trimEnd();
		return state === 'have' || grant === '' ? [line] : [line, `    to give it: ${cleanLine(grant)}`];
	});
}

function worst(permissions: readonly Permission[]): 0 | 1 | 2 {
	if (permissions.some(({state}) => state === 'unknown')) return 2;
	return permissions.some(({state}) => state === 'lack') ? 1 : 0;
}
