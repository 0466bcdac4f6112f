import type {Identity} from '../../src/contract/identity.ts';
import type {Connection, Permission} from '../../src/contract/system.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {describeChannel} from '../../src/model/channel-security.ts';
import {accessState, type Policy} from '../../src/policy/policy.ts';
import {describeTargetPolicy} from '../../src/policy/policy-text.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import type {WatchedTarget} from '../../src/watch/watched-target.ts';
import type {CheckResult} from './check-result.ts';

/** From the start of connecting, identity and permissions must be read within this time. Connecting has a shorter limit of its own. */
const targetTimeoutMs = 20_000;

/** What `midwatch doctor` found out about one target. */
export type TargetReport = {
	readonly name: string;
	readonly kind: string;
	readonly address: string;
	/** Where discovery found it; undefined when it is configured. */
	readonly origin: string | undefined;
	/** The access state that the target will have when a console starts. */
	readonly access: 'read-only' | 'open' | 'guarded';
	readonly restrictions: string;
	readonly exitCode: CheckResult['code'];
	readonly server?: Identity;
	readonly permissions?: readonly Permission[];
	readonly error?: {
		readonly during: 'connect' | 'permissions';
		readonly kind?: string;
		readonly message: string;
		readonly hint?: string;
	};
};

/** Connects to a target and reads its identity and permissions. Never rejects: a failure is part of the report. */
export async function checkTarget(
	{target, system}: WatchedTarget,
	{origin, policy}: {readonly origin: string | undefined; readonly policy: Policy},
	connect: () => Promise<Connection<unknown>>,
): Promise<TargetReport> {
	const {name, kind} = target;
	const {state} = accessState(policy, name, 0);
	const facts = {
		name,
		kind,
		address: system.describeAddress?.(target.settings) ?? '',
		origin,
		access: state === 'read-only' || state === 'open' ? state : ('guarded' as const),
		restrictions: describeTargetPolicy(policy, name),
	};
	const context = {signal: AbortSignal.timeout(targetTimeoutMs), now: systemClock.now};
	let server: Identity | undefined;
	try {
		const connection = await connect();
		server = await connection.identify(context);
		const permissions = await connection.permissions(context);
		return {...facts, server, permissions, exitCode: permissionCode(permissions)};
	} catch (error) {
		const details = isAdapterError(error) ? {kind: error.kind, hint: error.hint} : {};
		const during = server === undefined ? 'connect' : 'permissions';
		return {
			...facts,
			...(server && {server}),
			error: {during, message: messageOf(error), ...details},
			exitCode: 2,
		};
	}
}

function permissionCode(permissions: readonly Permission[]): CheckResult['code'] {
	if (permissions.some(({state}) => state === 'unknown')) return 2;
	return permissions.some(({state}) => state === 'lack') ? 1 : 0;
}

/** @param title the title of the target's system. */
export function formatTarget(report: TargetReport, title: string, production: boolean): readonly string[] {
	const {name, address, origin, restrictions, server, permissions, error} = report;
	const heading = [name, title, address, describeAccess(report, production), origin].filter(Boolean).join(', ');
	return [
		cleanLine(heading),
		...(restrictions === '' ? [] : [`  ${cleanLine(restrictions)}`]),
		...(server === undefined ? [] : identityLines(server)),
		...(permissions === undefined ? [] : permissionLines(permissions)),
		...(error === undefined ? [] : errorLines(error)),
	];
}

function describeAccess({access}: TargetReport, production: boolean): string {
	if (access === 'read-only') return 'read-only';
	if (access === 'open') return 'not guarded (production: false)';
	return production ? 'guarded' : 'guarded by policy';
}

function identityLines({version, who, latencyMs, channel}: Identity): readonly string[] {
	const latency = `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`;
	const line = cleanLine(`  reachable: ${version}, as ${who}, answered in ${latency}`);
	const warning = describeChannel(channel);
	return warning === undefined ? [line] : [line, `  ${warning}: nothing proves that this server is the right one`];
}

function permissionLines(permissions: readonly Permission[]): readonly string[] {
	const width = Math.max(0, ...permissions.map(({needs}) => cleanLine(needs).length));
	return permissions.flatMap(({needs, name, state, grant}) => {
		const line = `  ${state.padEnd(7)} ${cleanLine(needs).padEnd(width)}  ${cleanLine(name)}`.trimEnd();
		return state === 'have' || grant === '' ? [line] : [line, `    to grant it: ${cleanLine(grant)}`];
	});
}

function errorLines({during, kind, message, hint}: NonNullable<TargetReport['error']>): readonly string[] {
	const text = during === 'connect' ? 'not reachable' : 'permissions could not be read';
	const line = `  ${text}${kind === undefined ? '' : ` (${kind})`}: ${cleanLine(message)}`;
	return hint === undefined ? [line] : [line, `    ${cleanLine(hint)}`];
}
