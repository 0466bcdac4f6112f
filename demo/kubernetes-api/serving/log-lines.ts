import type {ClusterScenario} from '../cluster-scenario.ts';

type LogLineOptions = {
	/** Id of the run of the container that wrote the line. */
	readonly id: string;
	readonly index: number;
	/** Epoch milliseconds. */
	readonly at: number;
	readonly form: 'text' | 'json' | ((index: number) => string);
	readonly scenario: ClusterScenario;
};

const paths = ['/v1/carts', '/v1/orders', '/v1/prices', '/v1/items', '/healthz', '/v1/sessions', '/v1/search'];
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT'];
const statuses = [200, 200, 200, 200, 201, 204, 304, 404, 500];

const pick = <T>(list: readonly T[], random: number): T | undefined => list[Math.floor(random * list.length)];

/** One line of a web service's log, with its number in it. Equal arguments give the same line. */
export function logLine({id, index, at, form, scenario}: LogLineOptions): string {
	if (typeof form === 'function') return form(index);
	const random = (what: string) => scenario.stableRandom(`${id} ${index} ${what}`);
	const path = pick(paths, random('path')) ?? '/';
	const method = pick(methods, random('method')) ?? 'GET';
	const status = pick(statuses, random('status')) ?? 200;
	const ms = Math.round(3 + 240 * random('ms') ** 4);
	const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
	const time = new Date(at).toISOString();
	if (form === 'json') return JSON.stringify({time, level, msg: 'request', method, path, status, ms, seq: index});
	return `${time} ${level.toUpperCase().padEnd(5)} ${method} ${path} ${status} ${ms}ms seq=${index}`;
}
