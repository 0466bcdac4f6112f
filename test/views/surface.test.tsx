import {Box, Text, useWindowSize} from 'ink';
import {expect, test} from 'vitest';
import {createStore} from '../../src/watch/store.ts';
import {Overlay} from '../../views/modal/overlay.tsx';
import {mountOnScreen} from '../../views/mount.tsx';
import {Surface} from '../../views/surface.tsx';
import type {RowSource} from '../../views/terminal/compositor.ts';
import type {Screen} from '../../views/terminal/screen.ts';
import {mountTestTerminal} from './test-terminal.tsx';

const rows = createStore<readonly string[]>(['one       ', '\u001b[31mtwo\u001b[m       ']);

function Deck({modal}: {readonly modal: boolean}) {
	const {columns, rows: height} = useWindowSize();
	return (
		<Box width={columns} height={height} flexDirection="column">
			<Text>title</Text>
			<Surface rows={rows} width={10} height={3} />
			<Text>foot</Text>
			{modal ? (
				<Overlay left={1} top={1} width={4} height={2}>
					<Text>mod</Text>
				</Overlay>
			) : null}
		</Box>
	);
}

test.each([true, false])('rows, chrome and an overlay, compositor %s', async compositor => {
	rows.set(['one       ', '\u001b[31mtwo\u001b[m       ']);
	const terminal = mountTestTerminal(<Deck modal={false} />, {columns: 12, rows: 6, compositor});
	expect(await terminal.screen()).toBe('title\none\ntwo\n\nfoot\n');
	rows.set(['uno       ', 'dos       ', 'tres      ']);
	expect(await terminal.screen()).toBe('title\nuno\ndos\ntres\nfoot\n');
	terminal.rerender(<Deck modal />);
	expect(await terminal.screen()).toBe('title\numod\nd\ntres\nfoot\n');
	terminal.rerender(<Deck modal={false} />);
	expect(await terminal.screen()).toBe('title\nuno\ndos\ntres\nfoot\n');
	await terminal.resize({columns: 9, rows: 5});
	expect(await terminal.screen()).toBe('title\nuno\ndos\ntres\nfoot');
	terminal.unmount();
});

test('a removed surface does not affect others with the same source', async () => {
	const listeners = new Set<() => void>();
	const source: RowSource = {
		get: () => ['row       '],
		subscribe(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
	const deck = (both: boolean) => (
		<Box width={12} height={3} flexDirection="column">
			<Surface rows={source} width={10} height={1} />
			{both ? <Surface rows={{...source}} width={10} height={1} /> : null}
		</Box>
	);
	const terminal = mountTestTerminal(deck(true), {columns: 12, rows: 3});
	expect(await terminal.screen()).toBe('row\nrow\n');
	expect(listeners.size).toBe(2);
	terminal.rerender(deck(false));
	expect(await terminal.screen()).toBe('row\n\n');
	expect(listeners.size).toBe(1);
	terminal.unmount();
});

function Broken(): never {
	throw new Error('broken');
}

test('an error of a component is reported', async () => {
	const screen: Screen = {
		colours: 256,
		size: () => ({columns: 20, rows: 5}),
		onResize: () => () => {},
		send: () => true,
		onDrain: () => () => {},
		onLost: () => () => {},
	};
	const error = await new Promise(resolve => {
		mountOnScreen(<Broken />, screen, resolve);
	});
	expect(error).toEqual(new Error('broken'));
});

test('a surface that is not displayed is not painted', async () => {
	rows.set(['seen      ']);
	const deck = (display: 'flex' | 'none') => (
		<Box width={12} height={3} flexDirection="column">
			<Text>title</Text>
			<Box display={display}>
				<Surface rows={rows} width={10} height={1} />
			</Box>
		</Box>
	);
	const terminal = mountTestTerminal(deck('none'), {columns: 12, rows: 3});
	expect(await terminal.screen()).toBe('title\n\n');
	terminal.rerender(deck('flex'));
	expect(await terminal.screen()).toBe('title\nseen\n');
	rows.set(['again     ']);
	expect(await terminal.screen()).toBe('title\nagain\n');
	terminal.rerender(deck('none'));
	expect(await terminal.screen()).toBe('title\n\n');
	terminal.unmount();
});

test('a surface that moves without its chrome changing is painted in its new place', async () => {
	rows.set(['moved     ']);
	const deck = (left: number) => (
		<Box width={20} height={2} flexDirection="column" paddingLeft={left}>
			<Surface rows={rows} width={10} height={1} />
		</Box>
	);
	const terminal = mountTestTerminal(deck(0), {columns: 20, rows: 2});
	expect(await terminal.screen()).toBe('moved\n');
	terminal.rerender(deck(4));
	expect(await terminal.screen()).toBe('    moved\n');
	terminal.unmount();
});

test.each([
	[0, ''],
	[16, '\u001b[91m'],
	[256, '\u001b[38;5;203m'],
	['rgb', '\u001b[38;2;255;80;80m'],
] as const)('colours of a terminal that shows %s', async (colours, sequence) => {
	rows.set(['\u001b[38;2;255;80;80mred\u001b[m       ']);
	const terminal = mountTestTerminal(<Surface rows={rows} width={10} height={1} />, {columns: 10, rows: 1, colours});
	await terminal.screen();
	expect(terminal.frames().join('')).toContain(`${sequence}red`);
	expect(
		terminal
			.frames()
			.join('')
			.match(/\u001b\[[0-9;]+m/g) ?? [],
	).toEqual(sequence === '' ? [] : [sequence]);
	terminal.unmount();
});
