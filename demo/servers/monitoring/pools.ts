import {hasProblem, type Scenario} from '../../scenario.ts';

/** Targets of each pool, and the port they are scraped at: 214 in all. */
export const pools: readonly (readonly [pool: string, targets: number, port: number])[] = [
	['node', 12, 9100],
	['kubelet', 12, 10_250],
	['cadvisor', 12, 10_250],
	['log-shipper', 12, 2020],
	['checkout-api', 6, 8080],
	['cart', 8, 8080],
	['orders-api', 8, 8080],
	['orders-worker', 24, 8080],
	['payments-api', 8, 8080],
	['search-api', 10, 8080],
	['catalog-api', 10, 8080],
	['media-thumb', 14, 8080],
	['gateway-edge', 30, 9901],
	['identity-api', 8, 8080],
	['notify-mailer', 6, 8080],
	['inventory-api', 8, 8080],
	['shipping-tracking', 8, 8080],
	['postgres', 4, 9187],
	['redis', 3, 9121],
	['kafka', 3, 9308],
	['coredns', 4, 9153],
	['prometheus', 2, 9090],
	['alertmanager', 2, 9093],
];

/** Why the first targets of a pool cannot be scraped. `movedTo`: they serve their metrics at this port now, by the corrected file. */
type ScrapeFault = {readonly targets: number; readonly error: (address: string) => string; readonly movedTo?: number};

const refused = (address: string) =>
	`Get "http://${address}/metrics": dial tcp ${address}: connect: connection refused`;
const noRoute = (address: string) => `Get "http://${address}/metrics": dial tcp ${address}: connect: no route to host`;
const deadline = (address: string) => `Get "http://${address}/metrics": context deadline exceeded`;

/** Where a new release of checkout-api serves its metrics. */
const newPort = 9464;

/** What is wrong with the pools in this scenario. */
export function scrapeFaults(scenario: Scenario): Readonly<Record<string, ScrapeFault>> {
	if (!hasProblem(scenario, 'scrape')) return {};
	const storm = scenario.name === 'storm';
	return {
		'checkout-api': {targets: storm ? 3 : 1, error: refused, movedTo: newPort},
		...(storm ? {kubelet: {targets: 1, error: noRoute}, 'gateway-edge': {targets: 9, error: deadline}} : {}),
	};
}

/** Whether the scrape of a fault takes until its timeout. */
export const isTimeoutError = (error: string): boolean => error.endsWith('deadline exceeded');
