import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse, stringify} from 'yaml';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {Document} from '../../../src/contract/document.ts';
import {initialParams} from '../../../src/contract/initial-params.ts';
import type {Params} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';
import {type ScrapeRow, scrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import type {HttpSettings} from '../../../src/port/http.ts';
import type {PrometheusQueryPort} from '../../../src/port/prometheus-ad-hoc-queries.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {loginHeaders, prometheusData, prometheusUrl} from '../../estate/prometheus.ts';
import {findAction, openSystemFixture, type SystemFixture} from '../system-fixture.ts';

export const testContext: Context = {signal: new AbortController().signal, now: () => Date.now()};

/** The settings of a console for a server of the estate, directly or through a proxy (`at`). */
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

/** Opens an inspection of a row; `params` replace the initial ones. */
export function openInspection(
	{port, target}: PrometheusFixture,
	id: string,
	row: Row,
	params: Params = {},
): Promise<Document> {
	const inspection = prometheusSystem.inspections.find(candidate => candidate.id === id);
	if (inspection === undefined) throw new Error(`no inspection ${id}`);
	const allParams = {...initialParams(inspection.params, [row]), ...params};
	return inspection.open(row, {...testContext, port, target, rows: [row], params: allParams});
}

export const documentText = ({lines}: Document): string => lines.map(line => line.text).join('\n');

/** The row of a target that is scraped at this address. */
export const scrapeRowAt = (url: string, part: Partial<ScrapeRow> = {}): ScrapeRow => ({
	...scrapeRow('prom', {
		pool: 'test',
		instance: new URL(url).host,
		labels: {job: 'test', instance: new URL(url).host},
		url,
		health: 'up',
		error: '',
		scrapedAt: undefined,
		tookMs: undefined,
		timeoutMs: undefined,
		intervalMs: undefined,
		poolSize: 1,
		poolDown: 0,
	}),
	...part,
});

type ApiSeries = {
	readonly metric: Record<string, string>;
	readonly value: [number, string];
	readonly values: [number, string][];
};

/** The series that the query API returns, read without midwatch's client. `path`: /api/v1/query or /api/v1/query_range. */
export async function querySeries(
	server: PrometheusServer,
	path: string,
	params: Readonly<Record<string, string>>,
): Promise<readonly ApiSeries[]> {
	const data = await prometheusData(server, `${path}?${new URLSearchParams(params)}`);
	return (data as {result: readonly ApiSeries[]}).result;
}

export const actionOf = (id: string): Action => findAction(prometheusSystem, id);

const fileOf = (server: PrometheusServer): string => join(server.dataDir, 'prometheus.yml');

export const readConfigFile = (server: PrometheusServer): string => readFileSync(fileOf(server), 'utf8');
export const writeConfigFile = (server: PrometheusServer, text: string): void => writeFileSync(fileOf(server), text);

/** The configuration with an external label, by which a test sees whether the server has loaded it. */
export const withExternalLabel = (config: string, label: string): string => {
	const {global, ...rest} = parse(config) as {readonly global: object};
	return stringify({global: {...global, external_labels: {marker: label}}, ...rest});
};

/** The configuration that the server has loaded, as YAML. */
export const runningConfig = async (server: PrometheusServer): Promise<string> =>
	((await prometheusData(server, '/api/v1/status/config')) as {readonly yaml: string}).yaml;

type Runtime = {readonly lastConfigTime: string; readonly reloadConfigSuccess: boolean; readonly startTime: string};

export const runtimeOf = async (server: PrometheusServer): Promise<Runtime> =>
	(await prometheusData(server, '/api/v1/status/runtimeinfo')) as Runtime;

/** Reloads the configuration by another client, at least a second after the last time: the server's times are in seconds. Returns the status. */
export async function reloadDirectly(server: PrometheusServer): Promise<number> {
	const {lastConfigTime} = await runtimeOf(server);
	while (Date.now() < Date.parse(lastConfigTime) + 1000) await new Promise(resolve => setTimeout(resolve, 20));
	const response = await fetch(`${prometheusUrl(server)}/-/reload`, {
		method: 'POST',
		headers: {...loginHeaders(server.login)},
	});
	await response.text();
	return response.status;
}

/** The number of writes that this server has received, by its own metrics. */
export async function countWrites(server: PrometheusServer): Promise<number> {
	const response = await fetch(`${prometheusUrl(server)}/metrics`, {headers: {...loginHeaders(server.login)}});
	let sum = 0;
	for (const [, handler = '', count] of (await response.text()).matchAll(
		/^prometheus_http_requests_total\{code="\d+",handler="([^"]+)"\} (\d+)/gm,
	)) {
		if (/^\/-\/(?:reload|quit)|admin/.test(handler)) sum += Number(count);
	}
	return sum;
}
