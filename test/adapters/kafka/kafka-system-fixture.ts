import {kafkaSystem} from '../../../adapters/kafka/system.ts';
import type {ActionContext, Preview} from '../../../src/contract/action.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {Row, RowKind, Snapshot} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';

/** Timeouts for tests that are not about time, so that they hold on a busy machine. */
export const patientTimeouts = {connectTimeoutMs: 10_000, requestTimeoutMs: 10_000};

export type KafkaFixture = Awaited<ReturnType<typeof openKafka>>;

/** The Kafka system on real brokers with a clock that a test can advance: hours pass for the rules, and not for the test. */
export async function openKafka(settings: KafkaSettings, options = {readOnly: false}) {
	const target: Target<KafkaSettings> = {name: 'kafka-main', kind: 'kafka', production: false, settings};
	const connection = await kafkaSystem.connect(target, options);
	const {port} = connection;
	let ahead = 0;
	const now = () => Date.now() + ahead;
	const context = (): Context => ({signal: AbortSignal.timeout(120_000), now});
	const readers = new Map(kafkaSystem.sources.map(source => [source.kind, source.open(port, target)]));
	const savedFiles = new Map<string, string>();
	const acting = (record = 'rec-1'): ActionContext<KafkaPort, KafkaSettings> => ({
		...context(),
		port,
		target,
		record,
		async saveFile(name, text) {
			savedFiles.set(name, text);
			return `/saved/${name}`;
		},
	});
	const read = async <R extends Row = Row>(kind: RowKind): Promise<Snapshot<R>> => {
		const reader = readers.get(kind);
		if (reader === undefined) throw new Error(`no source ${kind}`);
		return (await reader(context())) as Snapshot<R>;
	};
	const [action] = kafkaSystem.actions;
	if (action === undefined || 'impossible' in action.undo) throw new Error('there is one action, and it can be undone');
	const {undo} = action;
	const lag = async (group: string): Promise<LagRow | undefined> =>
		(await read<LagRow>('kafka.lag')).rows.find(row => row.group === group);
	return {
		target,
		connection,
		port,
		action,
		undo,
		savedFiles,
		acting,
		read,
		/** Reads the row of a group. */
		lag,
		pass(seconds: number) {
			ahead += seconds * 1000;
		},
		/** Reads the findings about a group or topic, as `severity sentence`. */
		async findings(about: string): Promise<readonly string[]> {
			const found = await Promise.all(
				kafkaSystem.sources.map(async source =>
					source.findings(await read(source.kind), undefined, {target: target.name, now: now()}),
				),
			);
			const lines = found.flat().map(({severity, sentence}) => `${severity} ${sentence}`);
			return lines.filter(line => line.includes(about));
		},
		async inspect(id: string, row: Row, params: Readonly<Record<string, string>> = {}): Promise<string> {
			const inspection = kafkaSystem.inspections.find(one => one.id === id);
			if (inspection === undefined) throw new Error(`no inspection ${id}`);
			const {title, lines} = await inspection.open(row, {...context(), port, target, rows: [row], params});
			return [title, ...lines.map(line => line.text)].join('\n');
		},
		async preview(group: string, to: string): Promise<Preview> {
			const row = await lag(group);
			if (row === undefined) throw new Error(`there is no group ${group}`);
			return action.preview([row], {to}, acting());
		},
		close: () => connection.close(),
	};
}
