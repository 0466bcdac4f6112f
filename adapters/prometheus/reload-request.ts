import {AdapterError, conflictError, readBeforeSending} from '../../src/errors.ts';
import type {PrometheusPort, PrometheusWriteContext} from '../../src/port/prometheus.ts';
import type {HttpClient} from '../http/client.ts';
import {findHttpRefusal} from '../http/refusal.ts';

/** A large server takes long to read its configuration: service discovery starts from the beginning. */
const reloadTimeoutMs = 30_000;

/** Reads the state of the server again, and reloads its configuration when the state has not changed. See `PrometheusPort.reload`. */
export const createReload =
	(http: HttpClient, readRuntime: PrometheusPort['runtime']): PrometheusPort['reload'] =>
	async (expected, context) => {
		const current = await readBeforeSending(readRuntime(context));
		if (current === undefined) {
			throw new AdapterError(
				'unsupported',
				'this server does not report the state of its configuration',
				'Reload it by its own means.',
			);
		}
		if (current.startTime !== expected.startTime)
			throw conflictError('the server was restarted since this was confirmed');
		if (current.lastConfigTime !== expected.lastConfigTime)
			throw conflictError('it was reloaded since this was confirmed');
		if (current.reloadConfigSuccess !== expected.reloadConfigSuccess) {
			throw conflictError(
				expected.reloadConfigSuccess
					? 'a reload failed since this was confirmed'
					: 'it was reloaded since this was confirmed',
			);
		}
		return sendReload(http, context);
	};

/** https://prometheus.io/docs/prometheus/latest/management_api/#reload */
async function sendReload(http: HttpClient, {signal, record}: PrometheusWriteContext): Promise<string> {
	try {
		await http.text(
			{method: 'POST', path: '/-/reload', operation: 'reload', accept: '*/*', timeoutMs: reloadTimeoutMs, record},
			signal,
		);
		return '';
	} catch (error) {
		const refusal = findHttpRefusal(error);
		if (refusal === undefined) throw error;
		const message = refusal.body
			.replace(/^failed to reload config: /, '')
			.replaceAll(/\s+/g, ' ')
			.trim();
		if (refusal.status === 403 && /lifecycle/i.test(refusal.body)) {
			const hint = 'Start Prometheus with --web.enable-lifecycle, or send it SIGHUP.';
			throw new AdapterError('denied', `reload: ${message}`, hint);
		}
		if (refusal.html || refusal.status !== 500 || message === '') throw error;
		// Some components have the new configuration by then, and some do not.
		if (/^one or more errors occurred while applying/.test(message)) return message;
		const hint =
			'It keeps the configuration it had. Correct the file (promtool check config names the fault), then reload again.';
		throw new AdapterError('denied', `reload: ${message}`, hint);
	}
}
