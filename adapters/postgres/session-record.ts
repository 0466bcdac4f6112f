import type {SessionRecord, SignalledSession} from '../../src/port/postgres.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';

/** The column `query`, redacted: a statement may contain the password that it sets. */
export const decodeQuery = (row: decode.TextRow): string | undefined => {
	const query = decode.optionalText(row, 'query');
	return query === undefined ? undefined : redact(query);
};

export function decodeSession(row: decode.TextRow): SessionRecord {
	const signal = decode.optionalText(row, 'signal');
	return {
		pid: decode.requiredNumber(row, 'pid'),
		database: decode.optionalText(row, 'datname'),
		user: decode.optionalText(row, 'usename'),
		application: decode.optionalText(row, 'application_name') ?? '',
		client: decode.optionalText(row, 'client'),
		backendType: decode.optionalText(row, 'backend_type'),
		state: decode.optionalText(row, 'state'),
		waitType: decode.optionalText(row, 'wait_event_type'),
		waitEvent: decode.optionalText(row, 'wait_event'),
		backendStart: decode.optionalText(row, 'backend_start'),
		transactionStart: decode.optionalText(row, 'xact_start'),
		queryStart: decode.optionalText(row, 'query_start'),
		transactionSeconds: decode.optionalNumber(row, 'xact_s'),
		querySeconds: decode.optionalNumber(row, 'query_s'),
		stateSeconds: decode.optionalNumber(row, 'state_s'),
		horizonAge: decode.optionalNumber(row, 'horizon'),
		query: decodeQuery(row),
		hidden: decode.requiredBoolean(row, 'hidden'),
		signal: signal === 'may' || signal === 'superuser' ? signal : 'role',
	};
}

export const decodeSignalledSession = (row: decode.TextRow): SignalledSession => ({
	state: decode.optionalText(row, 'state'),
	transactionStart: decode.optionalText(row, 'xact_start'),
	queryStart: decode.optionalText(row, 'query_start'),
	query: decodeQuery(row),
});
