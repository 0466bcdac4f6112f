import {Text} from 'ink';
import {describe, expect, test} from 'vitest';
import {createStore} from '../../../src/watch/store.ts';
import {Surface} from '../../../views/surface.tsx';
import {FrameWriter} from '../../../views/terminal/frame-writer.ts';
import {mountTestTerminal} from '../test-terminal.tsx';

function start() {
	const log: string[] = [];
	const timers: (() => void)[] = [];
	const waits: number[] = [];
	let capacity = 0;
	let hungUp = false;
	const writer = new FrameWriter(
		bytes => {
			if (hungUp) throw new Error('EIO');
			const taken = Math.min(capacity, bytes.length);
			capacity -= taken;
			if (taken > 0) log.push(new TextDecoder().decode(bytes.subarray(0, taken)));
			return taken;
		},
		{
			after(ms, call) {
				waits.push(ms);
				timers.push(call);
				return () => {};
			},
		},
		() => log.push('drained'),
		() => log.push('hang up'),
	);
	return {
		writer,
		log,
		waits,
		accept(bytes: number) {
			capacity = bytes;
		},
		tick: () => timers.shift()?.(),
		leave() {
			hungUp = true;
		},
	};
}

describe('a writer', () => {
	test('writes at once what fits', () => {
		const it = start();
		it.accept(100);
		expect(it.writer.write('frame')).toBe(true);
		expect(it.log).toEqual(['frame']);
		expect(it.waits).toEqual([]);
	});

	test('returns at once when the terminal reads nothing, and continues in pieces', () => {
		const it = start();
		it.accept(2);
		expect(it.writer.write('frame')).toBe(false);
		it.log.push('meanwhile');
		expect(it.writer.queued).toBe(3);
		it.tick();
		it.accept(1);
		it.tick();
		it.accept(10);
		it.tick();
		expect(it.log).toEqual(['fr', 'meanwhile', 'a', 'me', 'drained']);
		expect(it.writer.busy).toBe(false);
	});

	test('retries after growing delays, at most 20 times a second', () => {
		const it = start();
		it.writer.write('frame');
		for (let turn = 0; turn < 8; turn += 1) it.tick();
		expect(it.waits).toEqual([2, 4, 8, 16, 32, 50, 50, 50, 50]);
	});

	test('writes in the order of the calls', () => {
		const it = start();
		it.writer.write('frame');
		it.writer.write('restore');
		it.accept(100);
		it.tick();
		expect(it.log).toEqual(['framerestore', 'drained']);
	});

	test('reports the end, even when another call wrote the last of it', () => {
		const it = start();
		it.writer.write('frame');
		it.accept(100);
		expect(it.writer.push()).toBe(true);
		it.tick();
		expect(it.log).toEqual(['frame', 'drained']);
	});

	test('writes nothing more once stopped', () => {
		const it = start();
		it.writer.write('frame');
		it.writer.stop();
		it.accept(100);
		it.tick();
		it.writer.write('more');
		expect(it.log).toEqual([]);
	});

	test('drops everything once the terminal has hung up, and reports it once', () => {
		const it = start();
		it.leave();
		expect(it.writer.write('frame')).toBe(true);
		expect(it.writer.write('frame')).toBe(true);
		expect(it.log).toEqual(['hang up']);
	});
});

test('of a hundred changes while the terminal reads nothing, only the newest is sent', async () => {
	const rows = createStore<readonly string[]>(['start']);
	const deck = () => (
		<>
			<Text>head</Text>
			<Surface rows={rows} width={10} height={1} />
		</>
	);
	const terminal = mountTestTerminal(deck(), {columns: 10, rows: 3});
	await terminal.screen();
	const before = terminal.frames().length;
	terminal.stall(true);
	for (let change = 1; change <= 100; change += 1) {
		rows.set([`row ${change}`]);
		if (change % 10 === 0) terminal.rerender(deck());
		await Promise.resolve();
	}
	let flushed = false;
	const flush = terminal.flush().then(() => {
		flushed = true;
	});
	await terminal.screen();
	expect(flushed).toBe(false);
	expect(terminal.frames().length).toBe(before);
	terminal.stall(false);
	await flush;
	expect(await terminal.screen()).toBe('head\nrow 100\n');
	expect(terminal.frames().length).toBe(before + 2);
	terminal.unmount();
});
