import type {Context} from '../../src/contract/context.ts';
import type {Row, RowKind, Snapshot} from '../../src/contract/row.ts';
import type {System} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';

/** Opens all sources of a system on a port. */
export function openSources<Port, Settings>(
	system: System<Port, Settings>,
	port: Port,
	target: Target<Settings>,
	context: Context,
) {
	const readers = new Map(system.sources.map(source => [source.kind, source.open(port, target)]));
	const read = async (kind: RowKind): Promise<Snapshot<Row>> => {
		const reader = readers.get(kind);
		if (reader === undefined) throw new Error(`no source ${kind}`);
		return reader(context);
	};
	return {
		read,
		/** The ids of all findings, after another read of each source. */
		async findingIds(): Promise<readonly string[]> {
			const about = {target: target.name, now: context.now()};
			const found = await Promise.all(
				system.sources.map(async source =>
					source.findings(await read(source.kind), undefined, about).map(({id}) => id),
				),
			);
			return found.flat();
		},
	};
}
