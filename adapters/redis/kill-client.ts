import type {Check} from '../../src/contract/action.ts';
import {defineAction} from '../../src/contract/define.ts';
import {AdapterError, conflictError} from '../../src/errors.ts';
import {clientTitle, type RedisClientRow} from '../../src/model/redis/redis-client.ts';
import {memoryThreshold, redisMemoryShare} from '../../src/model/redis/redis-server.ts';
import type {RedisClientIdentity, RedisClientLine, RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatDuration} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';
import {clientKind, describeClientConflict, findClient} from './client-identity.ts';
import {missingPermissionReason, permissionCheck} from './permission-check.ts';

export type KillClientPlan = RedisClientIdentity & {
	readonly target: string;
	/** Seconds since it connected, when the plan was made: later it can only be more. */
	readonly ageSeconds: number;
};

/** Why this connection must not be killed. */
function notKillableReason(role: RedisClientRow['role']): string | undefined {
	switch (role) {
		case 'own':
			return 'this is a connection of midwatch itself';
		case 'primary':
			return 'this is the link to the primary: killing it only makes this replica synchronize again';
		case 'replica':
			return 'this is the link of a replica: killing it may copy the complete data set again';
		default:
			return undefined;
	}
}

/** What has changed since the plan was made, as a sentence. */
function describeKillConflict(
	plan: KillClientPlan,
	client: RedisClientLine | undefined,
	runId: string,
): string | undefined {
	if (runId !== plan.runId) return 'the server was restarted since: its clients have new ids';
	if (client !== undefined && client.ageSeconds < plan.ageSeconds)
		return `client ${plan.id} is younger than the one that was confirmed`;
	return describeClientConflict(plan, client);
}

/** Below this share of the memory in use, killing a client frees too little to matter. */
const noticeableShare = 0.01;

