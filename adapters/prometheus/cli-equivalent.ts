import type {HttpQuery} from '../../src/contract/http-transport.ts';
import type {Target} from '../../src/contract/target.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import {curlCommand} from '../http/cli-equivalent.ts';

/** The `curl` command that reads a path of the server. */
export const curlReadCommand = (target: Target<PrometheusSettings>, path: string, query: HttpQuery = []): string =>
	curlCommand(target.settings, `${path}${query.length === 0 ? '' : `?${new URLSearchParams(query)}`}`);

export const curlQueryCommand = (target: Target<PrometheusSettings>, expression: string): string =>
	curlReadCommand(target, '/api/v1/query', [['query', expression]]);

export const curlReloadCommand = (target: Target<PrometheusSettings>): string =>
	curlCommand(target.settings, '/-/reload', ['-X', 'POST']);
