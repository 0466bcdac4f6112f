import {readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import type {AuditEntry} from '../../../src/audit/audit-record.ts';
import {createAuditWithSinks} from '../../../src/audit/audit-with-sinks.ts';
import {createBreakGlass} from '../../../src/audit/break-glass.ts';
import {createDelivery} from '../../../src/audit/delivery.ts';
import type {ConfiguredSink} from '../../../src/audit/sink-sender.ts';
import {findUnresolvedIntents} from '../../../src/audit/unresolved-intents.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {AuditSink} from '../../../src/port/audit-sink.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

type Taken = {
	readonly seq: number;
	readonly id: string;
	readonly prev: string;
	readonly hash: string;
	readonly kind: string;
};

/** A receiver that a test can make refuse, not answer, or lose its answer after it has accepted everything. */
function receiver() {
	const taken: Taken[] = [];
	const control = {mode: 'takes' as 'takes' | 'refuses' | 'silent' | 'loses its answer', tries: 0, given: 0};
	const sink: AuditSink = {
		async send(records, signal) {
			control.tries += 1;
			if (control.mode === 'refuses') throw new AdapterError('unreachable', 'siem: ECONNREFUSED', 'start it');
			if (control.mode === 'silent') {
				await new Promise((_, reject) =>
					signal.addEventListener('abort', () => {
						control.given += 1;
						reject(signal.reason);
					}),
				);
			}
			taken.push(...records.map(({json}) => JSON.parse(json) as Taken));
			if (control.mode === 'loses its answer') throw new AdapterError('unreachable', 'siem: ECONNRESET', 'look at it');
		},
		close() {},
	};
	return {control, sink, taken, seqs: () => taken.map(({seq}) => seq)};
}

const intent = (audit: {newId(): string}): AuditEntry => ({
	kind: 'intent',
	id: audit.newId(),
	action: {id: 'probe.restart', title: 'Restart'},
	target: 'orders',
	object: 'api',
});

async function deliveryFixture(
	options: {readonly required?: boolean; readonly stateDir?: string; readonly at?: ReturnType<typeof receiver>} = {},
) {
	const stateDir = options.stateDir ?? (await scratchDir());
	const clock = createFakeClock();
	const own = createAudit({stateDir, clock, actor, app: '0.1.0'});
	const at = options.at ?? receiver();
	const configured: ConfiguredSink = {
		name: 'siem',
		destination: 'siem.example:6514',
		required: options.required ?? true,
		include: [],
		sink: at.sink,
	};
	const delivery = createDelivery({sinks: [configured], dir: own.dir, stateDir, clock});
	const breakGlass = createBreakGlass({audit: own, delivery, clock});
	const audit = createAuditWithSinks({audit: own, delivery, breakGlass});
	const state = () => delivery.state.get()[0] ?? expect.fail('no state');
	return {
		...{stateDir, clock, own, at, delivery, breakGlass, audit, state},
		/** Advances the clock until the condition holds, with real time for the disk. */
		async until(condition: () => boolean) {
			for (let turn = 0; !condition(); turn++) {
				if (turn > 5000) throw new Error('the condition never held');
				await new Promise(resolve => setTimeout(resolve, 1));
				await clock.advance(10);
			}
		},
		/** Returns the records of the log as `kind result`, oldest first. */
		kinds: async () =>
			(await own.recent(50)).toReversed().map(({kind, result}) => [kind, result].filter(Boolean).join(' ')),
	};
}

/** Expects that the receiver has every record of the log at least once, in the order of the chain. */
async function expectAll({own, at}: Awaited<ReturnType<typeof deliveryFixture>>): Promise<void> {
	const log = (await own.recent(1000)).toReversed();
	const firsts = at.taken.filter(({seq}, index) => at.taken.findIndex(record => record.seq === seq) === index);
	expect(firsts.map(({seq, hash, prev}) => [seq, hash, prev])).toEqual(
		log.map(({seq, hash, prev}) => [seq, hash, prev]),
	);
}

describe('a required copy', () => {
	test('is accepted before the intent counts as written, with all earlier records', async () => {
		const fixture = await deliveryFixture();
		await fixture.audit.append({kind: 'start'});
		const record = await fixture.audit.append(intent(fixture.audit));
		expect(fixture.at.seqs()).toEqual([1, 2]);
		expect(fixture.at.taken[1]).toMatchObject({id: record.id, kind: 'intent', hash: record.hash});
		await fixture.audit.append({kind: 'outcome', result: 'sent', of: record.id});
		await fixture.until(() => fixture.at.seqs().length === 3 && fixture.state().pendingRecords === 0);
		expect(fixture.state()).toMatchObject({pendingRecords: 0, failure: undefined, mismatch: undefined});
	});

	test.each(['refuses', 'silent'] as const)(
		'that %s stops every action: the log says so, and no outcome is unknown',
		async mode => {
			const fixture = await deliveryFixture();
			fixture.at.control.mode = mode;
			const trying = fixture.audit.append(intent(fixture.audit)).then(
				() => 'written',
				(error: unknown) => error,
			);
			let over = false;
			void trying.then(() => (over = true));
			await fixture.until(() => over);
			expect(await trying).toMatchObject({
				name: 'AuditError',
				message: expect.stringContaining('not delivered to siem'),
				hint: expect.stringContaining('press :'),
			});
			expect(await fixture.kinds()).toEqual(['intent', 'outcome refused']);
			expect(findUnresolvedIntents((await fixture.own.recent(9)).toReversed(), new Set())).toEqual([]);
			// The action stops waiting for the sink shortly before the timeout of the sink.
			await fixture.until(() => fixture.state().failure !== undefined);
			expect(fixture.state()).toMatchObject({
				required: true,
				pendingRecords: 2,
				failure: {message: expect.any(String)},
			});
			fixture.at.control.mode = 'takes';
			await fixture.until(() => fixture.state().pendingRecords === 0 && fixture.state().failure === undefined);
			await expectAll(fixture);
		},
	);

	test('that lost its answer gets the record again, with the same id', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'loses its answer';
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		fixture.at.control.mode = 'takes';
		await fixture.until(() => fixture.state().pendingRecords === 0);
		expect(new Set(fixture.at.seqs()).size).toBeLessThan(fixture.at.seqs().length);
		await expectAll(fixture);
	});

	test('allows no action when the local log cannot be written either', async () => {
		const fixture = await deliveryFixture();
		await writeFile(join(fixture.stateDir, 'audit'), 'in the way');
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		expect(fixture.at.taken).toEqual([]);
	});
});

