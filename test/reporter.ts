import type {Reporter, SerializedError, TestModule, TestRunEndReason, Vitest} from 'vitest/node';

/**
 * Ends the run with `N passed, N failed, N skipped` alone on the last line, and before it names every skipped test with its reason.
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
		for (const module of modules) {
			let failedHere = 0;
			for (const test of module.children.allTests()) {
				const result = test.result();
				if (result.state === 'passed') passed++;
				else if (result.state === 'failed') failedHere++;
				else if (result.state === 'skipped') {
					if (result.note === undefined && this.vitest?.config.testNamePattern) continue;
					skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${result.note ?? 'no reason given'}`);
				} else failedHere++;
			}
			// A file that does not load, or whose hook fails, has no failed test to show for it.
			if (module.state() === 'failed' && failedHere === 0) failedHere = 1;
			failed += failedHere;
		}
		if (reason === 'interrupted' && failed === 0) failed = 1;
		if (skipped.length > 0) {
			this.write(`\n${this.require ? 'Skipped, which counts as failed here' : 'Skipped'}:\n`);
			for (const line of skipped) this.write(`  ${line}\n`);
		}
		const counted = this.require ? 0 : skipped.length;
		if (this.require) failed += skipped.length;
		if (failed > 0) process.exitCode = 1;
		this.write(`\n${passed} passed, ${failed} failed, ${counted} skipped\n`);
	}
}
