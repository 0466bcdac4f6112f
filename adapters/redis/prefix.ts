import {defineSource} from '../../src/contract/define.ts';
import type {Note} from '../../src/contract/row.ts';
import {prefixRows, type RedisPrefixRow} from '../../src/model/redis/redis-prefix.ts';
import {memoryThreshold, redisMemoryShare} from '../../src/model/redis/redis-server.ts';
import type {RedisInfo, RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatCount, formatThousands} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';
import {type KeySample, sampleKeys} from './key-sampler.ts';

const maxRows = 50;

function sampleText({keys, total, complete}: KeySample, replica: string | undefined): string {
	const where = replica === undefined ? '' : ` on replica ${replica}`;
	return complete
		? `all ${formatThousands(keys.length)} keys read${where}, sizes estimated`
		: `sampled ${formatThousands(keys.length)} of ${formatCount(total)} keys${where}`;
}

function otherDatabases(info: RedisInfo, db: number): readonly Note[] {
	const others = Object.entries(info.keys).filter(([index, keys]) => Number(index) !== db && keys > 0);
	if (others.length === 0) return [];
	const databases = others.map(([index, keys]) => `db${index} (${formatCount(keys)} keys)`).join(', ');
	return [
		{text: `not sampled: ${databases}`, hint: 'Add a target with that `db` to the configuration.', severity: 'ok'},
	];
}

/** Memory by key prefix, from a sample within a budget. */
export const prefixesSource = defineSource<RedisPrefixRow, RedisPort, RedisSettings>()({
	kind: 'redis.prefix',
	title: 'Prefixes',
	intervalMs: 30_000,
	timeoutMs: 15_000,
	cost: 'costly',
	cliEquivalent(target) {
		const {replica} = target.settings;
		return [
			redisCliCommand(target, ['DBSIZE'], replica),
			redisCliCommand(target, ['--memkeys', '--memkeys-samples', '5', '-i', '0.005'], replica),
		];
	},
	open: (port, target) => {
		const {db, sampler} = target.settings;
		return async context => {
			const keyspace = await port.keyspace(context);
			const info = await port.info(context);
			const sample = await sampleKeys(keyspace, sampler, context);
			const rows = prefixRows(sample.keys, {
				target: target.name,
				db,
				total: sample.total,
				complete: sample.complete,
				pressed: (redisMemoryShare(info) ?? 0) >= memoryThreshold.warn,
			});
			const notes: Note[] = [];
			if (keyspace.remark !== undefined) {
				notes.push({
					text: keyspace.remark,
					hint: 'Correct `replica` in the configuration, or start that server.',
					severity: 'warn',
				});
			}
			if (sample.stopped !== undefined) {
				notes.push({
					text: `sampling ended early: ${sample.stopped}`,
					hint: 'Configure a `replica` to sample.',
					severity: 'ok',
				});
			}
			notes.push(...otherDatabases(info, db));
			return {
				rows: rows.slice(0, maxRows),
				gauges: [],
				omitted: Math.max(0, rows.length - maxRows),
				notes,
				...(sample.complete && sample.keys.length === 0
					? {}
					: {sample: sampleText(sample, keyspace.role === 'replica' ? keyspace.endpoint : undefined)}),
			};
		};
	},
	findings: () => [],
});
