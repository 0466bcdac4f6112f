import type {Context} from '../../src/contract/context.ts';
import {defineSystem} from '../../src/contract/define.ts';
import type {ConnectOptions} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {alertmanagerFindingTypes} from '../../src/model/alertmanager/alertmanager-finding-types.ts';
import {classifyUrlChannel} from '../../src/model/channel-security.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {loadPatterns} from '../../src/text/pattern.ts';
import {systemClock} from '../../src/time/clock.ts';
import {httpServerId} from '../http/cli-equivalent.ts';
import {httpLeastGrants} from '../http/least-grants.ts';
import {httpLinks, readHttpAttributes} from '../http/target-links.ts';
import {createViaTransport} from '../http/via.ts';
import {alertmanagerAlertsSource} from './alerts.ts';
import {createSilence} from './create-silence.ts';
import {expireSilence} from './expire-silence.ts';
import {inspectAlertmanagerAlert} from './inspect-alert.ts';
import {inspectSilence} from './inspect-silence.ts';
import {silencesSource} from './silences.ts';

async function connect(target: Target<AlertmanagerSettings>, options: ConnectOptions) {
	const [{createAlertmanagerClient}] = await Promise.all([import('./client.ts'), loadPatterns()]);
	const settings = target.settings;
	const via = createViaTransport(settings, options);
	const client = createAlertmanagerClient(settings, {readOnly: options.readOnly, via});
	const {auth} = settings;
	return {
		port: client.port,
		async identify(context: Context) {
			// The first read also connects; latency is that of the second.
			await client.port.status(context);
			const began = systemClock.monotonic();
			const {version} = await client.port.status(context);
			// Alertmanager has no users: only a proxy in front of it knows us, by our login.
			const who = auth.kind === 'basic' ? auth.username : auth.kind === 'bearer' ? 'the owner of a token' : 'anonymous';
			const latencyMs = systemClock.monotonic() - began;
			const channel = (await via?.channelSecurity?.(context)) ?? classifyUrlChannel(settings.url);
			return {version: `Alertmanager ${version}`, who, latencyMs, channel, server: httpServerId(settings)};
		},
		permissions: (context: Context) => client.permissions(context),
		close: async () => client.close(),
	};
}

/** Alertmanager and other servers with its API v2: alerts and silences. */
export const alertmanagerSystem = defineSystem<AlertmanagerPort, AlertmanagerSettings>({
	kind: 'alertmanager',
	title: 'Alertmanager',
	short: 'alerts',
	sources: [alertmanagerAlertsSource, silencesSource],
	actions: [createSilence, expireSilence],
	inspections: [inspectAlertmanagerAlert, inspectSilence],
	findingTypes: alertmanagerFindingTypes,
	loadConfig: async () =>
		(await import('../http/config/http-config.ts')).createHttpConfig('alertmanager', 'ALERTMANAGER_URL'),
	serverAddress: ({url}) => url,
	links: httpLinks,
	readAttributes: readHttpAttributes,
	grants: target =>
		httpLeastGrants(target.settings, {
			read: ['GET /api/v2/'],
			write: ['POST /api/v2/silences', 'DELETE /api/v2/silence/'],
		}),
	connect,
});
