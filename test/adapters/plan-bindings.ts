import {describe, expect, test} from 'vitest';
import type {Action, ActionContext, Receipt} from '../../src/contract/action.ts';
import type {Row} from '../../src/contract/row.ts';

/** One plan that is on the screen, of an object of its own. */
export type ShownPlan<Port> = {
	/** What was confirmed. A change that no test can bring about, such as a pid that is given to another process, is made here. */
	readonly plan: () => unknown;
	readonly context: ActionContext<Port>;
	/** Changes the fact on the server, and resolves when the server itself shows it. */
	readonly change: () => Promise<void>;
	/** Whether anything of the plan was done to whatever is there now. */
	readonly wasApplied: () => Promise<boolean>;
	readonly cleanUp: () => Promise<void>;
};

/** By action and fact: puts a plan on the screen and knows how to change that one fact. */
export type BindingCases<Port> = Readonly<
	Record<string, Readonly<Record<string, (action: Action<Row, Port>) => Promise<ShownPlan<Port>>>>>
>;

/**
 * Holds every declared fact to its declaration: one that is bound is changed between preview and confirmation, and the plan must then be
 * refused by the checks and by what is sent, with nothing done. A bound fact without a case fails, and so does a case without a fact.
 */
export function planBindingTests<Port>(actions: readonly Action<Row, Port>[], cases: BindingCases<Port>): void {
	test('every bound fact has a case, and every case a bound fact', () => {
		const declared = actions.map(({id, shows}) => [
			id,
			shows.flatMap(one => ('bound' in one ? one.fact : [])).toSorted(),
		]);
		const cased = actions.map(({id}) => [id, Object.keys(cases[id] ?? {}).toSorted()]);
		expect(cased).toEqual(declared);
		for (const fact of actions.flatMap(({shows}) => shows)) {
			if ('notBound' in fact) expect(fact.notBound).toMatch(/\w+ \w+ \w+/);
		}
	});

	for (const action of actions) {
		describe(action.id, () => {
			for (const {fact, ...rest} of action.shows) {
				const shown = cases[action.id]?.[fact];
				if ('notBound' in rest || shown === undefined) continue;
				test(`a plan does not outlive its ${fact}`, async () => {
					const {plan, context: about, change, wasApplied: happened, cleanUp: end} = await shown(action);
					try {
						const before = await action.preflight(plan(), about);
						expect(before.filter(({result}) => result === 'block')).toEqual([]);
						await change();
						const after = await action.preflight(plan(), about);
						expect(after.filter(({result}) => result === 'block').length).toBeGreaterThan(0);
						const sent: Promise<Receipt> = action.run(plan(), about);
						await expect(sent).rejects.toMatchObject({name: 'AdapterError', harmless: true});
						expect(await happened()).toBe(false);
					} finally {
						await end();
					}
				});
			}
		});
	}
}
