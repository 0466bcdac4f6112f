import type {Context} from '../../src/contract/context.ts';
import type {HttpQuery, HttpTransport} from '../../src/contract/http-transport.ts';
import type {Permission} from '../../src/contract/system.ts';
import {AdapterError, readBeforeSending, readOnlyRefusal} from '../../src/errors.ts';
import {matcherText} from '../../src/model/alertmanager/matcher.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {createHttpClient} from '../http/client.ts';
import {findHttpRefusal} from '../http/refusal.ts';
import {decodeAlerts, decodeSilenceId, decodeSilences, decodeStatus} from './decode.ts';

/** Of an answer: ten thousand alerts are about 15 MB. */
const maxResponseBytes = 64 * 1024 * 1024;
/** A new silence begins at once whatever our clock says: a start that has passed is moved to the server's own now. */
const clockSkewMs = 86_400_000;

const conflictError = (what: string): AdapterError =>
	new AdapterError('conflict', what, 'Nothing was sent. Look at the alerts as they are now, and decide again.');

const sameStrings = (a: readonly string[], b: readonly string[]): boolean =>
	a.length === b.length && a.every(one => b.includes(one));

export type AlertmanagerClient = {
	readonly port: AlertmanagerPort;
	permissions(context: Context): Promise<readonly Permission[]>;
	close(): void;
};

/**
 * The port on a real server. Nothing is connected before the first read. `via` stands for our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createAlertmanagerClient(
	settings: AlertmanagerSettings,
	options: {readonly readOnly: boolean; readonly via?: HttpTransport | undefined},
): AlertmanagerClient {
	const http = createHttpClient(settings, {via: options.via});

	const port: AlertmanagerPort = {
		async alerts({signal}, matchers = []) {
			const query: HttpQuery = matchers.map(matcher => ['filter', matcherText(matcher)]);
			return decodeAlerts(
				await http.json({path: '/api/v2/alerts', query, operation: 'alerts', maxBytes: maxResponseBytes}, signal),
			);
		},
		silences: async ({signal}) =>
			decodeSilences(
				await http.json({path: '/api/v2/silences', operation: 'silences', maxBytes: maxResponseBytes}, signal),
			),
		status: async ({signal}) => decodeStatus(await http.json({path: '/api/v2/status', operation: 'status'}, signal)),
		async createSilence({matchers, startsAt, endsAt, createdBy, comment}, alert, context) {
			if (options.readOnly) throw readOnlyRefusal();
			if (alert !== undefined) {
				const alerts = await readBeforeSending(port.alerts(context));
				const now = alerts.find(({fingerprint}) => fingerprint === alert.fingerprint);
				if (now === undefined) throw conflictError('the alert has ended since this was confirmed');
				if (now.startsAt !== alert.startsAt)
					throw conflictError('the alert has ended and fires anew since this was confirmed');
				if (!sameStrings(now.silencedBy, alert.silencedBy))
					throw conflictError('somebody silenced it, or let it be told again, since this was confirmed');
			}
			const {signal, now, record} = context;
			const from = startsAt ?? new Date(now() - clockSkewMs).toISOString();
			const body = {matchers, startsAt: from, endsAt, createdBy, comment};
			return decodeSilenceId(
				await http.json({method: 'POST', path: '/api/v2/silences', body, operation: 'a new silence', record}, signal),
			);
		},
		async expireSilence({id, endsAt}, context) {
			if (options.readOnly) throw readOnlyRefusal();
			const now = (await readBeforeSending(port.silences(context))).find(silence => silence.id === id);
			if (now === undefined || now.state === 'expired')
				throw conflictError('the silence has ended since this was confirmed');
			if (now.endsAt !== endsAt) throw conflictError(`the silence ends at ${now.endsAt} now, it was ${endsAt}`);
			const {signal, record} = context;
			const path = `/api/v2/silence/${encodeURIComponent(id)}`;
			try {
				await http.text({method: 'DELETE', path, operation: 'the end of a silence', record}, signal);
			} catch (error) {
				// 500 in 0.25, 404 in newer ones.
				if (/silence (?:\S+ )?not found/i.test(findHttpRefusal(error)?.body ?? ''))
					throw conflictError('the server does not know this silence any more');
				throw error;
			}
		},
	};

	/** An Alertmanager has no users of its own: what may be read is tried, what may be written only what stands before it knows. */
	async function permissions(context: Context): Promise<readonly Permission[]> {
		const reads = [
			{needs: 'alerts', path: '/api/v2/alerts', read: () => port.alerts(context)},
			{needs: 'silences', path: '/api/v2/silences', read: () => port.silences(context)},
		];
		const told = await Promise.all(
			reads.map(async ({needs, path, read}): Promise<Permission> => {
				const name = `GET ${path}`;
				try {
					await read();
					return {needs, name, state: 'have', grant: ''};
				} catch (error) {
					if (!(error instanceof AdapterError)) throw error;
					const grant = `allow ${name} where ${http.endpoint} is guarded`;
					return {needs, name, state: error.kind === 'denied' ? 'lack' : 'unknown', grant};
				}
			}),
		);
		const writes = [
			{needs: 'alertmanager.silence', name: 'POST /api/v2/silences'},
			{needs: 'alertmanager.expire-silence', name: 'DELETE /api/v2/silence'},
		];
		return [
			...told,
			...writes.map(({needs, name}): Permission => {
				const grant = `allow ${name} where ${http.endpoint} is guarded`;
				return {needs, name, state: 'unknown', grant};
			}),
		];
	}

	return {port, permissions, close: () => http.close()};
}
