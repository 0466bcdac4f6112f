import {describe, expect, it} from 'vitest';
import type {Row, RowKind, Snapshot} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import type {Connection, System} from '../../../src/contract/system.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createWatch} from '../../../src/watch/watch.ts';
import type {WatchedTarget} from '../../../src/watch/watched-target.ts';
import {createFakeClock} from '../../fake-clock.ts';

const session: RowKind = 'postgres.session';
const prefix: RowKind = 'redis.prefix';

type Reads = {rows(): Promise<readonly Row[]>};

const sourceOf = (kind: RowKind, cost: Source['cost']): Source<Row, Reads> => ({
	kind,
	title: kind,
	intervalMs: 2000,
	timeoutMs: 5000,
	cost,
	cliEquivalent: () => [],
	open: port => async (): Promise<Snapshot> => ({rows: await port.rows(), gauges: [], omitted: 0, notes: []}),
	findings: () => [],
});

const rowOf = (id: string): Row => ({id, kind: 'postgres.session', target: 'a', severity: 'ok'});

type Far = {
	connect: () => Promise<Connection<Reads>>;
	closed: number;
	reads: number;
	identified: number;
};

/** A target whose far end does as the test says. */
function target(name: string, part: Partial<Far> = {}): {readonly watched: WatchedTarget; readonly far: Far} {
	const far: Far = {
		closed: 0,
		reads: 0,
		identified: 0,
		connect: async () => connection(),
		...part,
	};
	const connection = (): Connection<Reads> => ({
		port: {
			async rows() {
				far.reads += 1;
				return [rowOf(`${name}-${far.reads}`)];
			},
		},
		async identify() {
			far.identified += 1;
			return {version: '16.4', who: 'midwatch', latencyMs: 1, channel: 'local'};
		},
		permissions: async () => [],
		async close() {
			far.closed += 1;
		},
	});
	const system: System<Reads> = {
		kind: 'postgres',
		title: 'Test',
		sources: [sourceOf(session, 'cheap'), sourceOf(prefix, 'costly')],
		actions: [],
		inspections: [],
		findingTypes: [],
		loadConfig: () => Promise.reject(new Error('it is not configured')),
		connect: () => far.connect(),
	};
	return {watched: {target: {name, kind: 'postgres', production: true, settings: {}}, system}, far};
}

const refused = () => new AdapterError('unreachable', 'connection refused', 'Start it.');

function createWatchFixture(...targets: readonly {readonly watched: WatchedTarget}[]) {
	const clock = createFakeClock();
	const watch = createWatch({targets: targets.map(t => t.watched), clock, readOnly: false, random: () => 0});
	return {clock, watch};
}

