import {expect, test} from 'vitest';
import {expectFrame} from './frames.ts';

const size = {columns: 40, rows: 3};

test('a frame is compared with its file, but for what differs in every run', async () => {
	await expectFrame(' midwatch   demo: calm         22:59:48Z\n▲ pid 4411 waits', 'example', size, [/(?<=pid )\d+/g]);
	await expectFrame(' midwatch   demo: calm         01:02:03Z\n▲ pid 9876 waits', 'example', size, [/(?<=pid )\d+/g]);
});

test('a frame that has changed fails', async () => {
	const changed = expectFrame(' midwatch   demo: calm         22:59:48Z\n▲ pid 4411 waits', 'example', size);
	await expect(changed).rejects.toThrow();
});