describe('a backlog', () => {
	test('of a copy that is not required blocks no action, and is delivered in order later', async () => {
		const fixture = await deliveryFixture({required: false});
		fixture.at.control.mode = 'refuses';
		for (let turn = 0; turn < 150; turn++) await fixture.audit.append({kind: 'arm', target: `t${turn}`});
		await fixture.audit.append(intent(fixture.audit));
		await fixture.until(() => fixture.state().failure !== undefined);
		expect(fixture.state().pendingRecords).toBe(151);
		const next = await deliveryFixture({stateDir: fixture.stateDir, at: fixture.at, required: false});
		next.delivery.start();
		await next.until(() => next.state().failure !== undefined);
		expect(next.state().pendingRecords).toBe(151);
		// A failed delivery is not retried with every record.
		expect(fixture.at.control.tries).toBeLessThan(10);
		fixture.at.control.mode = 'takes';
		await fixture.until(() => fixture.state().pendingRecords === 0);
		expect(fixture.at.seqs()).toEqual(Array.from({length: 151}, (_, index) => index + 1));
	});

	test('survives a console that is killed between delivery and cursor update, or before delivery', async () => {
		const first = await deliveryFixture();
		await first.audit.append(intent(first.audit));
		first.at.control.mode = 'refuses';
		const {id} = await first.own.append(intent(first.audit));
		// The first console has ended; another one continues where it stopped.
		const second = await deliveryFixture({stateDir: first.stateDir, at: first.at});
		first.at.control.mode = 'takes';
		second.delivery.start();
		await second.until(() => second.at.seqs().includes(2));
		await expectAll(second);
		const open = findUnresolvedIntents((await second.own.recent(9)).toReversed(), new Set());
		expect(open.map(one => one.id)).toContain(id);
	});

	test('of two consoles is delivered in the order of the chain', async () => {
		const one = await deliveryFixture();
		const two = await deliveryFixture({stateDir: one.stateDir, at: one.at});
		await Promise.all(
			[one, two].flatMap(({audit}) => Array.from({length: 10}, async () => audit.append(intent(audit)))),
		);
		await expectAll(one);
		expect((await verifyDirectory(one.own.dir)).flatMap(({faults}) => faults)).toEqual([]);
	});

	test('does not include records from before the sink was configured', async () => {
		const fixture = await deliveryFixture();
		for (let turn = 0; turn < 3; turn++) await fixture.own.append({kind: 'arm', target: 'orders'});
		const record = await fixture.audit.append(intent(fixture.audit));
		expect(fixture.at.taken.map(({seq, prev}) => [seq, prev])).toEqual([[4, record.prev]]);
	});
});

