import {defineConfig} from 'vitest/config';
import {SummaryReporter} from './reporter.ts';
import {StoriesFirst} from './sequencer.ts';

const suffix = '*.test.{ts,tsx}';
/** Folders whose tests share real servers or a terminal: one file at a time, so that one test's trouble is not another's. */
const serial = ['adapters', 'demo', 'e2e', 'estate', 'faults'];
/**
 * Files that break only what they have started themselves, or a way to a server that is their own, so that they go side by side. Most of
 * their time is waiting: for intervals, silent servers, and programs that are slow to begin.
 */
const apart = [
	`test/demo/**/${suffix}`,
	`test/adapters/kubernetes/**/${suffix}`,
	`test/e2e/bad-days/${suffix}`,
	`test/e2e/hostile/${suffix}`,
	...['record/crash', 'record/elsewhere'].map(name => `test/e2e/${name}.test.ts`),
	...['kafka', 'kubernetes', 'login', 'logs', 'two-clusters'].map(name => `test/e2e/systems/${name}.test.ts`),
];

/** Limits end a test that hangs. A machine that is slow or busy with other things must not reach them. */
const slow = {testTimeout: 240_000, expect: {poll: {timeout: 200_000}}};

export default defineConfig({
	root: new URL('..', import.meta.url).pathname,
	test: {
		pool: 'forks',
		globals: false,
		restoreMocks: true,
		testTimeout: 60_000,
		hookTimeout: 240_000,
		expect: {poll: {timeout: 50_000}},
		teardownTimeout: 5_000,
		reporters: ['default', new SummaryReporter()],
		sequence: {sequencer: StoriesFirst},
		env: {TZ: 'UTC', LC_ALL: 'C.UTF-8'},
		projects: [
			{
				extends: true,
				test: {
					name: 'pure',
					include: [`test/**/${suffix}`],
					exclude: ['test/estate/node_modules/**', ...serial.map(folder => `test/${folder}/**`)],
					maxWorkers: 2,
					sequence: {groupOrder: 0},
				},
			},
			{
				extends: true,
				test: {
					name: 'servers',
					include: serial.map(folder => `test/${folder}/**/${suffix}`),
					exclude: ['test/estate/node_modules/**', ...apart],
					maxWorkers: 1,
					...slow,
					sequence: {groupOrder: 1},
				},
			},
			{
				extends: true,
				test: {
					name: 'apart',
					include: apart,
					maxWorkers: 6,
					...slow,
					sequence: {groupOrder: 2},
				},
			},
		],
	},
});
