import {Box, Text, useWindowSize} from 'ink';
import {expect, test} from 'vitest';
import {createStore} from '../../src/store.ts';
import {Overlay} from '../../views/overlay.tsx';
import {Surface} from '../../views/surface.tsx';
import {mountRig} from './rig.tsx';

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
	const rig = mountRig(<Deck modal={false} />, {columns: 12, rows: 6, compositor});
	expect(await rig.screen()).toBe('title\none\ntwo\n\nfoot\n');
	rows.set(['uno       ', 'dos       ', 'tres      ']);
	expect(await rig.screen()).toBe('title\nuno\ndos\ntres\nfoot\n');
	rig.rerender(<Deck modal />);
	expect(await rig.screen()).toBe('title\numod\nd\ntres\nfoot\n');
	rig.rerender(<Deck modal={false} />);
	expect(await rig.screen()).toBe('title\nuno\ndos\ntres\nfoot\n');
	await rig.resize({columns: 9, rows: 5});
	expect(await rig.screen()).toBe('title\nuno\ndos\ntres\nfoot');
	rig.unmount();
});