describe('watch', () => {
	it('gives a system the connection of another target, and says when that one is not watched', async () => {
		const other = target('other');
		const answers: unknown[] = [];
		const one = target('one');
		const system: System<Reads> = {
			...one.watched.system,
			async connect(_target, {linked}) {
				const rows = await linked?.<Reads>('other').then(({port}) => port.rows());
				answers.push(rows, await linked?.('missing').catch((error: unknown) => error));
				return one.far.connect();
			},
		};
		const {watch} = createWatchFixture({watched: {...one.watched, system}}, other);
		await watch.connection('one');
		expect(answers).toEqual([
			[rowOf('other-1')],
			expect.objectContaining({kind: 'unsupported', message: 'target missing is left out'}),
		]);
		await watch.close();
		expect(other.far.closed).toBe(1);
	});

	it('reads every target and the identity of each server', async () => {
		const {clock, watch} = createWatchFixture(target('a'), target('b'));
		expect(watch.readings().map(reading => reading.state)).toEqual(['connecting', 'paused', 'connecting', 'paused']);
		watch.start();
		await clock.advance(1);
		expect(watch.readings().map(reading => reading.state)).toEqual(['live', 'paused', 'live', 'paused']);
		expect(watch.identity('b')).toEqual({version: '16.4', who: 'midwatch', latencyMs: 1, channel: 'local'});
	});

	it('reads the other targets when one cannot connect', async () => {
		const dead = target('dead', {connect: () => Promise.reject(refused())});
		const silent = target('silent', {connect: () => new Promise(() => {})});
		const {clock, watch} = createWatchFixture(dead, silent, target('well'));
		watch.start();
		await clock.advance(20_000);
		expect(watch.reading('dead', session).get()).toMatchObject({
			state: 'failed',
			failure: {kind: 'unreachable', message: 'connection refused'},
		});
		expect(watch.reading('silent', session).get()).toMatchObject({state: 'failed', failure: {kind: 'timeout'}});
		expect(watch.reading('well', session).get().state).toBe('live');
		expect(watch.identity('dead')).toBeUndefined();
		expect(watch.identity('well')).toBeDefined();
	});

	it('reconnects by itself, and reads the identity of the server again', async () => {
		const far = target('a');
		const works = far.far.connect;
		far.far.connect = () => Promise.reject(refused());
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(10_000);
		far.far.connect = works;
		await clock.advance(2000);
		expect(watch.reading('a', session).get().state).toBe('live');
		await clock.advance(60_000);
		expect(far.far.identified).toBe(1);
	});

	it('reads the identity again after reads failed: it may be another server now', async () => {
		const far = target('a');
		const works = far.far.connect;
		let broken = false;
		far.far.connect = async () => ({
			...(await works()),
			port: {rows: () => (broken ? Promise.reject(refused()) : Promise.resolve([]))},
		});
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(60_000);
		expect(far.far.identified).toBe(1);
		broken = true;
		await clock.advance(10_000);
		expect(far.far.identified).toBe(1);
		broken = false;
		await clock.advance(60_000);
		expect(watch.reading('a', session).get().state).toBe('live');
		expect(far.far.identified).toBe(2);
	});

	it('moves the time of every reading when the wall clock was set', async () => {
		const {clock, watch} = createWatchFixture(target('a'), target('b'));
		watch.start();
		await clock.advance(1);
		const before = watch.readings().map(({readAt}) => readAt);
		watch.handleClockJump(3_600_000);
		expect(watch.readings().map(({readAt}) => readAt)).toEqual(
			before.map(readAt => (readAt === undefined ? undefined : readAt + 3_600_000)),
		);
		expect(before.filter(readAt => readAt !== undefined)).toHaveLength(2);
	});

	it('gives up connecting after ten seconds, and closes the connection that comes later', async () => {
		const far = target('a');
		const works = far.far.connect;
		const {clock, watch} = createWatchFixture(far);
		far.far.connect = () => new Promise(resolve => clock.after(12_000, () => resolve(works())));
		const failure = watch.connection('a').catch((error: unknown) => error);
		await clock.advance(11_000);
		expect(await failure).toMatchObject({kind: 'timeout', message: 'connecting takes too long'});
		expect(far.far.closed).toBe(0);
		await clock.advance(2000);
		expect(far.far.closed).toBe(1);
	});

	it('retries failed sources as soon as one source of the same target recovers', async () => {
		const [slow, other] = [target('a'), target('b')];
		const works = slow.far.connect;
		const fails = () => Promise.reject(refused());
		Object.assign(slow.far, {connect: fails});
		Object.assign(other.far, {connect: fails});
		const {clock, watch} = createWatchFixture(slow, other);
		watch.start();
		// Half an interval later than the others, so that it would be read half an interval later as well.
		await clock.advance(1000);
		watch.setVisible(new Set([prefix]));
		await clock.advance(1);
		expect(watch.reading('a', prefix).get()).toMatchObject({state: 'failed', failure: {attempts: 1}});
		slow.far.connect = works;
		await clock.advance(1000);
		expect(watch.reading('a', session).get().state).toBe('live');
		expect(watch.reading('a', prefix).get().state).toBe('live');
		expect(watch.reading('b', session).get()).toMatchObject({state: 'failed', failure: {attempts: 2}});
		expect(watch.reading('b', prefix).get()).toMatchObject({state: 'failed', failure: {attempts: 1}});
	});

	it('retries a read that was in flight when the target recovered', async () => {
		const far = target('a');
		const works = far.far.connect;
		far.far.connect = () => Promise.reject(refused());
		const {clock, watch} = createWatchFixture(far);
		watch.setVisible(new Set([prefix]));
		watch.start();
		await clock.advance(1);
		const failures = () => watch.reading('a', prefix).get().failure?.attempts;
		expect(failures()).toBe(1);
		let hang = true;
		far.far.connect = async () => {
			const made = await works();
			const {rows} = made.port;
			// The first caller hangs until its own timeout; the next one gets an answer.
			const once = () => {
				if (!hang) return rows();
				hang = false;
				return new Promise<never>(() => {});
			};
			return {...made, port: {rows: once}};
		};
		await clock.advance(2000);
		const states = () => [session, prefix].map(kind => watch.reading('a', kind).get().state).sort();
		expect(states()).toEqual(['failed', 'live']);
		await clock.advance(5000 + 500);
		expect(states()).toEqual(['live', 'live']);
	});

	it('turns an exception of an adapter into a failed reading', async () => {
		const far = target('a', {
			connect: () => {
				throw new TypeError('undefined is not a function');
			},
		});
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(1);
		expect(watch.reading('a', session).get().failure).toMatchObject({
			kind: 'malformed',
			message: 'undefined is not a function',
		});
	});

	it('shares one connection between sources, actions and identity', async () => {
		const far = target('a');
		let connects = 0;
		const works = far.far.connect;
		far.far.connect = () => {
			connects += 1;
			return works();
		};
		const {clock, watch} = createWatchFixture(far);
		watch.setVisible(new Set([prefix]));
		watch.start();
		await clock.advance(1);
		const first = await watch.connection('a');
		const second = await watch.connection('a');
		expect(first.connection).toBe(second.connection);
		expect(first.port).toBe(first.connection.port);
		expect(first.target.name).toBe('a');
		expect(connects).toBe(1);
	});

	it('reads costly sources only while they are visible', async () => {
		const far = target('a');
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(10_000);
		expect(watch.reading('a', prefix).get()).toMatchObject({state: 'paused', snapshot: undefined});
		watch.setVisible(new Set([prefix]));
		await clock.advance(1);
		expect(watch.reading('a', prefix).get().state).toBe('live');
		const {readAt} = watch.reading('a', prefix).get();
		watch.setVisible(new Set());
		await clock.advance(10_000);
		expect(watch.reading('a', prefix).get()).toMatchObject({state: 'paused', readAt});
		expect(watch.reading('a', session).get().state).toBe('live');
	});

	it('calls a listener once for all changes of one tick, and not without a change', async () => {
		const {clock, watch} = createWatchFixture(target('a'), target('b'), target('c'));
		let calls = 0;
		const stop = watch.subscribe(() => {
			calls += 1;
		});
		watch.start();
		await clock.advance(1);
		expect(calls).toBeGreaterThan(0);
		expect(calls).toBeLessThanOrEqual(4);
		const before = calls;
		const readings = watch.readings();
		await clock.advance(100);
		expect(calls).toBe(before);
		expect(watch.readings()).toBe(readings);
		stop();
		await clock.advance(10_000);
		expect(calls).toBe(before);
		expect(watch.readings()).not.toBe(readings);
	});

	it('refreshes one target or all', async () => {
		const a = target('a');
		const b = target('b');
		const {clock, watch} = createWatchFixture(a, b);
		watch.start();
		await clock.advance(600);
		const before = [a.far.reads, b.far.reads];
		watch.refresh('a');
		await clock.advance(1);
		expect([a.far.reads, b.far.reads]).toEqual([(before[0] ?? 0) + 1, before[1]]);
		await clock.advance(600);
		watch.refresh();
		await clock.advance(1);
		expect(b.far.reads).toBe((before[1] ?? 0) + 1);
	});

	it('closes every connection once, stops reading, and refuses later calls', async () => {
		const far = target('a');
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(1);
		await Promise.all([watch.close(), watch.close()]);
		expect(far.far.closed).toBe(1);
		const reads = far.far.reads;
		await clock.advance(60_000);
		expect(far.far.reads).toBe(reads);
		await expect(watch.connection('a')).rejects.toMatchObject({name: 'AdapterError', kind: 'unreachable'});
	});

	it('closes at once while connecting, and closes the connection that comes late', async () => {
		let arrive = (_: Connection<Reads>) => {};
		const far = target('a');
		const works = far.far.connect;
		far.far.connect = () =>
			new Promise(resolve => {
				arrive = resolve;
			});
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(1);
		await watch.close();
		arrive(await works());
		await clock.settle();
		expect(far.far.closed).toBe(1);
	});

	it('does not wait for a connection that never closes', async () => {
		const far = target('a');
		const works = far.far.connect;
		far.far.connect = async () => ({...(await works()), close: () => new Promise<void>(() => {})});
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(1);
		let closed = false;
		const closing = watch.close().then(() => {
			closed = true;
		});
		await clock.advance(2999);
		expect(closed).toBe(false);
		await clock.advance(1);
		await closing;
		expect(closed).toBe(true);
	});

	it('ignores an error of closing a connection', async () => {
		const far = target('a');
		const works = far.far.connect;
		far.far.connect = async () => ({...(await works()), close: () => Promise.reject(new Error('already closed'))});
		const {clock, watch} = createWatchFixture(far);
		watch.start();
		await clock.advance(1);
		await expect(watch.close()).resolves.toBeUndefined();
	});

	it('refuses two targets of one name, and names an unknown target', () => {
		expect(() => createWatchFixture(target('a'), target('a'))).toThrow(/Two targets are called a/);
		const {watch} = createWatchFixture(target('a'));
		expect(() => watch.reading('b', session)).toThrow(/No target is called b/);
		expect(() => watch.reading('a', 'kafka.lag')).toThrow(/a has no source kafka.lag/);
	});
});
