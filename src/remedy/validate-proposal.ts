import type {Action} from '../contract/action.ts';
import type {Params} from '../contract/param.ts';
import type {Row} from '../contract/row.ts';
import type {Refusal} from '../policy/policy.ts';

const refused = (reason: string, hint: string): Refusal => ({kind: 'refused', reason, hint});

/** Why the action cannot be previewed for these rows and parameters, or undefined when it can. */
export function validateProposal(action: Action, rows: readonly Row[], params: Params): Refusal | undefined {
	const [first] = rows;
	if (!first) return refused(`${action.title} needs a row`, 'move the cursor to one and try again');
	if (rows.some(row => row.target !== first.target)) {
		return refused('the marked rows belong to several targets', 'mark rows of one target and try again');
	}
	if (action.selects === 'one' && rows.length > 1) {
		return refused(`${action.title} takes one row, ${rows.length} are marked`, 'unmark all but one and try again');
	}
	const disabled = action.disabled(rows);
	if (disabled !== undefined) return refused(disabled, 'choose another row or another action');
	for (const param of action.params) {
		const problem = param.problem(params[param.name] ?? '');
		if (problem !== undefined) return refused(`${param.label}: ${problem}`, param.hint);
	}
	return undefined;
}
