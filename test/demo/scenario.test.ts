import {describe, expect, it} from 'vitest';
import {createScenario, hasProblem, isScenarioName, scenarioNames} from '../../demo/scenario.ts';

const start = Date.UTC(2026, 10, 21, 14, 5, 22);

function at(seconds: number, seed = 1) {
	let now = start;
	const scenario = createScenario('default', {now: () => now, seed});
	now += seconds * 1000;
	return scenario;
}

const draws = (seed: number) => {
	const {random} = createScenario('default', {now: () => start, seed});
	return Array.from({length: 1000}, () => random());
};

describe('scenario', () => {
	it('gives the same random numbers for the same seed', () => {
		expect(draws(7)).toEqual(draws(7));
		expect(draws(7)).not.toEqual(draws(8));
		for (const draw of draws(7)) expect(draw >= 0 && draw < 1).toBe(true);
		const mean = draws(7).reduce((sum, draw) => sum + draw, 0) / 1000;
		expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
	});

	it('gives each key its own stable number', () => {
		expect(at(0).stableRandom('a')).toBe(at(900).stableRandom('a'));
		expect(at(0).stableRandom('a')).not.toBe(at(0).stableRandom('b'));
		expect(at(0).stableRandom('a')).not.toBe(at(0, 2).stableRandom('a'));
		const many = Array.from({length: 1000}, (_, index) => at(0).stableRandom(`key ${index}`));
		expect(new Set(many).size).toBe(1000);
		const mean = many.reduce((sum, one) => sum + one, 0) / 1000;
		expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
	});

	it('changes values without jumps', () => {
		let before = at(0).smoothRandom('a', 60_000);
		let most = 0;
		for (let second = 1; second < 600; second += 1) {
			const value = at(second).smoothRandom('a', 60_000);
			expect(value).toBe(at(second).smoothRandom('a', 60_000));
			most = Math.max(most, Math.abs(value - before));
			before = value;
		}
		expect(most).toBeGreaterThan(0);
		expect(most).toBeLessThan(0.03);
	});

	it('does not change in still, and only there', () => {
		for (const name of scenarioNames) {
			let now = start;
			const scenario = createScenario(name, {now: () => now});
			now += 60_000;
			expect(scenario.now()).toBe(name === 'still' ? start : now);
		}
	});

	it('has only its own problem, and all of them in default and storm', () => {
		const all = ['crashloop', 'locks', 'memory', 'lag', 'scrape'] as const;
		const troubles = (name: (typeof scenarioNames)[number]) =>
			all.filter(trouble => hasProblem(createScenario(name, {now: () => start}), trouble));
		expect(troubles('calm')).toEqual([]);
		expect(troubles('still')).toEqual([]);
		for (const name of all) expect(troubles(name)).toEqual([name]);
		expect(troubles('default')).toEqual(all);
		expect(troubles('storm')).toEqual(all);
	});

	it('accepts only the declared names', () => {
		expect(isScenarioName('storm')).toBe(true);
		expect(isScenarioName('toString')).toBe(false);
	});
});
