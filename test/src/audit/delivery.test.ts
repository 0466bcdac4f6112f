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

/** A receiver that a test can make refuse, fall silent, or lose its answer after it has taken everything. */
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
	action: {id: 'probe.turn', title: 'Turn'},
	target: 'tank',
	object: 'valve',
});

async function desk(
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
		/** Lets the disk work and time pass until it is so. */
		async until(what: () => boolean) {
			for (let turn = 0; !what(); turn++) {
				if (turn > 5000) throw new Error('it never came to it');
				await new Promise(resolve => setTimeout(resolve, 1));
				await clock.advance(10);
			}
		},
		/** What the log holds, `kind result`, oldest first. */
		kinds: async () =>
			(await own.recent(50)).toReversed().map(({kind, result}) => [kind, result].filter(Boolean).join(' ')),
	};
}

/** Every record of the log, once or more, each for the first time in the order of the chain. */
async function expectAll({own, at}: Awaited<ReturnType<typeof desk>>): Promise<void> {
	const log = (await own.recent(1000)).toReversed();
	const firsts = at.taken.filter(({seq}, index) => at.taken.findIndex(one => one.seq === seq) === index);
	expect(firsts.map(({seq, hash, prev}) => [seq, hash, prev])).toEqual(
		log.map(({seq, hash, prev}) => [seq, hash, prev]),
	);
}

describe('a required copy', () => {
	test('is taken before the intent counts as written, with all that came before it', async () => {
		const it = await desk();
		await it.audit.append({kind: 'start'});
		const record = await it.audit.append(intent(it.audit));
		expect(it.at.seqs()).toEqual([1, 2]);
		expect(it.at.taken[1]).toMatchObject({id: record.id, kind: 'intent', hash: record.hash});
		await it.audit.append({kind: 'outcome', result: 'sent', of: record.id});
		await it.until(() => it.at.seqs().length === 3 && it.state().pendingRecords === 0);
		expect(it.state()).toMatchObject({pendingRecords: 0, failure: undefined, mismatch: undefined});
	});

	test.each(['refuses', 'silent'] as const)(
		'that %s lets nothing be done: the log says so, and it leaves no unknown outcome',
		async mode => {
			const it = await desk();
			it.at.control.mode = mode;
			const trying = it.audit.append(intent(it.audit)).then(
				() => 'written',
				(error: unknown) => error,
			);
			let over = false;
			void trying.then(() => (over = true));
			await it.until(() => over);
			expect(await trying).toMatchObject({
				name: 'AuditError',
				message: expect.stringContaining('not delivered to siem'),
				hint: expect.stringContaining('press :'),
			});
			expect(await it.kinds()).toEqual(['intent', 'outcome refused']);
			expect(findUnresolvedIntents((await it.own.recent(9)).toReversed(), new Set())).toEqual([]);
			// The action stops waiting for the sink a little before the sink's own time is up.
			await it.until(() => it.state().failure !== undefined);
			expect(it.state()).toMatchObject({required: true, pendingRecords: 2, failure: {message: expect.any(String)}});
			it.at.control.mode = 'takes';
			await it.until(() => it.state().pendingRecords === 0 && it.state().failure === undefined);
			await expectAll(it);
		},
	);

	test('that lost its answer gets the record again: the same id tells', async () => {
		const it = await desk();
		it.at.control.mode = 'loses its answer';
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		it.at.control.mode = 'takes';
		await it.until(() => it.state().pendingRecords === 0);
		expect(new Set(it.at.seqs()).size).toBeLessThan(it.at.seqs().length);
		await expectAll(it);
	});

	test('that cannot be written here either lets nothing be done', async () => {
		const it = await desk();
		await writeFile(join(it.stateDir, 'audit'), 'in the way');
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		expect(it.at.taken).toEqual([]);
	});
});

describe('what waits', () => {
	test('of a copy that is not required holds nothing up, and goes out in order when it can', async () => {
		const it = await desk({required: false});
		it.at.control.mode = 'refuses';
		for (let turn = 0; turn < 150; turn++) await it.audit.append({kind: 'arm', target: `t${turn}`});
		await it.audit.append(intent(it.audit));
		await it.until(() => it.state().failure !== undefined);
		expect(it.state().pendingRecords).toBe(151);
		const next = await desk({stateDir: it.stateDir, at: it.at, required: false});
		next.delivery.start();
		await next.until(() => next.state().failure !== undefined);
		expect(next.state().pendingRecords).toBe(151);
		// It is not tried with every record.
		expect(it.at.control.tries).toBeLessThan(10);
		it.at.control.mode = 'takes';
		await it.until(() => it.state().pendingRecords === 0);
		expect(it.at.seqs()).toEqual(Array.from({length: 151}, (_, index) => index + 1));
	});

	test('survives a console that is killed between the delivery and the effect, and one that is killed before it', async () => {
		const first = await desk();
		await first.audit.append(intent(first.audit));
		first.at.control.mode = 'refuses';
		const {id} = await first.own.append(intent(first.audit));
		// The first console is gone; another begins where it ended.
		const second = await desk({stateDir: first.stateDir, at: first.at});
		first.at.control.mode = 'takes';
		second.delivery.start();
		await second.until(() => second.at.seqs().includes(2));
		await expectAll(second);
		const open = findUnresolvedIntents((await second.own.recent(9)).toReversed(), new Set());
		expect(open.map(one => one.id)).toContain(id);
	});

	test('of two consoles comes in the order of the chain', async () => {
		const one = await desk();
		const two = await desk({stateDir: one.stateDir, at: one.at});
		await Promise.all(
			[one, two].flatMap(({audit}) => Array.from({length: 10}, async () => audit.append(intent(audit)))),
		);
		await expectAll(one);
		expect((await verifyDirectory(one.own.dir)).flatMap(({faults}) => faults)).toEqual([]);
	});

	test('does not include what was written before the sink was configured', async () => {
		const it = await desk();
		for (let turn = 0; turn < 3; turn++) await it.own.append({kind: 'arm', target: 'tank'});
		const record = await it.audit.append(intent(it.audit));
		expect(it.at.taken.map(({seq, prev}) => [seq, prev])).toEqual([[4, record.prev]]);
	});
});

