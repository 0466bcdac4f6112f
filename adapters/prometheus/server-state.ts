import type {Context} from '../../src/contract/context.ts';
import type {Note} from '../../src/contract/row.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {readsUpMetric} from '../../src/model/alert-labels.ts';
import type {PrometheusServerFacts} from '../../src/model/prometheus/prometheus-server.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';

/** Both make the server walk over much that it has: not at every poll. */
const cacheMs = 60_000;

type ServerState = Pick<PrometheusServerFacts, 'ready' | 'config' | 'series' | 'rules'>;

/** Reads what a server tells of itself. What cannot be read is told in a note; the targets do not wait for it. */
export function createStateReader(
	port: PrometheusPort,
): (context: Context) => Promise<{readonly state: ServerState; readonly notes: readonly Note[]}> {
	const series = cacheRead(port.series);
	const rules = cacheRead(port.rules);

	return async context => {
		const notes: Note[] = [];
		const tried = async <T>(
			what: string,
			read: (context: Context) => Promise<T | undefined>,
		): Promise<T | undefined> => {
			try {
				return await read(context);
			} catch (error) {
				if (context.signal.aborted) throw error;
				const hint = isAdapterError(error) ? error.hint : 'It is tried again.';
				notes.push({text: `${what} could not be read: ${messageOf(error)}`, hint, severity: 'unknown'});
				return undefined;
			}
		};
		const [ready, runtime, inMemory, all] = await Promise.all([
			tried('whether it is ready', port.ready),
			tried('its configuration', port.runtime),
			tried('its size', series),
			tried('its rules', rules),
		]);
		return {
			state: {
				ready,
				config: runtime && {loaded: runtime.reloadConfigSuccess, lastConfigTime: runtime.lastConfigTime},
				series: inMemory,
				rules: all && {
					all: all.length,
					failing: all.filter(({health}) => health === 'err'),
					ofUp: all
						.filter(({kind, expression}) => kind === 'alerting' && readsUpMetric(expression))
						.map(({name}) => name),
				},
			},
			notes,
		};
	};
}

/** The same read, whose answer counts for a while. A failed one is tried again at once. */
function cacheRead<T>(
	read: (context: Context) => Promise<T | undefined>,
): (context: Context) => Promise<T | undefined> {
	let last: {readonly at: number; readonly value: T | undefined} | undefined;
	return async context => {
		if (last === undefined || context.now() - last.at >= cacheMs)
			last = {at: context.now(), value: await read(context)};
		return last.value;
	};
}
