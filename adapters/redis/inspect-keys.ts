import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {prefixGlob, type RedisPrefixRow} from '../../src/model/redis/redis-prefix.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatCount, formatDuration, formatPercent, formatThousands} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';
import {sampleKeys} from './key-sampler.ts';

const wanted = 500;
const shown = 100;

/** Some keys of one prefix, largest first: name, type, size and expiry, never the value. */
export const inspectKeys = defineInspection<RedisPrefixRow, RedisPort, RedisSettings>()({
	id: 'redis.keys',
	title: 'Sample of keys',
	key: 'd',
	kind: 'redis.prefix',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const settings = target.settings;
		const keyspace = await port.keyspace(context);
		const match = prefixGlob(row.prefix);
		const {keys, complete} = await sampleKeys(keyspace, {...settings.sampler, keys: wanted}, context, match);
		const largest = keys.toSorted((a, b) => b.bytes - a.bytes).slice(0, shown);
		const expires = (ttlMs: number) => (ttlMs < 0 ? 'never' : `in ${formatDuration(ttlMs / 1000)}`);
		const {never, minute, hour, day, later} = row.expiry;
		const lines: DocumentLine[] = [
			{
				text: `about ${formatCount(row.keys)} keys, ${formatBytes(row.bytes)}, ${formatPercent(row.share)} of the keys' memory`,
				loud: true,
			},
			{text: `types ${row.types.join(', ')}; largest sampled ${formatBytes(row.largestKeyBytes)}`},
			{
				text: `of ${formatThousands(row.sampled)} sampled: ${formatThousands(never)} never expire, ${formatThousands(minute)} within 1 m, ${formatThousands(hour)} within 1 h, ${formatThousands(day)} within 1 d, ${formatThousands(later)} later`,
			},
			{text: ''},
			{text: '  SIZE  TYPE        EXPIRES      KEY', loud: true},
			...largest.map(key => ({
				text: `${formatBytes(key.bytes).padStart(6)}  ${key.type.padEnd(10)}  ${expires(key.ttlMs).padEnd(11)}  ${key.name}`,
			})),
			{text: ''},
			{
				text:
					keys.length === 0
						? 'No key of this prefix was found within the budget: they may have been deleted, or are rare.'
						: `${formatThousands(largest.length)} of ${complete ? 'all' : 'the first'} ${formatThousands(keys.length)} found on ${keyspace.endpoint}. Values are not read.`,
			},
		];
		return {
			title: `Keys of ${row.prefix}`,
			lines,
			cliEquivalent: [redisCliCommand(target, ['--scan', '--pattern', match], settings.replica)],
		};
	},
});
