import {alertmanagerSystem} from '../../../adapters/alertmanager/system.ts';
import type {Action, ActionContext} from '../../../src/contract/action.ts';
import type {Params} from '../../../src/contract/param.ts';
import type {Row, RowKind, Snapshot} from '../../../src/contract/row.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../../src/port/alertmanager.ts';
import {fakeSaveFile, testContext} from '../conformance-subject.ts';
import {findAction} from '../system-fixture.ts';
import {targetAt} from './dedicated-alertmanager.ts';

export type AlertmanagerFixture = {
	readonly port: AlertmanagerPort;
	readonly actionContext: ActionContext<AlertmanagerPort, AlertmanagerSettings>;
	read<R extends Row>(kind: RowKind): Promise<Snapshot<R>>;
	findings(kind: RowKind): Promise<readonly string[]>;
	inspect(id: string, row: Row): Promise<string>;
	close(): Promise<void>;
};

/** Opens the system on one server, as the console does. */
export async function openAlertmanager(
	at: {readonly host: string; readonly port: number},
	options = {readOnly: false},
	now: () => number = Date.now,
): Promise<AlertmanagerFixture> {
	const target = targetAt(at);
	const connection = await alertmanagerSystem.connect(target, options);
	const port = connection.port;
	const context = {...testContext(), now, port, target, record: 'rec-1', saveFile: fakeSaveFile};
	const read = async <R extends Row>(kind: RowKind) => {
		const source = alertmanagerSystem.sources.find(candidate => candidate.kind === kind);
		if (source === undefined) throw new Error(`no source ${kind}`);
		return {source, snapshot: (await source.open(port, target)(context)) as Snapshot<R>};
	};
	return {
		port,
		actionContext: context,
		read: async <R extends Row>(kind: RowKind) => (await read<R>(kind)).snapshot,
		async findings(kind) {
			const {source, snapshot} = await read(kind);
			const findings = source.findings(snapshot, undefined, {target: target.name, now: now()});
			return findings.map(({severity, sentence}) => `${severity}: ${sentence}`).sort();
		},
		async inspect(id, row) {
			const inspection = alertmanagerSystem.inspections.find(candidate => candidate.id === id);
			if (inspection === undefined) throw new Error(`no inspection ${id}`);
			const {title, lines} = await inspection.open(row, {...context, rows: [row], params: {}});
			return [title, ...lines.map(line => line.text)].join('\n');
		},
		close: () => connection.close(),
	};
}

export const actionOf = (id: string): Action => findAction(alertmanagerSystem, id);

/** The params of an action: the given ones, and the initial values of the others. */
export const filledParams = (action: Action, row: Row, given: Params): Params =>
	Object.fromEntries(action.params.map(param => [param.name, given[param.name] ?? param.initial([row])]));
