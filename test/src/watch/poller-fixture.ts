import type {Context} from '../../../src/contract/context.ts';
import type {Finding} from '../../../src/contract/finding.ts';
import type {Reading} from '../../../src/contract/reading.ts';
import type {Gauge, Row, Snapshot} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createPoller, type ReadSnapshot} from '../../../src/watch/poller.ts';
import {emptyReading} from '../../../src/watch/poller-state.ts';
import {createStore} from '../../../src/watch/store.ts';
import {createFakeClock} from '../../fake-clock.ts';

export const intervalMs = 2000;
export const timeoutMs = 5000;

export const snapshotOf = (rows: readonly Row[], gauges: readonly Gauge[] = []): Snapshot => ({
	rows,
	gauges,
	omitted: 0,
	notes: [],
});

export const testRow = (id: string, severity: Row['severity'] = 'ok'): Row => ({
	id,
	kind: 'postgres.session',
	target: 'db',
	severity,
	why: 'it is',
});

export const testFinding = (id: string): Finding => ({
	id,
	type: 'postgres.sessions-blocked',
	target: 'db',
	severity: 'warn',
	sentence: `${id} is wrong`,
	kind: 'postgres.session',
	evidence: [],
	actions: [],
	inspections: [],
});

export const refusedError = () => new AdapterError('unreachable', 'connection refused', 'Start it.');

/** A poller on a server whose responses the test controls. */
export function createPollerFixture(
	options: {readonly cost?: Source['cost']; readonly findings?: Source['findings']} = {},
) {
	const clock = createFakeClock();
	const source: Source = {
		kind: 'postgres.session',
		title: 'Sessions',
		intervalMs,
		timeoutMs,
		cost: options.cost ?? 'cheap',
		cliEquivalent: () => [],
		open: () => () => Promise.reject(new Error('the poller is given its own way to open')),
		findings:
			options.findings ?? (snapshot => snapshot.rows.filter(r => r.severity !== 'ok').map(r => testFinding(r.id))),
	};
	const store = createStore<Reading>(emptyReading(source, 'db'));
	const starts: number[] = [];
	const signals: AbortSignal[] = [];
	let running = 0;
	let most = 0;
	const server: {answer: ReadSnapshot} = {answer: async () => snapshotOf([])};
	const read: ReadSnapshot = async (context: Context) => {
		starts.push(clock.now());
		signals.push(context.signal);
		running += 1;
		most = Math.max(most, running);
		try {
			return await server.answer(context);
		} finally {
			running -= 1;
		}
	};
	let opens = 0;
	const open = async () => {
		opens += 1;
		return read;
	};
	const poller = createPoller({source, target: 'db', open, store, clock, random: () => 0.5});
	return {clock, store, poller, starts, signals, server, most: () => most, opens: () => opens};
}

/** A read that resolves after this time. */
export const slowRead =
	(clock: ReturnType<typeof createFakeClock>, ms: number): ReadSnapshot =>
	() =>
		new Promise(resolve => {
			clock.after(ms, () => resolve(snapshotOf([])));
		});

export const silentRead: ReadSnapshot = () => new Promise(() => {});
