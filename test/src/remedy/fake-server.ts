import type {AuditRecord} from '../../../src/audit/audit-record.ts';
import type {Action, Check, Outcome, Preview} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';

/** A server with one setting: the smallest system with an action that can be verified and undone. */
export type FakeServer = {
	value: number;
	/** Changes with each write; the plan is bound to it. */
	revision: number;
	risk: Preview['risk'];
	object: string;
	locks: readonly string[];
	touches: readonly string[];
	objects: readonly string[] | undefined;
	/** How the next run fails. */
	fault: 'none' | 'denied' | 'conflict' | 'lost' | 'silent' | 'bug';
	ignoresChanges: boolean;
	slow: boolean;
	unreachable: boolean;
	blocked: boolean;
	readonly runs: {readonly plan: Plan; readonly record: string; readonly written: AuditRecord | undefined}[];
};

type Plan = {readonly to: number; readonly revision: number};

const unreachable = () => new AdapterError('unreachable', 'the server does not answer', 'check the network');

/** @param newest reads the newest audit record on disk; called when the action runs */
export function fakeServerAction(newest: () => Promise<AuditRecord | undefined>): Action<Row, FakeServer, Plan> {
	const previewOf = (server: FakeServer, to: number): Preview<Plan> => ({
		plan: {to, revision: server.revision},
		target: 'demo-target',
		object: server.object,
		lockNames: server.locks,
		count: (server.objects ?? server.touches).length,
		...(server.objects === undefined ? {} : {objects: server.objects}),
		touches: server.touches,
		cliEquivalent: `settingctl set ${to}`,
		impact: `the setting goes from ${server.value} to ${to}`,
		checkedIdentity: `revision ${server.revision}`,
		changes: [{field: 'value', before: String(server.value), after: String(to)}],
		risk: server.risk,
		undo: {class: server.risk === 'low' ? 'exact' : 'approximate', text: `exact: set it back to ${server.value}`},
	});
	const reach = (server: FakeServer) => {
		if (server.unreachable) throw unreachable();
	};
	return {
		id: 'probe.set',
		title: 'Change setting',
		key: 'V',
		kind: 'probe.setting',
		selects: 'one',
		shownFacts: [{fact: 'its revision', changeDetectedBy: 'the revision'}],
		params: [
			{
				name: 'to',
				label: 'value',
				hint: '0 to 100',
				initial: () => '0',
				problem: text => (/^\d+$/.test(text) ? undefined : 'a number from 0 to 100'),
			},
		],
		disabled: rows => (rows[0]?.id === 'read-only' ? 'it is read-only' : undefined),
		async preview(_rows, params, {port}) {
			reach(port);
			return previewOf(port, Number(params['to']));
		},
		async preflight(plan, {port}) {
			reach(port);
			const checks: Check[] = [
				{label: 'not locked', result: port.blocked ? 'block' : 'pass', detail: 'a maintenance window'},
			];
			if (port.revision !== plan.revision) {
				checks.push({
					label: 'same revision',
					result: 'block',
					detail: `its revision is ${port.revision} now`,
					conflict: true,
				});
			}
			return checks;
		},
		async run(plan, {port, record}) {
			port.runs.push({plan, record, written: await newest()});
			if (port.fault === 'denied') throw new AdapterError('denied', 'permission denied', 'ask the owner');
			if (port.fault === 'conflict') throw new AdapterError('conflict', 'it was changed meanwhile', 'look again');
			if (port.fault === 'bug') throw new TypeError('undefined is not a setting');
			const before = {value: String(port.value)};
			if (port.fault !== 'silent' && !port.ignoresChanges) port.value = plan.to;
			port.revision += 1;
			if (port.fault === 'silent') await new Promise(() => {});
			if (port.fault === 'lost') throw unreachable();
			return {summary: `set to ${plan.to}`, before};
		},
		async verify(plan, _receipt, {port}): Promise<Outcome> {
			reach(port);
			if (port.slow) return {result: 'pending', detail: 'it is being applied'};
			const detail = `it is ${port.value}`;
			return {result: port.value === plan.to ? 'done' : 'ineffective', detail};
		},
		settleMs: 5000,
		undo: {
			async propose(_plan, receipt, {port}) {
				return previewOf(port, Number(receipt.before['value']));
			},
		},
	};
}

export const serverRow: Row = {id: 'setting', kind: 'redis.server', target: 'demo-target', severity: 'ok'};

export const createFakeServer = (): FakeServer => ({
	value: 10,
	revision: 0,
	risk: 'low',
	object: 'setting',
	locks: ['setting'],
	touches: ['the setting'],
	objects: undefined,
	fault: 'none',
	ignoresChanges: false,
	slow: false,
	unreachable: false,
	blocked: false,
	runs: [],
});
