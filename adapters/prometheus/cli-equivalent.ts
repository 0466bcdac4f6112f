import type {HttpQuery} from '../../src/contract/http-transport.ts';
import type {Target} from '../../src/contract/target.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import {curlLine} from '../http/cli-equivalent.ts';

/** The one place where a target's settings become ours again: configuration made them for a target of this kind. */
export const settingsOf = (target: Target): PrometheusSettings => target.settings as PrometheusSettings;

/** How a person reads an endpoint of the server. */
export const readLine = (target: Target, path: string, query: HttpQuery = []): string =>
	curlLine(settingsOf(target), `${path}${query.length === 0 ? '' : `?${new URLSearchParams(query)}`}`);

export const queryLine = (target: Target, expression: string): string =>
	readLine(target, '/api/v1/query', [['query', expression]]);

export const reloadLine = (target: Target): string => curlLine(settingsOf(target), '/-/reload', ['-X', 'POST']);
