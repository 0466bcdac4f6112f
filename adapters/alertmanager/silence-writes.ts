import {conflictError, readBeforeSending} from '../../src/errors.ts';
import type {AlertmanagerPort} from '../../src/port/alertmanager.ts';
import type {HttpClient} from '../http/client.ts';
import {findHttpRefusal} from '../http/refusal.ts';
import {decodeSilenceId} from './decode.ts';

/**
 * The start of a new silence is that much in the past, in milliseconds, so that it begins at once even when our clock is ahead: the server
 * moves a start in the past to its own time.
 */
const clockSkewMs = 86_400_000;

const hasSameItems = (a: readonly string[], b: readonly string[]): boolean =>
	a.length === b.length && a.every(item => b.includes(item));

/** The writes of the port. Each reads the alert or silence once more and sends nothing when it has changed. */
export function createSilenceWrites(
	http: HttpClient,
	reads: Pick<AlertmanagerPort, 'alerts' | 'silences'>,
): Pick<AlertmanagerPort, 'createSilence' | 'expireSilence'> {
	return {
		async createSilence({matchers, startsAt, endsAt, createdBy, comment}, alert, context) {
			if (alert !== undefined) {
				const alerts = await readBeforeSending(reads.alerts(context));
				const current = alerts.find(({fingerprint}) => fingerprint === alert.fingerprint);
				if (current === undefined) throw conflictError('the alert has ended since this was confirmed');
				if (current.startsAt !== alert.startsAt)
					throw conflictError('the alert has ended and fires again since this was confirmed');
				if (!hasSameItems(current.silencedBy, alert.silencedBy))
					throw conflictError('its silences have changed since this was confirmed');
			}
			const {signal, now, record} = context;
			const from = startsAt ?? new Date(now() - clockSkewMs).toISOString();
			const body = {matchers, startsAt: from, endsAt, createdBy, comment};
			return decodeSilenceId(
				await http.json({method: 'POST', path: '/api/v2/silences', body, operation: 'a new silence', record}, signal),
			);
		},
		async expireSilence({id, endsAt}, context) {
			const current = (await readBeforeSending(reads.silences(context))).find(silence => silence.id === id);
			if (current === undefined || current.state === 'expired')
				throw conflictError('the silence has ended since this was confirmed');
			if (current.endsAt !== endsAt) throw conflictError(`the silence ends at ${current.endsAt} now, it was ${endsAt}`);
			const {signal, record} = context;
			const path = `/api/v2/silence/${encodeURIComponent(id)}`;
			try {
				await http.text({method: 'DELETE', path, operation: 'the end of a silence', record}, signal);
			} catch (error) {
				// The status is 500 in 0.25 and 404 in newer versions.
				if (/silence (?:\S+ )?not found/i.test(findHttpRefusal(error)?.body ?? ''))
					throw conflictError('the silence does not exist any more');
				throw error;
			}
		},
	};
}
