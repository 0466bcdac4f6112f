import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import {isAdapterError} from '../../src/errors.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';
import {tryRequiredPaths} from '../http/read-permissions.ts';

/** Tries the reads: a Prometheus has no users of its own. Whether it can be reloaded depends on a flag of its command line. */
export async function readPrometheusPermissions(
	port: PrometheusPort,
	endpoint: string,
	context: Context,
): Promise<readonly Permission[]> {
	const reads = await tryRequiredPaths(
		[
			['targets', '/api/v1/query', () => port.query('vector(1)', context)],
			['why scrapes fail', '/api/v1/targets', () => port.targets('', context)],
			['alerts', '/api/v1/alerts', () => port.alerts(context)],
			['rules', '/api/v1/rules', () => port.rules(context)],
			['state of the server', '/api/v1/status/runtimeinfo', () => port.runtime(context)],
		],
		endpoint,
		`${endpoint} does not have it: watch the Prometheus that scrapes`,
	);
	return [...reads, await readReloadPermission(port, context)];
}

async function readReloadPermission(port: PrometheusPort, context: Context): Promise<Permission> {
	const permission = {needs: 'prometheus.reload', name: '--web.enable-lifecycle'};
	const grant = 'start Prometheus with --web.enable-lifecycle';
	try {
		const flag = (await port.flags(context))?.['web.enable-lifecycle'];
		if (flag === 'true') return {...permission, state: 'have', grant: ''};
		return {...permission, state: flag === 'false' ? 'lack' : 'unknown', grant};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return {...permission, state: 'unknown', grant};
	}
}
