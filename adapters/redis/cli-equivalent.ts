import type {Target} from '../../src/contract/target.ts';
import type {RedisEndpoint, RedisSettings} from '../../src/port/redis.ts';
import {shellLine} from '../../src/text/quote.ts';

/** A `redis-cli` command for the target. It contains no password: redis-cli reads REDISCLI_AUTH. */
export function redisCliCommand(
	target: Target<RedisSettings>,
	words: readonly string[],
	endpoint?: RedisEndpoint,
): string {
	const settings = target.settings;
	const {host, port} = endpoint ?? settings;
	const {tls} = settings;
	const named = (option: string, value: string | undefined) => (value === undefined ? [] : [option, value]);
	return shellLine([
		'redis-cli',
		...['-h', host, '-p', String(port)],
		...(settings.db === 0 ? [] : ['-n', String(settings.db)]),
		...named('--user', settings.username),
		...(tls === undefined
			? []
			: [
					'--tls',
					...named('--cacert', tls.ca),
					...named('--cert', tls.cert),
					...named('--key', tls.key),
					...named('--sni', tls.servername),
				]),
		...words,
	]);
}
