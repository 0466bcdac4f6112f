import {defineConfig} from 'vitest/config';
import {SummaryReporter} from './reporter.ts';

const suffix = '*.test.{ts,tsx}';
/** Folders whose tests share real servers or a terminal: one file at a time, so that one test's trouble is not another's. */
const serial = ['adapters', 'e2e', 'estate', 'faults'];
/** Stories of minutes that mostly wait, for intervals and silent servers; each breaks its own system alone, so they go side by side. */
const waiting = 'test/e2e/bad-days*.test.ts';

export default defineConfig({
	root: new URL('..', import.meta.url).pathname,
	test: {
		pool: 'forks',
		globals: false,
		restoreMocks: true,
		testTimeout: 20_000,
		hookTimeout: 60_000,
		teardownTimeout: 5_000,
		reporters: ['default', new SummaryReporter()],
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
					exclude: ['test/estate/node_modules/**', waiting],
					maxWorkers: 1,
					testTimeout: 60_000,
					sequence: {groupOrder: 1},
				},
			},
			{
				extends: true,
				test: {
					name: 'waiting',
					include: [waiting],
					maxWorkers: 5,
					testTimeout: 60_000,
					sequence: {groupOrder: 2},
				},
			},
		],
	},
});
