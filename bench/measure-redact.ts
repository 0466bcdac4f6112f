import {redact} from '../src/text/redact.ts';
import type {Figure} from './figure.ts';
import type {Part} from './part.ts';

/** As web servers, Kubernetes, PostgreSQL, Kafka and Redis write them; none holds a secret. */
const kinds: readonly ((index: number) => string)[] = [
	at =>
		`10.244.3.${at % 250} - - [21/Nov/2026:14:05:07 +0000] "GET /api/v1/orders/${at * 7919}?page=3 HTTP/1.1" 200 ${at * 13} "https://shop.example/cart" "Mozilla/5.0 (X11; Linux x86_64)"`,
	at =>
		`{"level":"info","ts":"2026-11-21T14:05:22.${at}Z","msg":"request completed","method":"GET","path":"/api/v1/items/${at}","status":200,"trace_id":"4bf92f3577b34da6a3ce929d0e0e47${(at % 90) + 10}"}`,
	at =>
		`I1121 14:05:22.${100_000 + at} 1 controller.go:114] "Reconciling object" controller="deployment" namespace="shop" name="orders-${at}"`,
	at =>
		`2026-11-21 14:05:22.113 UTC [${at}] orders@shop LOG:  duration: ${at % 900}.231 ms  statement: SELECT id, total FROM orders WHERE customer_id = $1 LIMIT 50`,
	at => `\tat com.example.orders.web.OrderController.list(OrderController.java:${at}) ~[orders.jar!/:1.4.2]`,
	at =>
		`[2026-11-21 14:05:22,113] INFO [GroupCoordinator 1]: Preparing to rebalance group payments with old generation ${at} (kafka.coordinator.group.GroupCoordinator)`,
	at => `1:M 21 Nov 2026 14:05:22.113 * Background saving started by pid ${at}`,
];
const ordinary = Array.from({length: 1000}, (_, at) => kinds[at % kinds.length]?.(at) ?? '');

/** Each is repeated, and had taken quadratic or exponential time once, or looks as if it could. */
const hostile = [
	'password--',
	'password/*',
	'password/**/',
	'redis-cli ',
	'decrypt(',
	'x://a:',
	'name: a_token ',
	'eyJ',
];

const runs = 12;

/** The milliseconds of the processor that several runs took. */
function millisOf(work: () => void): readonly number[] {
	return Array.from({length: runs}, () => {
		const began = process.cpuUsage();
		work();
		const {user, system} = process.cpuUsage(began);
		return (user + system) / 1000;
	}).slice(runs / 4);
}

/** Looking for secrets in lines of a log. */
export const redactPart: Part = {name: 'redact', form: 'long', place: 'alone', measure};

async function measure(): Promise<readonly Figure[]> {
	const characters = ordinary.reduce((sum, line) => sum + line.length, 0);
	const speeds = Array.from({length: 300}, () => {
		const began = performance.now();
		for (const line of ordinary) redact(line);
		return characters / 1e3 / (performance.now() - began);
	});
	const slowness = hostile.map(part => {
		const [short = '', long = ''] = [262_144, 1_048_576].map(size => part.repeat(size / part.length));
		const [one, four] = [short, long].map(text => Math.min(...millisOf(() => void redact(text))));
		return {part, msPerMb: ((one ?? 0) / short.length) * 1e6, growth: (four ?? 0) / (one ?? 1)};
	});
	const worst = slowness.reduce((a, b) => (a.msPerMb > b.msPerMb ? a : b));
	const steepest = slowness.reduce((a, b) => (a.growth > b.growth ? a : b));
	return [
		{
			id: 'redact-speed',
			title: 'looking for secrets in ordinary lines',
			// Whatever else the machine does only takes from it.
			value: Math.max(...speeds),
			unit: 'MB/s',
			must: undefined,
			note: `the best of ${speeds.length} runs`,
			everywhere: false,
		},
		{
			id: 'redact-worst',
			title: 'the slowest hostile line of 64 kB',
			value: (worst.msPerMb * 65_536) / 1e6,
			unit: 'ms',
			must: 50,
			note: `${JSON.stringify(worst.part)} repeated`,
			everywhere: false,
		},
		{
			id: 'redact-growth',
			title: 'time of a hostile line four times as long',
			value: steepest.growth,
			unit: 'x',
			must: 8,
			note: `${JSON.stringify(steepest.part)} repeated; 4 is linear, 16 quadratic`,
			everywhere: false,
		},
	];
}
