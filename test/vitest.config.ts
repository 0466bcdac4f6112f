import {defineConfig} from 'vitest/config';
import {SummaryReporter} from './reporter.ts';
import {LongWaitsFirst} from './sequencer.ts';

const suffix = '*.test.{ts,tsx}';
/** Folders whose tests use real servers or a terminal. Their files run one at a time, so that none disturbs another. */
const serial = ['adapters', 'demo', 'e2e', 'estate', 'faults'];
/**
 * Files that break only servers that they have started, or connections that are their own, so that they can run in parallel. They mostly
 * wait: for intervals, silent servers, and programs that start slowly.
 */
const isolated = [
	`test/demo/**/${suffix}`,
	`test/adapters/kubernetes/**/${suffix}`,
	`test/e2e/failure-modes/${suffix}`,
	`test/e2e/hostile/${suffix}`,
	...['record/crash', 'record/elsewhere'].map(name => `test/e2e/${name}.test.ts`),
	...['kafka', 'kubernetes', 'login', 'logs', 'two-clusters'].map(name => `test/e2e/systems/${name}.test.ts`),
];

/** Files without servers that take long: they build the program, start many processes, or explore at random. `--quick` leaves them out. */
const thorough = [
	'test/bench.test.ts',
	'test/reporter.test.ts',
	...['code-cache', 'first-frame', 'midwatch', 'package'].map(name => `test/bin/${name}.test.ts`),
	...['audit/audit-log-namespaces', 'state/lock-file', 'state/time-namespace'].map(name => `test/src/${name}.test.ts`),
	'test/views/random-keys.test.ts',
	'test/views/terminal/equal-screens.test.tsx',
];
const withoutServers = ['test/estate/node_modules/**', ...serial.map(folder => `test/${folder}/**`)];

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
		sequence: {sequencer: LongWaitsFirst},
		env: {TZ: 'UTC', LC_ALL: 'C.UTF-8'},
		projects: [
			{
				extends: true,
				test: {
					name: 'quick',
					include: [`test/**/${suffix}`],
					exclude: [...withoutServers, ...thorough],
					maxWorkers: 2,
					sequence: {groupOrder: 0},
				},
			},
			{
				extends: true,
				test: {name: 'thorough', include: thorough, maxWorkers: 2, sequence: {groupOrder: 0}},
			},
			{
				extends: true,
				test: {
					name: 'servers',
					include: serial.map(folder => `test/${folder}/**/${suffix}`),
					exclude: ['test/estate/node_modules/**', ...isolated],
					maxWorkers: 1,
					...slow,
					sequence: {groupOrder: 1},
				},
			},
			{
				extends: true,
				test: {
					name: 'isolated',
					include: isolated,
					maxWorkers: 6,
					...slow,
					sequence: {groupOrder: 2},
				},
			},
		],
	},
});
