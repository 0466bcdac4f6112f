import type {AuditRecord} from '../../../src/audit/audit-record.ts';
import type {Action, Check, Outcome, Preview} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';

/** A valve that can be set: the smallest system with something to lose, something to verify and a way back. */
export type FakeServer = {
	value: number;
	/** Changes whenever anybody sets it: its identity. */
	revision: number;
	risk: Preview['risk'];
	object: string;
	locks: readonly string[];
	touches: readonly string[];
	objects: readonly string[] | undefined;
	/** What the next run does instead of what it should. */
	fault: 'none' | 'denied' | 'conflict' | 'lost' | 'silent' | 'bug';
	ignoresChanges: boolean;
	slow: boolean;
	unreachable: boolean;
	blocked: boolean;
	readonly runs: {readonly plan: Plan; readonly record: string; readonly written: AuditRecord | undefined}[];
};

type Plan = {readonly to: number; readonly revision: number};

const unreachable = () => new AdapterError('unreachable', 'the valve does not answer', 'look at its cable');

/** @param newest reads the newest record on disk, at the moment when the action is run. */
export function fakeServerAction(newest: () => Promise<AuditRecord | undefined>): Action<Row, FakeServer, Plan> {
	const previewOf = (valve: FakeServer, to: number): Preview<Plan> => ({
		plan: {to, revision: valve.revision},
		target: 'tank',
		object: valve.object,
		locks: valve.locks,
		count: (valve.objects ?? valve.touches).length,
		...(valve.objects === undefined ? {} : {objects: valve.objects}),
		touches: valve.touches,
		cliEquivalent: `valvectl set ${to}`,
		impact: `the valve goes from ${valve.value} to ${to}`,
		boundTo: `turn ${valve.revision}`,
		changes: [{field: 'opening', before: String(valve.value), after: String(to)}],
		risk: valve.risk,
		undo: {class: valve.risk === 'low' ? 'exact' : 'approximate', text: `exact: set it back to ${valve.value}`},
	});
	const reach = (valve: FakeServer) => {
		if (valve.unreachable) throw unreachable();
	};
	return {
		id: 'probe.turn',
		title: 'Turn valve',
		key: 'V',
		kind: 'probe.valve',
		selects: 'one',
		shows: [{fact: 'how often it was turned', bound: 'its turns'}],
		params: [
			{
				name: 'to',
				label: 'opening',
				hint: '0 to 100',
				initial: () => '0',
				problem: text => (/^\d+$/.test(text) ? undefined : 'a number from 0 to 100'),
			},
		],
		disabled: rows => (rows[0]?.id === 'welded' ? 'it is welded' : undefined),
		async preview(_rows, params, {port}) {
			reach(port);
			return previewOf(port, Number(params['to']));
		},
		async preflight(plan, {port}) {
			reach(port);
			const checks: Check[] = [{label: 'not locked', result: port.blocked ? 'block' : 'pass', detail: 'the wheel'}];
			if (port.revision !== plan.revision) {
				checks.push({
					label: 'same turn',
					result: 'block',
					detail: `it was turned ${port.revision} times`,
					conflict: true,
				});
			}
			return checks;
		},
		async run(plan, {port, record}) {
			port.runs.push({plan, record, written: await newest()});
			if (port.fault === 'denied') throw new AdapterError('denied', 'not your valve', 'ask the owner');
			if (port.fault === 'conflict') throw new AdapterError('conflict', 'it was turned meanwhile', 'look again');
			if (port.fault === 'bug') throw new TypeError('undefined is not a valve');
			const before = {opening: String(port.value)};
			if (port.fault !== 'silent' && !port.ignoresChanges) port.value = plan.to;
			port.revision += 1;
			if (port.fault === 'silent') await new Promise(() => {});
			if (port.fault === 'lost') throw unreachable();
			return {summary: `turned to ${plan.to}`, before};
		},
		async verify(plan, _receipt, {port}): Promise<Outcome> {
			reach(port);
			if (port.slow) return {result: 'pending', detail: 'it still turns'};
			const detail = `it stands at ${port.value}`;
			return {result: port.value === plan.to ? 'done' : 'ineffective', detail};
		},
		settleMs: 5000,
		undo: {
			async propose(_plan, receipt, {port}) {
				return previewOf(port, Number(receipt.before['opening']));
			},
		},
	};
}

export const serverRow: Row = {id: 'valve', target: 'tank', severity: 'ok'};

export const createFakeServer = (): FakeServer => ({
	value: 10,
	revision: 0,
	risk: 'low',
	object: 'valve',
	locks: ['valve'],
	touches: ['the valve'],
	objects: undefined,
	fault: 'none',
	ignoresChanges: false,
	slow: false,
	unreachable: false,
	blocked: false,
	runs: [],
});