/** Closes one client connection. */
export const killClient = defineAction<RedisClientRow, RedisPort, RedisSettings>()<KillClientPlan>({
	id: 'redis.kill-client',
	title: 'Kill client',
	key: 'K',
	kind: 'redis.client',
	selects: 'one',
	params: [],
	shownFacts: [
		{fact: 'id and address', changeDetectedBy: 'CLIENT KILL ID and ADDR'},
		{fact: 'user', changeDetectedBy: 'CLIENT KILL USER'},
		{fact: 'name', changeDetectedBy: 'CLIENT LIST ID, read on the connection that kills, just before'},
		{
			fact: 'whether it is a client, a replica, a primary or a MONITOR',
			changeDetectedBy: 'the flags of CLIENT LIST ID, read on the connection that kills, just before',
		},
		{fact: 'the run of the server', changeDetectedBy: 'run_id of INFO, read on the connection that kills, just before'},
		{
			fact: 'how long it has been connected',
			changeAllowedBecause:
				'it only grows while its id, which the server gives to no other client in the same run, is there',
		},
		{fact: 'how much its buffers hold', changeAllowedBecause: 'it changes with every answer; all of it is freed'},
		{fact: 'how much memory the server uses', changeAllowedBecause: 'it only says whether killing helps'},
		{
			fact: 'whether a MULTI is open',
			changeAllowedBecause:
				'a client opens and ends one within milliseconds; it is read again while the confirmation waits',
		},
		{fact: 'whether midwatch may kill it', changeDetectedBy: 'ACL DRYRUN before it is sent, and refused by the server'},
	],
	disabled: ([row]) =>
		row === undefined
			? undefined
			: (notKillableReason(row.role) ?? missingPermissionReason(row.mayKill, 'CLIENT KILL')),
	async preview([row], _params, context) {
		if (row === undefined) throw conflictError('no client was selected');
		const refusal = notKillableReason(row.role);
		if (refusal !== undefined) throw new AdapterError('denied', refusal, 'Select another client.');
		const [info, {clients, own}] = await Promise.all([context.port.info(context), context.port.clients(context)]);
		const client = findClient(clients, {id: row.clientId, address: row.address});
		if (client === undefined) throw conflictError(`client ${row.clientId} at ${row.address} is not connected any more`);
		if (own.includes(client.id))
			throw new AdapterError('denied', notKillableReason('own') ?? '', 'Select another client.');
		const plan: KillClientPlan = {
			target: context.target.name,
			runId: info.runId,
			id: client.id,
			address: client.address,
			user: client.user,
			name: client.name,
			kind: clientKind(client),
			ageSeconds: client.ageSeconds,
		};
		const bufferBytes = (client.totalBytes ?? 0) + (client.totalBytes === undefined ? client.outputBytes : 0);
		const isFutile =
			(redisMemoryShare(info) ?? 0) >= memoryThreshold.warn && bufferBytes < info.usedMemoryBytes * noticeableShare;
		return {
			plan,
			target: context.target.name,
			object: String(client.id),
			lockNames: [`client ${client.id}`],
			count: 1,
			touches: [`client ${client.id} (${clientTitle(client)}), user ${client.user}`],
			cliEquivalent: redisCliCommand(context.target, [
				...['CLIENT', 'KILL', 'ID', String(client.id), 'ADDR', client.address],
				...['USER', client.user, 'SKIPME', 'yes'],
			]),
			impact: `Its connection is closed: ${formatBytes(bufferBytes)} of buffers are freed, and its unanswered commands are lost to it. Most clients connect again by themselves.`,
			checkedIdentity: `id ${client.id}, ${client.address}, user ${client.user}, name ${client.name || 'none'}, run_id ${info.runId.slice(0, 8)}…`,
			changes: [],
			risk: 'medium',
			undo: {class: 'none', text: 'none: a connection cannot be restored; the client connects again by itself'},
			...(isFutile
				? {
						unhelpful: {
							reason: `it holds ${formatBytes(bufferBytes)} of ${formatBytes(info.usedMemoryBytes)}: killing it frees almost nothing`,
							instead: 'redis.set-maxmemory',
						},
					}
				: {}),
		};
	},
	async preflight(plan, context) {
		const [info, {clients, own}] = await Promise.all([context.port.info(context), context.port.clients(context)]);
		const client = findClient(clients, plan);
		const conflict = describeKillConflict(plan, client, info.runId);
		const label = 'the connection';
		const checks: Check[] = [
			conflict === undefined
				? {label, result: 'pass', detail: `the same, connected for ${formatDuration(client?.ageSeconds)}`}
				: {label, result: 'block', detail: conflict, conflict: true},
		];
		if (own.includes(plan.id))
			checks.push({label: 'its owner', result: 'block', detail: notKillableReason('own') ?? ''});
		if (client?.flags.includes('x') === true) {
			checks.push({
				label: 'its transaction',
				result: 'warn',
				detail: 'a MULTI is open and is discarded: none of it is run',
			});
		}
		checks.push(await permissionCheck('the right to kill clients', '+client|kill', context));
		return checks;
	},
	async run(plan, context) {
		const client = await context.port.killClient(plan, context);
		return {
			summary: `CLIENT KILL ID ${plan.id} ADDR ${plan.address}, ${client.name || 'no name'}, last command ${client.command || 'none'}`,
			before: {
				id: String(client.id),
				address: client.address,
				user: client.user,
				name: client.name,
				database: String(client.db),
				flags: client.flags,
				command: client.command,
				age: formatDuration(client.ageSeconds),
				idle: formatDuration(client.idleSeconds),
			},
		};
	},
	async verify(plan, _receipt, context) {
		const {clients} = await context.port.clients(context);
		// A client whose answers are still being written is closed when that is done.
		if (findClient(clients, plan) !== undefined)
			return {result: 'pending', detail: `client ${plan.id} is still connected`};
		const back = clients.find(client => client.id > plan.id && client.name !== '' && client.name === plan.name);
		const again = back === undefined ? '' : `; ${clientTitle(back)} is connected as client ${back.id}`;
		return {result: 'done', detail: `client ${plan.id} is disconnected${again}`};
	},
	settleMs: 5000,
	undo: {impossible: 'A connection cannot be restored. Most clients reconnect by themselves.'},
});
