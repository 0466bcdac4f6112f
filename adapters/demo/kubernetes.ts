import type {Context, Line, Row, Source, System, Target} from '../../src/contract.ts';
import {defineInspection, defineSource, defineSystem} from '../../src/define.ts';
import {type NodeUsageRow, nodeUsageFindings, nodeUsageRow} from '../../src/model/node-usage.ts';
import {type PodRow, podFindings, podRow} from '../../src/model/pod.ts';
import {memoryShare, type PodUsageRow, podUsageFindings, podUsageRow} from '../../src/model/pod-usage.ts';
import {bytes, clockTime, percent} from '../../src/text/figures.ts';
import {shellLine} from '../../src/text/quote.ts';
import {demoConnection} from './connection.ts';
import {createFleet, type Fleet} from './kubernetes-fleet.ts';
import type {Scenario} from './scenario.ts';

const kubectl = (target: Target, ...words: readonly string[]): string =>
	shellLine(['kubectl', '--context', target.name, ...words]);

const historyLength = 20;

type Measured = {readonly uid: string; readonly memory: number; readonly measuredAt: number};
type Memory = {readonly measuredAt: number; readonly values: readonly number[]};

/** Remembers the last figures of each object that is still there; one that was not measured anew adds nothing. */
function createHistory(): (measured: readonly Measured[]) => (uid: string) => readonly number[] {
	let kept: ReadonlyMap<string, Memory> = new Map();
	return measured => {
		kept = new Map(
			measured.map(({uid, memory, measuredAt}) => {
				const before = kept.get(uid);
				if (before !== undefined && before.measuredAt >= measuredAt) return [uid, before];
				return [uid, {measuredAt, values: [...(before?.values ?? []), memory].slice(-historyLength)}];
			}),
		);
		return uid => kept.get(uid)?.values ?? [];
	};
}

const whole = <R extends Row>(rows: readonly R[]) => ({rows, gauges: [], omitted: 0, notes: []});

const pods = defineSource<PodRow, Fleet>()({
	kind: 'kubernetes.pod',
	title: 'Pods',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [kubectl(target, 'get', 'pods', '--all-namespaces', '-o', 'wide')],
	open:
		(fleet, target) =>
		async ({signal, now}) => {
			signal.throwIfAborted();
			return whole(fleet.pods().map(facts => podRow(target.name, facts, now())));
		},
	findings: ({rows}, _previous, {target}) => podFindings(rows, target),
});

const podUsage = defineSource<PodUsageRow, Fleet>()({
	kind: 'kubernetes.pod-usage',
	title: 'Pod usage',
	intervalMs: 5000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [kubectl(target, 'top', 'pods', '--all-namespaces')],
	open(fleet, target) {
		const remember = createHistory();
		return async ({signal}: Context) => {
			signal.throwIfAborted();
			const usage = fleet.podUsage();
			const history = remember(usage);
			return whole(usage.map(facts => podUsageRow(target.name, facts, history(facts.uid))));
		};
	},
	findings: ({rows}, _previous, {target}) => podUsageFindings(rows, target),
});

const nodeUsage = defineSource<NodeUsageRow, Fleet>()({
	kind: 'kubernetes.node-usage',
	title: 'Node usage',
	intervalMs: 5000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [kubectl(target, 'top', 'nodes'), kubectl(target, 'get', 'nodes')],
	open(fleet, target) {
		const remember = createHistory();
		return async ({signal}: Context) => {
			signal.throwIfAborted();
			const nodes = fleet.nodes();
			const history = remember(nodes);
			return whole(nodes.map(facts => nodeUsageRow(target.name, facts, history(facts.uid))));
		};
	},
	findings: ({rows}, _previous, {target}) => nodeUsageFindings(rows, target),
});

const sources: readonly Source<Row, Fleet>[] = [pods, podUsage, nodeUsage];

const loudIfWrong = (row: Row): readonly Line[] =>
	row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}];

const field = (name: string, value: string): Line => ({text: `${name.padEnd(14)}${value}`});

const moment = (at: number | undefined): string =>
	at === undefined ? '-' : `${new Date(at).toISOString().slice(0, 10)} ${clockTime(at)}`;

const describePod = defineInspection<PodRow, Fleet>()({
	id: 'kubernetes.describe-pod',
	title: 'Describe pod',
	key: 'd',
	kind: 'kubernetes.pod',
	risk: 'none',
	open: async (row, {target}) => ({
		title: `${row.namespace}/${row.name}`,
		reads: [kubectl(target, '-n', row.namespace, 'describe', 'pod', row.name)],
		lines: [
			...loudIfWrong(row),
			field('Status', row.status),
			field('Ready', `${row.ready} of ${row.containers} containers`),
			field('Last end', row.lastEnd === undefined ? '-' : `${row.lastEnd.reason}, exit code ${row.lastEnd.exitCode}`),
			field('Restarts', `${row.restarts}, last ${moment(row.restartedAt)}`),
			field('Scheduler', row.message ?? '-'),
			field('Node', row.node ?? 'none yet'),
			field('Owner', row.owner),
			field('Created', moment(row.createdAt)),
			field('UID', row.uid),
		],
	}),
});

const describePodUsage = defineInspection<PodUsageRow, Fleet>()({
	id: 'kubernetes.describe-pod-usage',
	title: 'Usage of pod',
	key: 'd',
	kind: 'kubernetes.pod-usage',
	risk: 'none',
	open: async (row, {target}) => ({
		title: `${row.namespace}/${row.name}`,
		reads: [kubectl(target, '-n', row.namespace, 'top', 'pod', row.name, '--containers')],
		lines: [
			...loudIfWrong(row),
			field('Memory', `${bytes(row.memory)} of ${bytes(row.memoryLimit)}, ${percent(memoryShare(row))}`),
			field('CPU', `${row.cpu.toFixed(2)} cores, ${row.cpuRequest?.toFixed(2) ?? 'none'} requested`),
			field('Last reads', row.memoryHistory.map(value => bytes(value)).join(' ')),
		],
	}),
});

const describeNode = defineInspection<NodeUsageRow, Fleet>()({
	id: 'kubernetes.describe-node',
	title: 'Describe node',
	key: 'd',
	kind: 'kubernetes.node-usage',
	risk: 'none',
	async open(row, {target, port}) {
		const here = port.pods().filter(pod => pod.node === row.name);
		return {
			title: row.name,
			reads: [kubectl(target, 'describe', 'node', row.name)],
			lines: [
				...loudIfWrong(row),
				field('Status', row.status),
				field('Memory', `${bytes(row.memory)} of ${bytes(row.memoryCapacity)}`),
				field('CPU', `${row.cpu.toFixed(1)} of ${row.cpuCapacity} cores`),
				field('Pods', String(here.length)),
				{text: ''},
				...here.map(pod => ({text: `${pod.namespace}/${pod.name}  ${pod.status}`})),
			],
		};
	},
});

/** A cluster of twelve nodes and 412 pods. */
export const demoKubernetes = (scenario: Scenario): System =>
	defineSystem({
		kind: 'kubernetes',
		title: 'Kubernetes',
		sources,
		actions: [],
		inspections: [describePod, describePodUsage, describeNode],
		connect: async () =>
			demoConnection({
				port: createFleet(scenario),
				version: 'v1.34.2',
				who: 'oncall@example.test',
				permissions: [
					{needs: 'pods of all namespaces', name: 'list pods'},
					{needs: 'usage of pods and nodes', name: 'list pods.metrics.k8s.io'},
					{needs: 'nodes', name: 'list nodes'},
				],
			}),
	});
