import {stripVTControlCharacters} from 'node:util';
import type {Reporter, SerializedError, TestModule, TestRunEndReason, Vitest} from 'vitest/node';

/** Runs of fewer files do not list where the time went. */
const minFilesForFolders = 100;

/**
 * Ends the run with `N passed, N failed, N skipped` alone on the last line. Above it: in a large run the minutes that each folder took,
 * every skipped test with its reason, and every failed test with the first line of its error, since the full error may be thousands of
 * lines above. With MIDWATCH_REQUIRE=all a skipped test counts as failed.
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
			const fail = (test: string, errors: readonly {readonly message: string}[] | undefined) => {
				failedHere++;
				failures.push(`${module.relativeModuleId} > ${test}: ${firstLine(errors?.[0]?.message ?? 'no error given')}`);
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
			// A file that does not load, or whose hook fails, has no failed test.
			if (module.state() === 'failed' && failedHere === 0)
				fail('(file)', [...module.errors(), ...[...module.children.allSuites()].flatMap(suite => suite.errors())]);
			failed += failedHere;
		}
		if (reason === 'interrupted' && failed === 0) failed = 1;
		if (modules.length >= minFilesForFolders) this.write(folderMinutes(modules));
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

/** The sum over the files of each folder of `test/`, the longest first. Files run side by side, so the sum exceeds the time of the run. */
function folderMinutes(modules: readonly TestModule[]): string {
	const total = new Map<string, number>();
	for (const module of modules) {
		const {collectDuration, setupDuration, duration} = module.diagnostic();
		const [, folder = '', subfolder = ''] = module.relativeModuleId.split('/');
		const name = subfolder.includes('.test.') || subfolder === '' ? folder : `${folder}/${subfolder}`;
		const key = name.includes('.test.') ? '.' : name;
		total.set(key, (total.get(key) ?? 0) + collectDuration + setupDuration + duration);
	}
	const lines = [...total]
		.sort(([, one], [, other]) => other - one)
		.map(([name, ms]) => `  ${(ms / 60_000).toFixed(1).padStart(5)}  test/${name}\n`);
	return `\nMinutes per folder:\n${lines.join('')}`;
}

function firstLine(text: string): string {
	const line = stripVTControlCharacters(text).split('\n', 1)[0] ?? '';
	return line.length > 240 ? `${line.slice(0, 240)}…` : line;
}
