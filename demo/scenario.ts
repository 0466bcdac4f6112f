/** Each named scenario has one problem, its own; `calm` and `still` have none, `default` and `storm` have something in each pane. */
export const scenarioNames = [
	'calm',
	'still',
	'crashloop',
	'locks',
	'memory',
	'lag',
	'scrape',
	'storm',
	'default',
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

export const isScenarioName = (text: string): text is ScenarioName =>
	(scenarioNames as readonly string[]).includes(text);

/** One kind of problem, named like the scenario that has no other. */
export type ScenarioProblem = 'crashloop' | 'locks' | 'memory' | 'lag' | 'scrape';

/** Whether this scenario has that problem: its own, or every one in `default` and `storm`. */
export const hasProblem = (scenario: Scenario, problem: ScenarioProblem): boolean =>
	scenario.name === problem || scenario.name === 'default' || scenario.name === 'storm';

/** What all fake servers of one demo share: its problem, its clock and its random numbers. The same seed and time give the same estate. */
export type Scenario = {
	readonly name: ScenarioName;
	readonly seed: number;
	/** Epoch milliseconds when the demo started. */
	readonly startedAt: number;
	/** Epoch milliseconds. In `still` it never moves, so that nothing that depends on it does. */
	now(): number;
	/** The next number of one seeded sequence, 0 <= n < 1. Draw when building, not when reading: a read must not change the next one. */
	random(): number;
	/** The number that always belongs to `key`, 0 <= n < 1. */
	stableRandom(key: string): number;
	/** A number from 0 to 1 that changes smoothly with time, with a period of about `2 * periodMs`. Equal at equal times. */
	smoothRandom(key: string, periodMs: number): number;
};

export type ScenarioOptions = {
	/** Epoch milliseconds. */
	readonly now: () => number;
	readonly seed?: number;
};

export function createScenario(name: ScenarioName, {now, seed = 1}: ScenarioOptions): Scenario {
	const startedAt = now();
	const moment = name === 'still' ? () => startedAt : now;
	const fixed = (key: string) => hashKey(seed, key) / 2 ** 32;
	return {
		name,
		seed,
		startedAt,
		now: moment,
		random: createSeededRandom(seed),
		stableRandom: fixed,
		smoothRandom: (key, periodMs) => smoothRandomAt(fixed, key, periodMs, moment()),
	};
}

/** A number from 0 to 1 that changes smoothly with `at`, with a period of about `2 * periodMs`. */
export function smoothRandomAt(
	stableRandom: (key: string) => number,
	key: string,
	periodMs: number,
	at: number,
): number {
	const step = Math.floor(at / periodMs);
	const part = at / periodMs - step;
	const from = stableRandom(`${key} ${step}`);
	const to = stableRandom(`${key} ${step + 1}`);
	return from + (to - from) * part * part * (3 - 2 * part);
}

/** A repeatable sequence of numbers, 0 <= n < 1. mulberry32 (Tommy Ettinger, public domain): small, and good enough for scenery. */
export function createSeededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		return scrambleBits(state) / 2 ** 32;
	};
}

function scrambleBits(value: number): number {
	let mix = Math.imul(value ^ (value >>> 15), 1 | value);
	mix = (mix + Math.imul(mix ^ (mix >>> 7), 61 | mix)) ^ mix;
	return (mix ^ (mix >>> 14)) >>> 0;
}

/** FNV-1a over the key, started from the seed, then scrambled so that neighbouring keys do not get neighbouring numbers. */
function hashKey(seed: number, key: string): number {
	let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
	for (let index = 0; index < key.length; index += 1) {
		hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
	}
	return scrambleBits(hash);
}
