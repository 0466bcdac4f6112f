import type {Context} from '../../src/contract/context.ts';
import type {HttpQuery, HttpTransport} from '../../src/contract/http-transport.ts';
import type {Permission} from '../../src/contract/system.ts';
import {rejectReadOnly} from '../../src/errors.ts';
import {matcherText} from '../../src/model/alertmanager/matcher.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {createHttpClient} from '../http/client.ts';
import {decodeAlertmanagerAlerts, decodeSilences, decodeStatus} from './decode.ts';
import {readAlertmanagerPermissions} from './permissions.ts';
import {createSilenceWrites} from './silence-writes.ts';

/** Ten thousand alerts are about 15 MB. */
const maxResponseBytes = 64 * 1024 * 1024;

export type AlertmanagerClient = {
	readonly port: AlertmanagerPort;
	permissions(context: Context): Promise<readonly Permission[]>;
	close(): void;
};

/**
 * The port on a real server. Nothing is connected before the first read. `via` replaces our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createAlertmanagerClient(
	settings: AlertmanagerSettings,
	options: {readonly readOnly: boolean; readonly via?: HttpTransport | undefined},
): AlertmanagerClient {
	const http = createHttpClient(settings, {via: options.via});
	const read = (path: string, operation: string, {signal}: Context, query: HttpQuery = []) =>
		http.json({path, query, operation, maxBytes: maxResponseBytes}, signal);

	const reads = {
		alerts: async (context, matchers = []) =>
			decodeAlertmanagerAlerts(
				await read(
					'/api/v2/alerts',
					'alerts',
					context,
					matchers.map(matcher => ['filter', matcherText(matcher)]),
				),
			),
		silences: async context => decodeSilences(await read('/api/v2/silences', 'silences', context)),
		status: async context => decodeStatus(await read('/api/v2/status', 'status', context)),
	} satisfies Partial<AlertmanagerPort>;
	const writes = options.readOnly
		? {createSilence: rejectReadOnly, expireSilence: rejectReadOnly}
		: createSilenceWrites(http, reads);
	const port: AlertmanagerPort = {...reads, ...writes};

	return {
		port,
		permissions: context => readAlertmanagerPermissions(port, http.endpoint, context),
		close: () => http.close(),
	};
}
