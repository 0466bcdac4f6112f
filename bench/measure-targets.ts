import {setTimeout as wait} from 'node:timers/promises';
import {prometheusSystem} from '../adapters/prometheus/system.ts';
import type {Target} from '../src/contract/target.ts';
import type {PrometheusSettings} from '../src/port/prometheus.ts';
import {type LargePrometheus, startLargePrometheus} from '../test/adapters/prometheus/large-prometheus.ts';
import {prometheusUrl} from '../test/estate/prometheus.ts';
import {type Figure, median, spread} from './figure.ts';

const size = 10_000;
const polls = 8;

/** The longest time that nothing else had its turn while `work` ran, in milliseconds. */
async function longestGap(work: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		// It is due after one.
		longest = Math.max(longest, now - last - 1);
		last = now;
	}, 1);
	await work();
	// What held up the loop last is seen by the next tick.
	await wait(5);
	clearInterval(timer);
	return longest;
}

/** What is measured once it is there, and then ended. */
export type Fleets = {
	measure(): Promise<readonly Figure[]>;
	end(): Promise<void>;
};

/** Two real Prometheus of ten thousand targets: with a few of them down, and with all. Each takes half a minute to scrape them once. */
export async function startFleets(): Promise<Fleets> {
	const started = await Promise.allSettled([40, size].map(down => startLargePrometheus(size, down)));
	const fleets = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
	const end = async () => {
		for (const fleet of fleets) await fleet.end();
	};
	const failed = started.find(one => one.status === 'rejected');
	if (failed !== undefined) {
		await end();
		throw failed.reason;
	}
	return {
		end,
		async measure() {
			const figures: Figure[] = [];
			for (const fleet of fleets) figures.push(await read(fleet));
			return figures;
		},
	};
}

async function read({server, down}: LargePrometheus): Promise<Figure> {
	const settings: PrometheusSettings = {
		url: prometheusUrl(server),
		auth: {kind: 'none'},
		headers: {},
		environment: {},
	};
	const target: Target<PrometheusSettings> = {name: 'prom', kind: 'prometheus', production: false, settings};
	const connection = await prometheusSystem.connect(target, {readOnly: true});
	const source = prometheusSystem.sources.find(({kind}) => kind === 'prometheus.target');
	if (source === undefined) throw new Error('Prometheus has no source of targets');
	const read = source.open(connection.port, target);
	const gaps: number[] = [];
	for (let poll = 0; poll < polls; poll++) {
		const context = {signal: AbortSignal.timeout(source.timeoutMs), now: Date.now};
		gaps.push(await longestGap(() => read(context)));
	}
	await connection.close();
	return {
		id: `targets-gap-${down}`,
		title: `longest gap while ${size} targets are read, ${down} down`,
		value: Math.max(...gaps),
		unit: 'ms',
		must: 50,
		note: `${spread(gaps, 'ms')}, median ${median(gaps).toFixed(0)}; the first reads 12 MB of them`,
		everywhere: false,
	};
}
