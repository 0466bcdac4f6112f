import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import {isAdapterError} from '../../src/errors.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';

/**
 * A Prometheus has no users with rights of their own: what may be read is tried. What may be done hangs on a flag of its command line.
 */
export async function readPrometheusPermissions(
	port: PrometheusPort,
	where: string,
	context: Context,
): Promise<readonly Permission[]> {
	const reads: readonly (readonly [needs: string, path: string, read: () => Promise<unknown>])[] = [
		['targets', '/api/v1/query', () => port.query('vector(1)', context)],
		['why scrapes fail', '/api/v1/targets', () => port.targets('', context)],
		['alerts', '/api/v1/alerts', () => port.alerts(context)],
		['rules', '/api/v1/rules', () => port.rules(context)],
		['state of the server', '/api/v1/status/runtimeinfo', () => port.runtime(context)],
	];
	const tried = await Promise.all(
		reads.map(async ([needs, path, read]): Promise<Permission> => {
			const name = `GET ${path}`;
			const grant = `allow ${name} where ${where} is guarded`;
			try {
				const answer = await read();
				if (answer !== undefined) return {needs, name, state: 'have', grant: ''};
				return {needs, name, state: 'lack', grant: `${where} does not have it: watch the Prometheus that scrapes`};
			} catch (error) {
				if (!isAdapterError(error)) throw error;
				return {needs, name, state: error.kind === 'denied' ? 'lack' : 'unknown', grant};
			}
		}),
	);
	return [...tried, await readReloadPermission(port, context)];
}

async function readReloadPermission(port: PrometheusPort, context: Context): Promise<Permission> {
	const about = {needs: 'prometheus.reload', name: '--web.enable-lifecycle'};
	const grant = 'start Prometheus with --web.enable-lifecycle';
	try {
		const flag = (await port.flags(context))?.['web.enable-lifecycle'];
		if (flag === 'true') return {...about, state: 'have', grant: ''};
		return {...about, state: flag === 'false' ? 'lack' : 'unknown', grant};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return {...about, state: 'unknown', grant};
	}
}
