import type {ActionContext, Check, Preview} from '../../src/contract/action.ts';
import {defineAction} from '../../src/contract/define.ts';
import {AdapterError, conflictError} from '../../src/errors.ts';
import {findPermission, memoryThreshold, type RedisServerRow} from '../../src/model/redis/redis-server.ts';
import {formatRedisSize, parseRedisSize} from '../../src/model/redis/redis-size.ts';
import type {MaxmemoryChange, RedisInfo, RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatPercent} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';
import {
	comparableLimit,
	countedMemory,
	describeServerConflict,
	fitsWithin,
	headroomShare,
	maxmemoryEffect,
	sizeText,
} from './maxmemory-effect.ts';
import {missingPermissionReason, permissionCheck} from './permission-check.ts';

export type MaxmemoryPlan = {
	readonly target: string;
	readonly endpoint: string;
	readonly runId: string;
	readonly policy: string;
	readonly role: RedisInfo['role'];
	/** Whether the memory in use is below the new limit: no key is evicted and no write refused at once. */
	readonly fits: boolean;
	/** Bytes; 0: no limit. */
	readonly from: number;
	readonly to: number;
};

const mebibyte = 1024 ** 2;

function previewOf(
	info: RedisInfo,
	to: number,
	endpoint: string,
	context: ActionContext<RedisPort, RedisSettings>,
): Preview<MaxmemoryPlan> {
	const {target} = context;
	const plan: MaxmemoryPlan = {
		target: target.name,
		endpoint,
		runId: info.runId,
		policy: info.policy,
		role: info.role,
		fits: fitsWithin(info, to),
		from: info.maxmemoryBytes,
		to,
	};
	return {
		plan,
		target: target.name,
		// A target has one maxmemory, so the size distinguishes this change from another; typing it confirms the right one.
		object: formatRedisSize(to),
		lockNames: ['maxmemory'],
		count: 1,
		touches: [`maxmemory of ${endpoint}`],
		cliEquivalent: redisCliCommand(target, ['CONFIG', 'SET', 'maxmemory', formatRedisSize(to)]),
		checkedIdentity: `run_id ${info.runId.slice(0, 8)}…, maxmemory ${sizeText(info.maxmemoryBytes)}, policy ${info.policy || 'unknown'}, ${info.role}, used memory ${fitsWithin(info, to) ? 'below' : 'above'} the new limit`,
		changes: [{field: 'maxmemory', before: sizeText(info.maxmemoryBytes), after: sizeText(to)}],
		...maxmemoryEffect(info, to),
	};
}

const changeOf = ({to, from, runId, policy, role, fits}: MaxmemoryPlan): MaxmemoryChange => ({
	bytes: to,
	expected: {runId, maxmemory: from, policy, role, fits},
});

/** Checks the memory in use against the new limit. */
function memoryFitCheck(info: RedisInfo, to: number): Check {
	const label = 'the memory in use';
	const used = formatBytes(info.usedMemoryBytes);
	const limit = comparableLimit(to);
	const share = info.usedMemoryBytes / limit;
	const fails = info.policy === 'noeviction';
	if (limit < countedMemory(info)) {
		const then = fails ? 'writes will fail at once' : 'keys will be evicted at once';
		return {label, result: 'warn', detail: `${used}, more than the new limit: ${then}`};
	}
	if (to > 0 && share >= memoryThreshold.crit) {
		const then = fails ? 'soon writes fail' : 'the next writes evict keys';
		return {label, result: 'warn', detail: `${used}, ${formatPercent(share)} of the new limit: ${then}`};
	}
	return {label, result: 'pass', detail: to === 0 ? used : `${used}, ${formatPercent(share)} of the new limit`};
}

const parseSize = (text: string | undefined): number => {
	const size = parseRedisSize(text ?? '');
	if (size === undefined)
		throw new AdapterError('unsupported', `${text ?? 'nothing'} is not a size`, 'Write 2gb, 512mb or 0.');
	return size;
};

/** One and a half times the size, in mebibytes: noticeably more, and few machines are too small for it. */
function suggestedSize([row]: readonly RedisServerRow[]): string {
	if (row === undefined) return '';
	const from = row.maxmemoryBytes > 0 ? row.maxmemoryBytes : row.usedMemoryBytes;
	return formatRedisSize(Math.max(1, Math.ceil((from * 1.5) / mebibyte)) * mebibyte);
}

