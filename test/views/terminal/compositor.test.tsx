import {Box} from 'ink';
import {expect, test} from 'vitest';
import {createStore} from '../../../src/store.ts';
import {Surface} from '../../../views/surface.tsx';
import {mountRig} from '../rig.tsx';

test('of two surfaces that listen to the same, one goes and the other goes on', async () => {
	const rows = createStore<readonly string[]>(['one ']);
	const both = (more: boolean) => (
		<Box flexDirection="column">
			<Surface rows={rows} width={4} height={1} />
			{more ? <Surface rows={rows} width={4} height={1} /> : null}
		</Box>
	);
	const rig = mountRig(both(true), {columns: 10, rows: 4});
	expect((await rig.screen()).split('\n').slice(0, 2)).toEqual(['one', 'one']);
	rig.rerender(both(false));
	await rig.flush();
	rows.set(['two ']);
	expect((await rig.screen()).split('\n').slice(0, 2)).toEqual(['two', '']);
	rig.unmount();
});
