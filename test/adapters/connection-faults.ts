import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Connection} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {AdapterError, type ErrorKind} from '../../src/errors.ts';
import {type FaultProxy, startFaultProxy} from '../faults/fault-proxy.ts';
import {type ConformanceSubject, testContext} from './conformance-subject.ts';

/** Each fault: what happens to an open connection, and the error kinds that describe it correctly. */
const faults: readonly {
	readonly name: string;
	/** False when the fault is there before the first read. */
	readonly standing: boolean;
	readonly kinds: readonly ErrorKind[];
	cause(proxy: FaultProxy): Promise<void>;
}[] = [
	{name: 'refused', standing: false, kinds: ['unreachable'], cause: proxy => proxy.set({mode: 'refuse'})},
	{name: 'silent', standing: false, kinds: ['timeout', 'unreachable'], cause: proxy => proxy.set({mode: 'silent'})},
	{name: 'reset on connect', standing: false, kinds: ['unreachable'], cause: proxy => proxy.set({mode: 'reset'})},
	// A message that claims to have four gigabytes never arrives.
	{
		name: 'malformed',
		standing: false,
		kinds: ['malformed', 'unreachable', 'timeout'],
		cause: proxy => proxy.set({garble: true}),
	},
	{
		name: 'reset while connected',
		standing: true,
		kinds: ['unreachable'],
		async cause(proxy) {
			await proxy.set({mode: 'reset'});
			proxy.resetAll();
		},
	},
	{
		name: 'half-open',
		standing: true,
		kinds: ['timeout', 'unreachable'],
		async cause(proxy) {
			await proxy.set({mode: 'silent'});
			proxy.halfOpen();
		},
	},
	{name: 'cut off', standing: true, kinds: ['timeout', 'unreachable'], cause: proxy => proxy.set({mode: 'hold'})},
	{
		name: 'malformed while connected',
		standing: true,
		kinds: ['malformed', 'unreachable', 'timeout'],
		cause: proxy => proxy.set({garble: true}),
	},
];

const failuresOf = (results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] =>
	results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));

/** Tests every fault of a connection, by a proxy in front of the real server. Part of the conformance suite. */
export function connectionFaultTests<Port>(subject: ConformanceSubject<Port>): void {
	const {system, server} = subject;
	let proxy: FaultProxy;
	beforeAll(async () => {
		proxy = await startFaultProxy(server, subject.advertisedPort);
	});
	afterAll(() => proxy.close());

	/** All sources at once, each within the time it declares for itself. */
	const readAll = (over: Connection<Port>, at: Target) =>
		Promise.allSettled(
			system.sources.map(async source =>
				source.open(over.port, at)(testContext(AbortSignal.timeout(source.timeoutMs))),
			),
		);

	/**
	 * Where the subject does not promise more, one read may still join a connection that was begun before the link healed, and end with it;
	 * the one after it may not. Sources that share a connection are read at once, and the second time a moment later, as the poller does.
	 */
	const recover = async (over: Connection<Port>, at: Target) => {
		const failures = failuresOf(await readAll(over, at));
		if (subject.recoversOnNextRead === true) expect(failures).toEqual([]);
		if (failures.length === 0) return;
		await new Promise(resolve => setTimeout(resolve, 100));
		expect(failuresOf(await readAll(over, at))).toEqual([]);
	};

	for (const fault of faults) {
		test(`${fault.name}: an AdapterError within the time of the source, and good reads once it heals`, async () => {
			await proxy.heal();
			const at = subject.target(proxy);
			const over = await system.connect(at, {readOnly: true});
			try {
				if (fault.standing) expect(failuresOf(await readAll(over, at))).toEqual([]);
				await fault.cause(proxy);
				const failures = failuresOf(await readAll(over, at));
				expect(failures).toHaveLength(system.sources.length);
				for (const failure of failures) {
					expect(failure).toBeInstanceOf(AdapterError);
					expect(fault.kinds).toContain((failure as AdapterError).kind);
					expect((failure as AdapterError).hint).toMatch(/\S/);
				}
				await proxy.heal();
				await recover(over, at);
			} finally {
				await over.close();
			}
		});
	}

	for (const standing of [false, true]) {
		test(`an abort ends a read while the server is silent ${standing ? 'on an open connection' : 'from the start'}`, async () => {
			for (const source of system.sources) {
				await proxy.heal();
				const at = subject.target(proxy);
				const over = await system.connect(at, {readOnly: true});
				try {
					const poll = source.open(over.port, at);
					if (standing) await poll(testContext());
					const acceptedBefore = proxy.accepted;
					await proxy.set({mode: standing ? 'hold' : 'silent'});
					const abort = new AbortController();
					let ended: unknown;
					const reading = poll(testContext(abort.signal)).catch(error => (ended = error));
					// It is in flight: it has connected, or had the time to send its request.
					if (!standing) await expect.poll(() => proxy.accepted).toBeGreaterThan(acceptedBefore);
					else await new Promise(resolve => setTimeout(resolve, 50));
					abort.abort();
					// At once is a few turns of the event loop, and not whenever a timer of its own fires.
					for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve));
					expect(ended, source.kind).toBeInstanceOf(AdapterError);
					await reading;
					await proxy.heal();
					await recover(over, at);
				} finally {
					await over.close();
				}
			}
		});
	}

	test('an abort before the read starts ends it too', async () => {
		const at = subject.target(server);
		const over = await system.connect(at, {readOnly: true});
		for (const source of system.sources) {
			const poll = source.open(over.port, at);
			await expect(poll(testContext(AbortSignal.abort()))).rejects.toBeInstanceOf(AdapterError);
		}
		await over.close();
	});

	test('closing ends while the server is silent', async () => {
		await proxy.heal();
		const at = subject.target(proxy);
		const over = await system.connect(at, {readOnly: true});
		expect(failuresOf(await readAll(over, at))).toEqual([]);
		await proxy.set({mode: 'hold'});
		const reads = readAll(over, at);
		await over.close();
		await over.close();
		for (const failure of failuresOf(await reads)) expect(failure).toBeInstanceOf(AdapterError);
		await proxy.heal();
	});
}