/** Sets maxmemory on the running server. */
export const setMaxmemory = defineAction<RedisServerRow, RedisPort, RedisSettings>()<MaxmemoryPlan>({
	id: 'redis.set-maxmemory',
	title: 'Set maxmemory',
	key: 'M',
	kind: 'redis.server',
	selects: 'one',
	params: [
		{
			name: 'size',
			label: 'New maxmemory',
			hint: 'as in redis.conf: 2gb, 512mb, or 0 for no limit',
			initial: suggestedSize,
			problem(text) {
				const size = parseRedisSize(text);
				if (size === undefined)
					return 'This is not a size. Write an integer with kb, mb or gb, such as 512mb, or 0 for no limit.';
				return size > 0 && size < mebibyte
					? 'An empty server needs more than that. Write at least 1mb, or 0 for no limit.'
					: undefined;
			},
		},
	],
	shownFacts: [
		{fact: 'maxmemory', changeDetectedBy: 'maxmemory of INFO, read on the connection that sets it, just before'},
		{
			fact: 'eviction policy',
			changeDetectedBy: 'maxmemory_policy of INFO, read on the connection that sets it, just before',
		},
		{
			fact: 'the run of the server',
			changeDetectedBy: 'run_id of INFO, read on the connection that sets it, just before',
		},
		{fact: 'role', changeDetectedBy: 'role of INFO, read on the connection that sets it, just before'},
		{
			fact: 'whether keys are evicted or writes refused at once',
			changeDetectedBy: 'used_memory of INFO against the new limit, read on the connection that sets it, just before',
		},
		{
			fact: 'how much memory is used',
			changeAllowedBecause: 'it changes with every write; that it stays on the same side of the new limit is bound',
		},
		{fact: 'how much memory clients hold', changeAllowedBecause: 'it only says whether a higher limit helps'},
		{
			fact: 'the memory of the machine',
			changeAllowedBecause: 'Redis reads it at its start, and another run is noticed',
		},
		{fact: 'whether midwatch may set it', changeDetectedBy: 'ACL DRYRUN before it is sent, and refused by the server'},
	],
	disabled: ([row]) =>
		row === undefined ? undefined : missingPermissionReason(findPermission(row, '+config|set'), 'CONFIG SET'),
	async preview([row], params, context) {
		if (row === undefined) throw conflictError('no server was selected');
		const info = await context.port.info(context);
		if (info.runId !== row.runId) throw conflictError('the server was restarted since it was selected');
		return previewOf(info, parseSize(params['size']), row.endpoint, context);
	},
	async preflight(plan, context) {
		const info = await context.port.info(context);
		const conflict = describeServerConflict(changeOf(plan), info);
		const serverCheck: Check =
			conflict === undefined
				? {
						label: 'the server',
						result: 'pass',
						detail: `as it was, maxmemory ${sizeText(info.maxmemoryBytes)}, ${info.policy}`,
					}
				: {label: 'the server', result: 'block', detail: conflict, conflict: true};
		const checks: Check[] = [
			serverCheck,
			await permissionCheck('the right to change the configuration', '+config|set', context),
		];
		checks.push(memoryFitCheck(info, plan.to));
		if (info.systemMemoryBytes !== undefined && plan.to > info.systemMemoryBytes * headroomShare) {
			checks.push({
				label: 'the memory of the machine',
				result: 'warn',
				detail: `the new limit is ${formatPercent(plan.to / info.systemMemoryBytes)} of its ${formatBytes(info.systemMemoryBytes)}`,
			});
		}
		if (info.role === 'replica') {
			checks.push({
				label: 'the role of the server',
				result: 'warn',
				detail: 'replica: it ignores maxmemory unless it is promoted',
			});
		}
		return checks;
	},
	async run(plan, context) {
		const found = await context.port.setMaxmemory(changeOf(plan), context);
		return {
			summary: `CONFIG SET maxmemory ${formatRedisSize(plan.to)} on ${plan.endpoint}, which used ${formatBytes(found.usedMemoryBytes)}`,
			before: {
				maxmemory: formatRedisSize(found.maxmemoryBytes),
				policy: found.policy,
				role: found.role,
				usedMemory: String(found.usedMemoryBytes),
			},
		};
	},
	async verify(plan, _receipt, context) {
		const info = await context.port.info(context);
		if (info.runId !== plan.runId) {
			return {result: 'ineffective', detail: 'the server restarted in between: its limit is that of redis.conf again'};
		}
		if (info.maxmemoryBytes !== plan.to) {
			return {result: 'ineffective', detail: `maxmemory reads ${sizeText(info.maxmemoryBytes)}`};
		}
		const share = plan.to === 0 ? '' : `, ${formatPercent(info.usedMemoryBytes / plan.to)} of it used`;
		return {result: 'done', detail: `maxmemory reads ${sizeText(info.maxmemoryBytes)}${share}`};
	},
	settleMs: 5000,
	undo: {
		async propose(plan, _receipt, context) {
			const info = await context.port.info(context);
			if (info.runId !== plan.runId)
				throw conflictError('the server was restarted: its limit is that of redis.conf again');
			if (info.maxmemoryBytes !== plan.to) {
				throw conflictError(
					`maxmemory is ${sizeText(info.maxmemoryBytes)} now, not the ${sizeText(plan.to)} that was set`,
				);
			}
			return previewOf(info, plan.from, plan.endpoint, context);
		},
	},
});
