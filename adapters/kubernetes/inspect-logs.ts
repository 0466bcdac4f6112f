import type {Context, Line} from '../../src/contract.ts';
import {defineInspection} from '../../src/define.ts';
import {isAdapterError} from '../../src/errors.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../src/port/kubernetes-objects.ts';
import {kubectl} from './by-hand.ts';
import {podObject, podRef} from './pod-act.ts';

const tailLines = 500;
/** Of one container: some write megabytes into one line. */
const limitBytes = 1024 * 1024;

/** The level as most programs write it: a word of its own, or a field of JSON. */
const bad =
	/\b(?:ERROR|FATAL|PANIC|CRITICAL)\b|"(?:level|severity|lvl)"\s*:\s*"(?:error|fatal|panic|critical)"|^panic:/i;

const logLine = (text: string): Line => (bad.test(text) ? {text, severity: 'crit'} : {text});

type Part = {readonly container: string; readonly previous: boolean};

/** The run that ended badly first: that is where the reason stands. */
function partsOf({spec, status}: PodObject): readonly Part[] {
	const known = new Map<string, ContainerStatus>(
		[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(each => [each.name, each]),
	);
	return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({name}) => {
		const container = known.get(name);
		const crashed = container?.lastState?.terminated !== undefined && container.ready !== true;
		const before = crashed ? [{container: name, previous: true}] : [];
		// While it waits to be started again, the log of now is that of the run before.
		const isWaiting = crashed && container.state?.waiting !== undefined;
		return isWaiting ? before : [...before, {container: name, previous: false}];
	});
}

async function readPart(
	port: KubernetesPort,
	row: PodRow,
	{container, previous}: Part,
	context: Context,
): Promise<readonly Line[]> {
	const lines: Line[] = [];
	const request = {
		namespace: row.namespace,
		pod: row.name,
		container,
		previous,
		tailLines,
		limitBytes,
		timestamps: true,
	};
	try {
		for await (const some of port.logs(request, context)) for (const text of some) lines.push(logLine(text));
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		lines.push({text: `(${error.message})`, severity: 'unknown'});
	}
	return lines.length === 0 ? [{text: '(it wrote nothing)'}] : lines;
}

/** The last lines of every container, and of the run before where one crashed. */
export const inspectLogs = defineInspection<PodRow, KubernetesPort>()({
	id: 'kubernetes.logs',
	title: 'Logs',
	key: 'l',
	kind: 'kubernetes.pod',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const object = (await port.get(podObject(podRef(row)), context)) as unknown as PodObject;
		const parts = partsOf(object);
		const read = await Promise.all(parts.map(part => readPart(port, row, part, context)));
		const lines = parts.flatMap(({container, previous}, index): readonly Line[] => [
			...(index === 0 ? [] : [{text: ''}]),
			{text: previous ? `Container ${container}, the run before that ended` : `Container ${container}`, loud: true},
			...(read[index] ?? []),
		]);
		return {
			title: `Logs of ${row.namespace}/${row.name}, last ${tailLines} lines each`,
			reads: parts.map(({container, previous}) =>
				kubectl(
					target,
					...['-n', row.namespace, 'logs', row.name, '-c', container, '--timestamps', `--tail=${tailLines}`],
					...(previous ? ['--previous'] : []),
				),
			),
			lines,
		};
	},
});
