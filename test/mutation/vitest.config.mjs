import {defineConfig} from 'vitest/config';

/** The tests of the mutated folder, which Stryker sets as `dir`; without those that need namespaces or start many processes. */
export default defineConfig({
	test: {
		pool: 'forks',
		restoreMocks: true,
		include: ['**/*.test.ts'],
		exclude: ['**/audit-log-namespaces.test.ts'],
		testTimeout: 60_000,
		expect: {poll: {timeout: 50_000}},
		env: {TZ: 'UTC', LC_ALL: 'C.UTF-8'},
	},
});
