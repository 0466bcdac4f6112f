import type {Context} from '../../src/contract.ts';
import type {Cluster} from './cluster.ts';

/**
 * Brokers do not tell their version, only which requests they answer. The newest first: the API key, its highest version, and the release
 * that first had it (clients/src/main/resources/common/message/*.json).
 */
const firsts: readonly (readonly [key: number, version: number, release: string])[] = [
	[89, 0, '4.1'],
	[15, 6, '4.0'],
	[1, 17, '3.9'],
	[16, 5, '3.8'],
	[69, 0, '3.7'],
	[1, 15, '3.5'],
	[1, 13, '3.1'],
	[9, 8, '3.0'],
	[60, 0, '2.8'],
	[16, 4, '2.6'],
	[9, 7, '2.5'],
	[47, 0, '2.4'],
];

/** `3.9`, or `4.1 or newer` for the newest that we can tell. */
export async function versionOf(cluster: Cluster, broker: number, context: Context): Promise<string> {
	const offers = await cluster.offers(broker, context);
	const found = firsts.findIndex(([key, version]) => offers.some(one => one.key === key && one.highest >= version));
	const release = firsts[found]?.[2];
	if (release === undefined) return 'older than 2.4';
	return found === 0 ? `${release} or newer` : release;
}