describe('the end of a console', () => {
	test('sends what waits, and gives up a sink that is silent', async () => {
		const it = await desk({required: false});
		await it.audit.append({kind: 'stop'});
		await it.delivery.close();
		expect(it.at.seqs()).toEqual([1]);
		const silent = await desk({required: false});
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
		const it = await desk();
		for (let turn = 0; turn < 3; turn++) await it.audit.append(intent(it.audit));
		const [month = ''] = (await readdir(it.own.dir)).filter(name => name.endsWith('.jsonl'));
		const path = join(it.own.dir, month);
		const [first = ''] = (await readFile(path, 'utf8')).split('\n');
		await truncate(path, first.length + 1);
		await rm(join(it.own.dir, 'head.json'));
		const again = await desk({stateDir: it.stateDir, at: it.at});
		const record = await again.audit.append(intent(again.audit));
		expect(again.state().mismatch).toMatch(/record 3 of the log is not the one that siem has/);
		expect(it.at.taken.at(-1)).toMatchObject({id: record.id});
		// The receiver holds two records of one number.
		expect(it.at.seqs().filter(seq => seq === 2)).toHaveLength(2);
	});
});

describe('the broken glass', () => {
	test('lets acts be done while they cannot be delivered; each names it, and it is over once all is delivered', async () => {
		const it = await desk();
		it.at.control.mode = 'refuses';
		expect(await it.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toMatch(
			/break-glass is not needed/,
		);
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		expect(it.breakGlass.isNeeded()).toBe(true);
		expect(await it.breakGlass.activate({word: 'yes', reason: 'orders are down'})).toBe('type break-glass to go on');
		expect(await it.breakGlass.activate({word: 'break-glass', reason: ' '})).toMatch(/give a reason/);
		expect(it.breakGlass.state.get()).toBeUndefined();
		expect(await it.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toBeUndefined();
		const record = await it.audit.append(intent(it.audit));
		expect(record.break_glass).toBe(it.breakGlass.state.get()?.record);
		expect(it.at.taken).toEqual([]);
		it.at.control.mode = 'takes';
		await it.until(() => it.breakGlass.state.get() === undefined);
		await expect.poll(it.kinds).toEqual(['intent', 'outcome refused', 'break-glass', 'intent', 'break-glass-end']);
		await it.until(() => it.at.taken.at(-1)?.kind === 'break-glass-end');
		await expectAll(it);
		const [broken] = (await it.own.recent(9)).filter(({kind}) => kind === 'break-glass');
		expect(broken).toMatchObject({
			confirmation: {reason: 'orders are down'},
			note: expect.stringContaining('ECONNREFUSED'),
		});
	});

	test('lets nothing wait for a silent sink', async () => {
		const it = await desk();
		it.at.control.mode = 'refuses';
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		await it.breakGlass.activate({word: 'break-glass', reason: 'orders are down'});
		it.at.control.mode = 'silent';
		// No time passes on the clock meanwhile.
		expect(await it.audit.append(intent(it.audit))).toMatchObject({break_glass: it.breakGlass.state.get()?.record});
	});

	test('broken again is a record of its own, and the one before has its end', async () => {
		const it = await desk();
		it.at.control.mode = 'refuses';
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		for (const reason of ['orders are down', 'still down'])
			expect(await it.breakGlass.activate({word: 'break-glass', reason})).toBeUndefined();
		const [end, second, first] = await it.own.recent(3);
		expect([first?.kind, second?.kind, end?.kind]).toEqual(['break-glass', 'break-glass', 'break-glass-end']);
		expect(end?.of).toBe(first?.id);
		expect(it.breakGlass.state.get()?.record).toBe(second?.id);
	});

	test('is over after 10 minutes', async () => {
		const it = await desk();
		it.at.control.mode = 'refuses';
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		await it.breakGlass.activate({word: 'break-glass', reason: 'orders are down'});
		await it.clock.advance(10 * 60_000);
		expect(it.breakGlass.state.get()).toBeUndefined();
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
	});

	test('needs the log of this machine', async () => {
		const it = await desk();
		it.at.control.mode = 'refuses';
		await expect(it.audit.append(intent(it.audit))).rejects.toMatchObject({name: 'AuditError'});
		await rm(it.own.dir, {recursive: true});
		await writeFile(it.own.dir, 'in the way');
		expect(await it.breakGlass.activate({word: 'break-glass', reason: 'orders are down'})).toMatch(/cannot be written/);
		expect(it.breakGlass.state.get()).toBeUndefined();
	});
});
