import type {Inspection} from '../../../src/contract/inspection.ts';
import type {Param} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';

const amount: Param = {
	name: 'amount',
	label: 'Amount',
	hint: 'a number',
	initial: () => '1',
	problem: typed => (/^\d+$/.test(typed) ? undefined : `${typed} is not a number`),
};

/** Inspections that open what `read` returns: a plain one `d`, one on several rows with a document option `m`, one that prompts first `x`, and one without a key. */
export function sampleInspections<R extends Row, Port>(
	read: Inspection<R, Port>['open'],
): readonly Inspection<R, Port>[] {
	const plain: Inspection<R, Port> = {
		id: 'postgres.read',
		title: 'Read the job',
		key: 'd',
		kind: 'postgres.session',
		risk: 'none',
		open: read,
	};
	const measure: Inspection<R, Port> = {
		...plain,
		id: 'postgres.measure',
		title: 'Measure the jobs',
		key: 'm',
		selects: 'many',
		params: [amount],
		documentOptions: [
			{
				key: 'x',
				title: 'Amount',
				nextParams: params => ({amount: `${Number(params['amount']) + 1}`}),
				currentLabel: params => params['amount'] ?? '',
			},
		],
	};
	const {key: _, ...withoutKey} = plain;
	return [
		plain,
		measure,
		{...plain, id: 'postgres.ask', title: 'Ask the job', key: 'x', params: [amount], prompt: true},
		{...withoutKey, id: 'postgres.history', title: 'History of the job'},
	];
}
