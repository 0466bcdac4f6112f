import type {Context} from '../../../src/contract/context.ts';
import type {BrokerPool} from './cluster.ts';

/**
 * The API versions by which a release is known, newest first: the API key, its highest version, and the releases that support no more
 * than that. Brokers do not report their release, only the requests that they answer (clients/src/main/resources/common/message/*.json).
 */
const releaseMarkers: readonly (readonly [key: number, version: number, releases: string])[] = [
	[89, 0, '4.1 or newer'],
	[15, 6, '4.0'],
	[1, 17, '3.9'],
	[16, 5, '3.8'],
	[69, 0, '3.7'],
	[1, 15, '3.5 or 3.6'],
	[1, 13, '3.1 to 3.4'],
	[9, 8, '3.0'],
	[60, 0, '2.8'],
	[16, 4, '2.6 or 2.7'],
	[9, 7, '2.5'],
	[47, 0, '2.4'],
];

/** The release of the brokers, as far as it can be known: `3.9`, or `4.1 or newer` for the newest. */
export async function readBrokerVersion(cluster: BrokerPool, context: Context): Promise<string> {
	const offers = await cluster.supportedRequests(context);
	const found = releaseMarkers.find(([key, version]) => offers.some(one => one.key === key && one.highest >= version));
	return found?.[2] ?? 'older than 2.4';
}
