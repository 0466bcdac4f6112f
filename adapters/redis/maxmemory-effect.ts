import type {Preview, UndoClass} from '../../src/contract/action.ts';
import {memoryThreshold} from '../../src/model/redis/redis-server.ts';
import {formatRedisSize} from '../../src/model/redis/redis-size.ts';
import type {MaxmemoryChange, RedisInfo} from '../../src/port/redis.ts';
import {formatBytes, formatPercent} from '../../src/text/format.ts';

const mebibyte = 1024 ** 2;
/** Largest share of the machine's memory for one server: the rest is for the system, the copy during a snapshot, and fragmentation. */
export const headroomShare = 0.8;
const clientsShare = 0.25;

export const sizeText = (size: number): string => (size === 0 ? '0 (no limit)' : formatRedisSize(size));

/** The limit as a comparable number: no limit is infinite. */
export const comparableLimit = (size: number): number => (size === 0 ? Number.POSITIVE_INFINITY : size);

/** Memory that counts against maxmemory. */
export const countedMemory = (info: RedisInfo): number => info.usedMemoryBytes - (info.notCountedForEviction ?? 0);

/** Whether the memory in use fits under this limit: no key is evicted and no write refused at once. */
export const fitsWithin = (info: RedisInfo, size: number): boolean => countedMemory(info) <= comparableLimit(size);

/** What has changed on the server since the plan was made, as a sentence; undefined when nothing has. */
export function describeServerConflict({bytes: to, expected}: MaxmemoryChange, now: RedisInfo): string | undefined {
	if (now.runId !== expected.runId) return 'the server was restarted since';
	if (now.maxmemoryBytes !== expected.maxmemory)
		return `maxmemory is ${sizeText(now.maxmemoryBytes)} now, it was ${sizeText(expected.maxmemory)}`;
	if (now.policy !== expected.policy) return `the policy is ${now.policy} now, it was ${expected.policy}`;
	if (now.role !== expected.role) return `the server is a ${now.role} now, it was a ${expected.role}`;
	if (fitsWithin(now, to) === expected.fits) return undefined;
	const than = expected.fits ? 'more than the new limit now, it was less' : 'less than the new limit now, it was more';
	return `${formatBytes(now.usedMemoryBytes)} are used, ${than}`;
}

type MaxmemoryEffect = Pick<Preview, 'impact' | 'risk' | 'undo'> & Pick<Partial<Preview>, 'unhelpful'>;

const notPersistedText = 'It lasts until the server restarts: redis.conf is not rewritten.';

/** What the next writes cause when the new limit is nearly reached. */
function describeNextWrites(info: RedisInfo, to: number): string {
	if (info.usedMemoryBytes < to * memoryThreshold.crit) return '';
	return info.policy === 'noeviction'
		? ', but the next writes reach it, and then every write that needs memory fails (noeviction)'
		: `, but the next writes evict ${describeEvictableKeys(info)} (${info.policy || 'policy unknown'})`;
}

const describeEvictableKeys = (info: RedisInfo): string =>
	info.policy.startsWith('volatile-') ? 'keys that have a time to live' : 'keys';

/** Evicted keys do not come back: the undo is exact while the memory in use stays below `limit`, the lower of both limits. */
function maxmemoryUndoClass(info: RedisInfo, limit: number): UndoClass {
	const condition = info.policy === 'noeviction' ? '' : ` while less than ${sizeText(limit)} is used`;
	return {class: 'exact', text: `exact${condition}: set maxmemory back to ${sizeText(info.maxmemoryBytes)}`};
}

function lowerEffect(info: RedisInfo, to: number): MaxmemoryEffect {
	const over = countedMemory(info) - to;
	const exact = maxmemoryUndoClass(info, to);
	if (over <= 0) {
		const rest = `${formatBytes(info.usedMemoryBytes)} are used, ${formatPercent(info.usedMemoryBytes / to)} of the new limit: no key is evicted now`;
		return {impact: `${rest}${describeNextWrites(info, to)}. ${notPersistedText}`, risk: 'medium', undo: exact};
	}
	if (info.policy === 'noeviction') {
		return {
			impact: `${formatBytes(info.usedMemoryBytes)} are used, ${formatBytes(over)} more than the new limit, and the policy is noeviction: every write that needs memory fails at once. ${notPersistedText}`,
			risk: 'high',
			undo: exact,
		};
	}
	return {
		impact: `${formatBytes(info.usedMemoryBytes)} are used, ${formatBytes(over)} more than the new limit: the server evicts ${describeEvictableKeys(info)} worth that much at once (${info.policy || 'policy unknown'}). They cannot be brought back. ${notPersistedText}`,
		risk: 'high',
		undo: {class: 'none', text: 'none: the limit can be set back, but evicted keys cannot be restored'},
	};
}

function raiseEffect(info: RedisInfo, to: number): MaxmemoryEffect {
	const undo = maxmemoryUndoClass(info, info.maxmemoryBytes);
	const machine = info.systemMemoryBytes;
	const beyond = machine !== undefined && comparableLimit(to) > machine * headroomShare;
	const space =
		to === 0
			? 'Without a limit the server grows until the machine has no memory left.'
			: `${formatBytes(info.usedMemoryBytes)} are used, ${formatPercent(info.usedMemoryBytes / to)} of the new limit${describeNextWrites(info, to)}.`;
	const tight =
		beyond && to > 0
			? ` That is ${formatPercent(to / machine)} of the machine's ${formatBytes(machine)}: a snapshot may not fit.`
			: '';
	const clientBufferBytes = info.clientsMemoryBytes ?? 0;
	return {
		impact: `${space}${tight} ${notPersistedText}`,
		risk: beyond || to === 0 ? 'medium' : 'low',
		undo,
		...(clientBufferBytes >= info.usedMemoryBytes * clientsShare && clientBufferBytes >= 16 * mebibyte
			? {
					unhelpful: {
						reason: `clients hold ${formatBytes(clientBufferBytes)} of buffers: a higher limit lets them grow`,
						instead: 'redis.kill-client',
					},
				}
			: {}),
	};
}

/** The effect of setting maxmemory to `to` on this server, with risk and undo. */
export function maxmemoryEffect(info: RedisInfo, to: number): MaxmemoryEffect {
	if (to === info.maxmemoryBytes) {
		return {
			impact: `Nothing changes: maxmemory is ${sizeText(to)} already.`,
			risk: 'low',
			undo: {class: 'exact', text: 'exact: nothing changes'},
			unhelpful: {reason: `maxmemory is ${sizeText(to)} already`},
		};
	}
	return comparableLimit(to) < comparableLimit(info.maxmemoryBytes) ? lowerEffect(info, to) : raiseEffect(info, to);
}
