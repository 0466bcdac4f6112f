import {mkdtempSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ConsolePlan, Sample} from './console.ts';
import {type Metered, type MeterPlan, meter} from './meter.ts';
import type {Programs} from './programs.ts';

/** One run of a console of the bench in a pseudo-terminal: what came out of it, and what it noted of itself. */
export async function runBenchConsole(
	{console: program, folder}: Programs,
	plan: Omit<ConsolePlan, 'report' | 'stateDir'>,
	terminal: Omit<MeterPlan, 'command'>,
): Promise<{readonly metered: Metered; readonly samples: readonly Sample[]}> {
	const stateDir = mkdtempSync(join(folder, 'console-'));
	const report = join(stateDir, 'report.json');
	const words = JSON.stringify({...plan, report, stateDir});
	const metered = await meter({...terminal, command: [process.execPath, program, words]}, folder);
	const samples = JSON.parse(readFileSync(report, 'utf8')) as readonly Sample[];
	return {metered, samples};
}

/** Samples between two moments in seconds since the first of them. */
export function during(samples: readonly Sample[], from: number, to: number): readonly Sample[] {
	const start = samples[0]?.at ?? 0;
	return samples.filter(sample => sample.at - start >= from * 1000 && sample.at - start < to * 1000);
}

/** Share of a core, in percent. */
export function processorOf(samples: readonly Sample[]): number {
	const [first, last] = [samples[0], samples.at(-1)];
	if (first === undefined || last === undefined || first === last) return Number.NaN;
	return (last.cpu - first.cpu) / 10 / (last.at - first.at);
}

export const longestGap = (samples: readonly Sample[]): number => Math.max(...samples.map(sample => sample.gap));

/** The most that the thread worked itself between two turns of the loop, in words: on a busy machine a gap is longer than that. */
export const workedIn = (samples: readonly Sample[]): string =>
	`of which it worked at most ${Math.max(...samples.map(sample => sample.worked)).toFixed(0)} ms`;
