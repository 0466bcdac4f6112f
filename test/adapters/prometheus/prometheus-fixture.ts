import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse, stringify} from 'yaml';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {HttpSettings} from '../../../src/port/http.ts';
import type {PrometheusQueryPort} from '../../../src/port/prometheus-ad-hoc-queries.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {loginHeaders, prometheusData, prometheusUrl} from '../../estate/prometheus.ts';
import {findAction, openSystemFixture, type SystemFixture} from '../system-fixture.ts';

export const testContext: Context = {signal: new AbortController().signal, now: () => Date.now()};

/** How the console reaches a server of the estate, directly or through something that stands before it. */
export function settingsFor(server: PrometheusServer, at: {readonly port: number} = server): HttpSettings {
	const {login, tls} = server;
	return {
		url: prometheusUrl({...server, port: at.port}),
		auth:
			login === undefined
				? {kind: 'none'}
				: {
						kind: 'basic',
						username: login.user,
						password: {source: 'the estate', reveal: async () => login.password},
					},
		headers: {},
		...(tls === undefined ? {} : {tls: {ca: tls.ca, ...tls.shown}}),
		environment: {},
	};
}

export type PrometheusFixture = SystemFixture<PrometheusQueryPort, HttpSettings>;

export const openPrometheus = (
	settings: HttpSettings,
	options?: {readonly readOnly: boolean},
): Promise<PrometheusFixture> =>
	openSystemFixture(prometheusSystem, {name: 'prom', kind: 'prometheus', production: false, settings}, options);

export const actionOf = (id: string): Action => findAction(prometheusSystem, id);

const fileOf = (server: PrometheusServer): string => join(server.dataDir, 'prometheus.yml');

export const readConfigFile = (server: PrometheusServer): string => readFileSync(fileOf(server), 'utf8');
export const writeConfigFile = (server: PrometheusServer, text: string): void => writeFileSync(fileOf(server), text);

/** The same configuration, which calls what it sends elsewhere by another name: the server shows whether it goes by it. */
export const withExternalLabel = (config: string, label: string): string => {
	const {global, ...rest} = parse(config) as {readonly global: object};
	return stringify({global: {...global, external_labels: {marker: label}}, ...rest});
};

/** What the server itself says that it goes by. */
export const runningConfig = async (server: PrometheusServer): Promise<string> =>
	((await prometheusData(server, '/api/v1/status/config')) as {readonly yaml: string}).yaml;

type Runtime = {readonly lastConfigTime: string; readonly reloadConfigSuccess: boolean; readonly startTime: string};

export const runtimeOf = async (server: PrometheusServer): Promise<Runtime> =>
	(await prometheusData(server, '/api/v1/status/runtimeinfo')) as Runtime;

/** Reloads it by another client, at a moment that it tells from the last one: it counts in seconds. Gives the status. */
export async function reloadDirectly(server: PrometheusServer): Promise<number> {
	const {lastConfigTime} = await runtimeOf(server);
	while (Date.now() < Date.parse(lastConfigTime) + 1000) await new Promise(resolve => setTimeout(resolve, 20));
	const answer = await fetch(`${prometheusUrl(server)}/-/reload`, {
		method: 'POST',
		headers: {...loginHeaders(server.login)},
	});
	await answer.text();
	return answer.status;
}

/** How often somebody asked this server to change something, by its own count. */
export async function countWrites(server: PrometheusServer): Promise<number> {
	const answer = await fetch(`${prometheusUrl(server)}/metrics`, {headers: {...loginHeaders(server.login)}});
	let sum = 0;
	for (const [, handler = '', count] of (await answer.text()).matchAll(
		/^prometheus_http_requests_total\{code="\d+",handler="([^"]+)"\} (\d+)/gm,
	)) {
		if (/^\/-\/(?:reload|quit)|admin/.test(handler)) sum += Number(count);
	}
	return sum;
}
