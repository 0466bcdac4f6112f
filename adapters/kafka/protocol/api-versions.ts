import {AdapterError} from '../../../src/errors.ts';
import type {ApiVersion} from './request-cluster.ts';
import type {WireRequest} from './wire.ts';

/** The highest version of a request that the broker and we have; undefined when there is none. */
export function commonVersion(
	supported: readonly ApiVersion[],
	request: Pick<WireRequest<never, unknown>, 'key' | 'versions'>,
): number | undefined {
	const range = supported.find(({key}) => key === request.key);
	if (range === undefined) return undefined;
	const highest = Math.min(range.highest, request.versions[1]);
	return highest >= Math.max(range.lowest, request.versions[0]) ? highest : undefined;
}

export const unsupportedRequestError = (endpoint: string, request: string): AdapterError =>
	new AdapterError(
		'unsupported',
		`${endpoint} does not support ${request} in a version that midwatch supports`,
		'midwatch reads Kafka 2.4 and newer. Newer types of groups need brokers that support them.',
	);
