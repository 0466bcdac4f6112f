import type {Context} from '../../src/contract/context.ts';
import type {Note} from '../../src/contract/row.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {readsUpMetric} from '../../src/model/alert-labels.ts';
import type {PrometheusServerFacts} from '../../src/model/prometheus/prometheus-server.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';

/** The reads of series and rules are expensive for the server, so they do not run at every poll. */
const cacheMs = 60_000;

type ServerState = Pick<PrometheusServerFacts, 'ready' | 'config' | 'series' | 'rules'>;

/** Returns a function that reads the state of the server. A failed read becomes a note; the targets are shown without it. */
export function createStateReader(
	port: PrometheusPort,
): (context: Context) => Promise<{readonly state: ServerState; readonly notes: readonly Note[]}> {
	const series = cacheRead(port.series);
	const rules = cacheRead(port.rules);

	return async context => {
		const notes: Note[] = [];
		const readOptional = async <T>(
			subject: string,
			read: (context: Context) => Promise<T | undefined>,
		): Promise<T | undefined> => {
			try {
				return await read(context);
			} catch (error) {
				if (context.signal.aborted) throw error;
				const hint = isAdapterError(error) ? error.hint : 'It is retried.';
				notes.push({text: `${subject} could not be read: ${messageOf(error)}`, hint, severity: 'unknown'});
				return undefined;
			}
		};
		const [ready, runtime, seriesInMemory, allRules] = await Promise.all([
			readOptional('whether it is ready', port.ready),
			readOptional('its configuration', port.runtime),
			readOptional('its size', series),
			readOptional('its rules', rules),
		]);
		return {
			state: {
				ready,
				config: runtime && {loaded: runtime.reloadConfigSuccess, lastConfigTime: runtime.lastConfigTime},
				series: seriesInMemory,
				rules: allRules && {
					all: allRules.length,
					failing: allRules.filter(({health}) => health === 'err'),
					ofUp: allRules
						.filter(({kind, expression}) => kind === 'alerting' && readsUpMetric(expression))
						.map(({name}) => name),
				},
			},
			notes,
		};
	};
}

/** The read with a cache. A failure is not cached. */
function cacheRead<T>(
	read: (context: Context) => Promise<T | undefined>,
): (context: Context) => Promise<T | undefined> {
	let last: {readonly readAt: number; readonly value: T | undefined} | undefined;
	return async context => {
		if (last === undefined || context.now() - last.readAt >= cacheMs)
			last = {readAt: context.now(), value: await read(context)};
		return last.value;
	};
}
