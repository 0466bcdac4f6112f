import type {Action, ActionContext} from '../../src/contract/action.ts';
import type {Context} from '../../src/contract/context.ts';
import {initialParams} from '../../src/contract/initial-params.ts';
import type {Row, RowKind, Snapshot} from '../../src/contract/row.ts';
import type {Connection, System} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {fakeSaveFile, testContext} from './conformance-subject.ts';

/** One system on one server, opened as the console opens it. */
export type SystemFixture<Port, Settings> = {
	readonly target: Target<Settings>;
	readonly connection: Connection<Port>;
	readonly port: Port;
	/** Reads one source; each call continues the same reader. */
	read<R extends Row = Row>(kind: RowKind, at?: Context): Promise<Snapshot<R>>;
	findings(kind: RowKind, snapshot: Snapshot): readonly string[];
	inspect(id: string, row: Row): Promise<string>;
	actionContext(record?: string): ActionContext<Port, Settings>;
};

export async function openSystemFixture<Port, Settings>(
	system: System<Port, Settings>,
	target: Target<Settings>,
	options = {readOnly: false},
): Promise<SystemFixture<Port, Settings>> {
	const connection = await system.connect(target, options);
	const {port} = connection;
	const readers = new Map(system.sources.map(source => [source.kind, source.open(port, target)]));
	return {
		target,
		connection,
		port,
		async read<R extends Row>(kind: RowKind, at: Context = testContext()) {
			const reader = readers.get(kind);
			if (reader === undefined) throw new Error(`no source ${kind}`);
			return (await reader(at)) as Snapshot<R>;
		},
		findings(kind, snapshot) {
			const source = system.sources.find(one => one.kind === kind);
			const found = source?.findings(snapshot, undefined, {target: target.name, now: Date.now()}) ?? [];
			return found.map(({severity, sentence}) => `${severity}: ${sentence}`);
		},
		async inspect(id, row) {
			const inspection = system.inspections.find(one => one.id === id);
			if (inspection === undefined) throw new Error(`no inspection ${id}`);
			const params = initialParams(inspection.params, [row]);
			const {title, lines} = await inspection.open(row, {...testContext(), port, target, rows: [row], params});
			return [title, ...lines.map(line => line.text)].join('\n');
		},
		actionContext: (record = 'rec-1') => ({...testContext(), port, target, record, saveFile: fakeSaveFile}),
	};
}

export function findAction(system: System, id: string): Action {
	const action = system.actions.find(one => one.id === id);
	if (action === undefined) throw new Error(`no action ${id}`);
	return action;
}
