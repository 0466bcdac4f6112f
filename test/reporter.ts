import {stripVTControlCharacters} from 'node:util';
import type {Reporter, SerializedError, TestModule, TestRunEndReason, Vitest} from 'vitest/node';

/**
 * Ends the run with `N passed, N failed, N skipped` alone on the last line. Before it stands every skipped test with its reason, and every
 * failure with the first line of its error, since what is told of them above may be thousands of lines away or cut off.
 * With MIDWATCH_REQUIRE=all a skipped test counts as failed.
 */
export class SummaryReporter implements Reporter {
	private readonly write: (text: string) => void;
	private readonly require: boolean;
	private vitest: Vitest | undefined;

	constructor(
		write = (text: string) => void process.stdout.write(text),
		require = process.env['MIDWATCH_REQUIRE'] === 'all',
	) {
		this.write = write;
		this.require = require;
	}

	onInit(vitest: Vitest): void {
		this.vitest = vitest;
	}

	onTestRunEnd(
		modules: readonly TestModule[],
		unhandled: readonly SerializedError[],
		reason: TestRunEndReason | undefined,
	): void {
		let passed = 0;
		let failed = unhandled.length;
		const skipped: string[] = [];
		const failures = unhandled.map(error => `outside of a test: ${firstLine(error.message)}`);
		for (const module of modules) {
			let failedHere = 0;
			const fail = (what: string, errors: readonly {readonly message: string}[] | undefined) => {
				failedHere++;
				failures.push(`${module.relativeModuleId} > ${what}: ${firstLine(errors?.[0]?.message ?? 'no error is told')}`);
			};
			for (const test of module.children.allTests()) {
				const result = test.result();
				if (result.state === 'passed') passed++;
				else if (result.state === 'failed') fail(test.fullName, result.errors);
				else if (result.state === 'skipped') {
					if (result.note === undefined && this.vitest?.config.testNamePattern) continue;
					skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${result.note ?? 'no reason given'}`);
				} else fail(test.fullName, [{message: `it is ${result.state}`}]);
			}
			// A file that does not load, or whose hook fails, has no failed test to show for it.
			if (module.state() === 'failed' && failedHere === 0) fail('the whole file', module.errors());
			failed += failedHere;
		}
		if (reason === 'interrupted' && failed === 0) failed = 1;
		if (skipped.length > 0) {
			this.write(`\n${this.require ? 'Skipped, which counts as failed here' : 'Skipped'}:\n`);
			for (const line of skipped) this.write(`  ${line}\n`);
		}
		if (failures.length > 0) this.write(`\nFailed:\n${failures.map(line => `  ${line}\n`).join('')}`);
		const counted = this.require ? 0 : skipped.length;
		if (this.require) failed += skipped.length;
		if (failed > 0) process.exitCode = 1;
		this.write(`\n${passed} passed, ${failed} failed, ${counted} skipped\n`);
	}
}

function firstLine(text: string): string {
	const line = stripVTControlCharacters(text).split('\n', 1)[0] ?? '';
	return line.length > 240 ? `${line.slice(0, 240)}…` : line;
}
