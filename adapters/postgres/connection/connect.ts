import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {postgresError} from '../errors.ts';
import {type Host, type OpenClient, type OpenClientOptions, openClient, type PgModule} from './open-client.ts';

/**
 * Logs in to the first host that answers. The next host is tried only when one is unreachable or times out: a wrong password is wrong on
 * every host. @throws AdapterError with the messages of all hosts that were tried.
 */
export async function connectToFirstHost(
	library: PgModule,
	settings: PostgresSettings,
	hosts: readonly Host[],
	options: OpenClientOptions,
): Promise<{readonly open: OpenClient; readonly index: number}> {
	const failures: AdapterError[] = [];
	for (const [index, host] of hosts.entries()) {
		try {
			return {open: await openClient(library, settings, host, options), index};
		} catch (error) {
			const failure = postgresError(error);
			failures.push(failure);
			if (options.signal.aborted || (failure.kind !== 'unreachable' && failure.kind !== 'timeout')) throw failure;
		}
	}
	const [first, ...others] = failures;
	if (first === undefined) throw new AdapterError('unsupported', 'no host is named', 'Name one in the configuration.');
	if (others.length === 0) throw first;
	const message = failures.map(failure => failure.message).join('; ');
	throw new AdapterError(first.kind, message, first.hint, {cause: first.cause});
}