describe('the end of a console', () => {
	test('sends the backlog, and gives up on a silent sink', async () => {
		const fixture = await deliveryFixture({required: false});
		await fixture.audit.append({kind: 'stop'});
		await fixture.delivery.close();
		expect(fixture.at.seqs()).toEqual([1]);
		const silent = await deliveryFixture({required: false});
		silent.at.control.mode = 'silent';
		await silent.audit.append({kind: 'stop'});
		await silent.until(() => silent.at.control.tries === 1);
		let isOver = false;
		void silent.delivery.close().then(() => (isOver = true));
		await silent.until(() => isOver);
		await silent.until(() => silent.at.control.given === 1);
		expect(silent.clock.waiting).toBe(0);
	});
});

describe('a log that was cut or rewritten', () => {
	test('is reported, and later records still go out', async () => {
		const fixture = await deliveryFixture();
		for (let turn = 0; turn < 3; turn++) await fixture.audit.append(intent(fixture.audit));
		const [month = ''] = (await readdir(fixture.own.dir)).filter(name => name.endsWith('.jsonl'));
		const path = join(fixture.own.dir, month);
		const [first = ''] = (await readFile(path, 'utf8')).split('\n');
		await truncate(path, first.length + 1);
		await rm(join(fixture.own.dir, 'head.json'));
		const again = await deliveryFixture({stateDir: fixture.stateDir, at: fixture.at});
		const record = await again.audit.append(intent(again.audit));
		expect(again.state().mismatch).toMatch(/record 3 of the log is not the one that siem has/);
		expect(fixture.at.taken.at(-1)).toMatchObject({id: record.id});
		// The receiver has two records with the same number.
		expect(fixture.at.seqs().filter(seq => seq === 2)).toHaveLength(2);
	});
});

describe('a break-glass', () => {
	test('allows actions while their records cannot be delivered; each record names it, and it ends once all are delivered', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'refuses';
		expect(await fixture.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toMatch(
			/break-glass is not needed/,
		);
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		expect(fixture.breakGlass.isNeeded()).toBe(true);
		expect(await fixture.breakGlass.activate({word: 'yes', reason: 'orders are down'})).toBe(
			'type break-glass to go on',
		);
		expect(await fixture.breakGlass.activate({word: 'break-glass', reason: ' '})).toMatch(/give a reason/);
		expect(fixture.breakGlass.state.get()).toBeUndefined();
		expect(await fixture.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toBeUndefined();
		const record = await fixture.audit.append(intent(fixture.audit));
		expect(record.break_glass).toBe(fixture.breakGlass.state.get()?.record);
		expect(fixture.at.taken).toEqual([]);
		fixture.at.control.mode = 'takes';
		await fixture.until(() => fixture.breakGlass.state.get() === undefined);
		await expect.poll(fixture.kinds).toEqual(['intent', 'outcome refused', 'break-glass', 'intent', 'break-glass-end']);
		await fixture.until(() => fixture.at.taken.at(-1)?.kind === 'break-glass-end');
		await expectAll(fixture);
		const [broken] = (await fixture.own.recent(9)).filter(({kind}) => kind === 'break-glass');
		expect(broken).toMatchObject({
			confirmation: {reason: 'orders are down'},
			note: expect.stringContaining('ECONNREFUSED'),
		});
	});

	test('does not wait for a silent sink', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'refuses';
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		await fixture.breakGlass.activate({word: 'break-glass', reason: 'orders are down'});
		fixture.at.control.mode = 'silent';
		// No time passes on the clock meanwhile.
		expect(await fixture.audit.append(intent(fixture.audit))).toMatchObject({
			break_glass: fixture.breakGlass.state.get()?.record,
		});
	});

	test('that follows another one has a record of its own, and ends the first', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'refuses';
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		for (const reason of ['orders are down', 'still down'])
			expect(await fixture.breakGlass.activate({word: 'break-glass', reason})).toBeUndefined();
		const [end, second, first] = await fixture.own.recent(3);
		expect([first?.kind, second?.kind, end?.kind]).toEqual(['break-glass', 'break-glass', 'break-glass-end']);
		expect(end?.of).toBe(first?.id);
		expect(fixture.breakGlass.state.get()?.record).toBe(second?.id);
	});

	test('ends after 10 minutes', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'refuses';
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		await fixture.breakGlass.activate({word: 'break-glass', reason: 'orders are down'});
		await fixture.clock.advance(10 * 60_000);
		expect(fixture.breakGlass.state.get()).toBeUndefined();
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
	});

	test('needs the log of this machine', async () => {
		const fixture = await deliveryFixture();
		fixture.at.control.mode = 'refuses';
		await expect(fixture.audit.append(intent(fixture.audit))).rejects.toMatchObject({name: 'AuditError'});
		await rm(fixture.own.dir, {recursive: true});
		await writeFile(fixture.own.dir, 'in the way');
		expect(await fixture.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toMatch(
			/cannot be written/,
		);
		expect(fixture.breakGlass.state.get()).toBeUndefined();
	});
});
