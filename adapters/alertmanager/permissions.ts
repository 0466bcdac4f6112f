import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import type {AlertmanagerPort} from '../../src/port/alertmanager.ts';
import {grantOf, tryRequiredPaths} from '../http/read-permissions.ts';

const writes = [
	{needs: 'alertmanager.silence', name: 'POST /api/v2/silences'},
	{needs: 'alertmanager.expire-silence', name: 'DELETE /api/v2/silence'},
] as const;

/** Tries the reads. The writes are `unknown`: an Alertmanager has no users of its own, and only a proxy in front of it could refuse them. */
export async function readAlertmanagerPermissions(
	port: AlertmanagerPort,
	endpoint: string,
	context: Context,
): Promise<readonly Permission[]> {
	const reads = await tryRequiredPaths(
		[
			['alerts', '/api/v2/alerts', () => port.alerts(context)],
			['silences', '/api/v2/silences', () => port.silences(context)],
		],
		endpoint,
		`${endpoint} does not have it: watch an Alertmanager`,
	);
	return [
		...reads,
		...writes.map(({needs, name}): Permission => ({needs, name, state: 'unknown', grant: grantOf(name, endpoint)})),
	];
}
