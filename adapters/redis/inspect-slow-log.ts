import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {RedisServerRow} from '../../src/model/redis/redis-server.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatDuration, formatMillis} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

const depth = 128;

/** The slow log, newest first. Arguments are counted, not shown: they contain users' data. */
export const inspectSlowLog = defineInspection<RedisServerRow, RedisPort, RedisSettings>()({
	id: 'redis.slow-log',
	title: 'Slow log',
	key: 'l',
	kind: 'redis.server',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const entries = await port.slowlog(depth, context);
		const now = context.now();
		const lines: DocumentLine[] = entries.map(entry => {
			const args = `<${entry.args} ${entry.args === 1 ? 'argument' : 'arguments'}>`;
			const who = entry.clientName === '' ? entry.client : `${entry.clientName} ${entry.client}`;
			const ago = `${formatDuration((now - entry.at) / 1000)} ago`;
			return {
				text: `${ago.padStart(12)}  ${formatMillis(entry.microseconds / 1000).padStart(7)}  ${entry.command} ${args}  ${who}`,
			};
		});
		const empty: DocumentLine = {text: 'The slow log is empty: nothing took longer than slowlog-log-slower-than.'};
		return {
			title: `Slow log of ${row.endpoint}, ${entries.length} newest`,
			lines:
				lines.length === 0
					? [empty]
					: [...lines, {text: ''}, {text: "Arguments are not shown: they contain users' data."}],
			cliEquivalent: [redisCliCommand(target, ['SLOWLOG', 'GET', String(depth)])],
		};
	},
});
