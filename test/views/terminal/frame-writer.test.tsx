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
	let room = 0;
	let gone = false;
	const writer = new FrameWriter(
		bytes => {
			if (gone) throw new Error('EIO');
			const taken = Math.min(room, bytes.length);
			room -= taken;
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
		() => log.push('gone'),
	);
	return {
		writer,
		log,
		waits,
		makeRoom(bytes: number) {
			room = bytes;
		},
		tick: () => timers.shift()?.(),
		leave() {
			gone = true;
		},
	};
}

describe('a writer', () => {
	test('writes at once what fits', () => {
		const it = start();
		it.makeRoom(100);
		expect(it.writer.write('frame')).toBe(true);
		expect(it.log).toEqual(['frame']);
		expect(it.waits).toEqual([]);
	});

	test('returns at once from a terminal that stands still, and goes on in pieces', () => {
		const it = start();
		it.makeRoom(2);
		expect(it.writer.write('frame')).toBe(false);
		it.log.push('meanwhile');
		expect(it.writer.queued).toBe(3);
		it.tick();
		it.makeRoom(1);
		it.tick();
		it.makeRoom(10);
		it.tick();
		expect(it.log).toEqual(['fr', 'meanwhile', 'a', 'me', 'drained']);
		expect(it.writer.busy).toBe(false);
	});

	test('asks ever more seldom, at most 20 times a second', () => {
		const it = start();
		it.writer.write('frame');
		for (let turn = 0; turn < 8; turn += 1) it.tick();
		expect(it.waits).toEqual([2, 4, 8, 16, 32, 50, 50, 50, 50]);
	});

	test('keeps what is added in order', () => {
		const it = start();
		it.writer.write('frame');
		it.writer.write('restore');
		it.makeRoom(100);
		it.tick();
		expect(it.log).toEqual(['framerestore', 'drained']);
	});

	test('tells that it is through, even when someone else pushed the last of it', () => {
		const it = start();
		it.writer.write('frame');
		it.makeRoom(100);
		expect(it.writer.push()).toBe(true);
		it.tick();
		expect(it.log).toEqual(['frame', 'drained']);
	});

	test('writes nothing more once stopped', () => {
		const it = start();
		it.writer.write('frame');
		it.writer.stop();
		it.makeRoom(100);
		it.tick();
		it.writer.write('more');
		expect(it.log).toEqual([]);
	});

	test('drops everything once the terminal is gone, and says so once', () => {
		const it = start();
		it.leave();
		expect(it.writer.write('frame')).toBe(true);
		expect(it.writer.write('frame')).toBe(true);
		expect(it.log).toEqual(['gone']);
	});
});

test('of a hundred changes while the terminal stands still, only the newest is sent', async () => {
	const rows = createStore<readonly string[]>(['start']);
	const deck = () => (
		<>
			<Text>head</Text>
			<Surface rows={rows} width={10} height={1} />
		</>
	);
	const rig = mountTestTerminal(deck(), {columns: 10, rows: 3});
	await rig.screen();
	const before = rig.frames().length;
	rig.stall(true);
	for (let change = 1; change <= 100; change += 1) {
		rows.set([`row ${change}`]);
		if (change % 10 === 0) rig.rerender(deck());
		await Promise.resolve();
	}
	let flushed = false;
	const flush = rig.flush().then(() => {
		flushed = true;
	});
	await rig.screen();
	expect(flushed).toBe(false);
	expect(rig.frames().length).toBe(before);
	rig.stall(false);
	await flush;
	expect(await rig.screen()).toBe('head\nrow 100\n');
	expect(rig.frames().length).toBe(before + 2);
	rig.unmount();
});
