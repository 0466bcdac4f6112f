import {describe, expect, test} from 'vitest';
import type {Action, ActionContext, Receipt} from '../../src/contract/action.ts';
import type {Row} from '../../src/contract/row.ts';

/** A plan that is shown, of an object that only this test uses. */
export type ShownPlan<Port> = {
	/** The confirmed plan. A change that no test can cause, such as a reused pid, is made here. */
	readonly plan: () => unknown;
	readonly context: ActionContext<Port>;
	/** Changes the fact on the server, and resolves when the server shows the change. */
	readonly change: () => Promise<void>;
	/** Whether any part of the plan was applied. */
	readonly wasApplied: () => Promise<boolean>;
	readonly cleanUp: () => Promise<void>;
};

/** The cases by action and fact. Each shows a plan and can change that one fact. */
export type BindingCases<Port> = Readonly<
	Record<string, Readonly<Record<string, (action: Action<Row, Port>) => Promise<ShownPlan<Port>>>>>
>;

/**
 * Tests every declared fact: a bound one is changed between preview and confirmation, and then both the checks and `run` must refuse the
 * plan, with nothing done. A bound fact without a case fails, and so does a case without a fact.
 */
export function planBindingTests<Port>(actions: readonly Action<Row, Port>[], cases: BindingCases<Port>): void {
	test('every bound fact has a case, and every case a bound fact', () => {
		const declared = actions.map(({id, shownFacts}) => [
			id,
			shownFacts.flatMap(shown => ('changeDetectedBy' in shown ? shown.fact : [])).toSorted(),
		]);
		const cased = actions.map(({id}) => [id, Object.keys(cases[id] ?? {}).toSorted()]);
		expect(cased).toEqual(declared);
		for (const fact of actions.flatMap(({shownFacts}) => shownFacts)) {
			if ('changeAllowedBecause' in fact) expect(fact.changeAllowedBecause).toMatch(/\w+ \w+ \w+/);
		}
	});

	for (const action of actions) {
		describe(action.id, () => {
			for (const {fact, ...rest} of action.shownFacts) {
				const shown = cases[action.id]?.[fact];
				if ('changeAllowedBecause' in rest || shown === undefined) continue;
				test(`a plan is refused when this changes: ${fact}`, async () => {
					const {plan, context: about, change, wasApplied, cleanUp} = await shown(action);
					try {
						const before = await action.preflight(plan(), about);
						expect(before.filter(({result}) => result === 'block')).toEqual([]);
						await change();
						const after = await action.preflight(plan(), about);
						expect(after.filter(({result}) => result === 'block').length).toBeGreaterThan(0);
						const sent: Promise<Receipt> = action.run(plan(), about);
						await expect(sent).rejects.toMatchObject({name: 'AdapterError', harmless: true});
						expect(await wasApplied()).toBe(false);
					} finally {
						await cleanUp();
					}
				});
			}
		});
	}
}
