import type {Labels} from '../../../src/contract/row.ts';
import type {Scenario} from '../../scenario.ts';
import {isTimeoutError, pools, scrapeFaults} from './pools.ts';

export const scrapeIntervalMs = 15_000;
export const scrapeTimeoutMs = 10_000;

export type ScrapedTarget = {
	readonly pool: string;
	readonly labels: Labels;
	readonly url: string;
	/** Empty when it is up. */
	readonly error: string;
	readonly lastScrape: number;
	readonly tookMs: number;
};

type Address = {readonly labels: Labels; readonly url: string};

/** The facts of a target that do not change with time. */
export type FixedTarget = {
	readonly pool: string;
	/** The error of its scrapes while the problem lasts; empty: none. */
	readonly fault: string;
	readonly address: Address;
	/** Where it is scraped after the configuration was reloaded; undefined: where it was. */
	readonly movedTo: Address | undefined;
	readonly offsetMs: number;
	readonly tookMs: number;
};

/** All targets; computed once, since a graph evaluates hundreds of times. */
export function fixedTargets(scenario: Scenario): readonly FixedTarget[] {
	const faults = scrapeFaults(scenario);
	return pools.flatMap(([pool, count, port], subnet) =>
		Array.from({length: count}, (_, index) => {
			const host = `10.2.${subnet + 1}.${index + 3}`;
			const known = faults[pool];
			const fault = known !== undefined && index < known.targets ? known : undefined;
			const at = (on: number): Address => ({
				labels: {instance: `${host}:${on}`, job: pool},
				url: `http://${host}:${on}${pool === 'cadvisor' ? '/metrics/cadvisor' : '/metrics'}`,
			});
			return {
				pool,
				fault: fault?.error(`${host}:${port}`) ?? '',
				address: at(port),
				movedTo: fault?.movedTo === undefined ? undefined : at(fault.movedTo),
				// Each target has its own offset in the interval, as Prometheus spreads scrapes.
				offsetMs: Math.floor(scenario.stableRandom(`${pool} ${host}`) * scrapeIntervalMs),
				tookMs: 3 + Math.floor(60 * scenario.stableRandom(`${pool} ${host} took`)),
			};
		}),
	);
}

/** The target as it was at a time. Its fault lasts from `brokenAt`, and when it moved, to `reloadedAt`. Epoch milliseconds. */
export function scrapedAt(target: FixedTarget, at: number, brokenAt: number, reloadedAt: number): ScrapedTarget {
	const {pool, fault, address, movedTo, offsetMs, tookMs} = target;
	const isBroken = fault !== '' && at >= brokenAt;
	const moved = isBroken && at >= reloadedAt ? movedTo : undefined;
	const error = isBroken && moved === undefined ? fault : '';
	const since = (((at - offsetMs) % scrapeIntervalMs) + scrapeIntervalMs) % scrapeIntervalMs;
	return {
		pool,
		...(moved ?? address),
		error,
		lastScrape: moved === undefined ? at - since : Math.max(reloadedAt, at - since),
		tookMs: error === '' ? tookMs : isTimeoutError(error) ? scrapeTimeoutMs : 1,
	};
}
