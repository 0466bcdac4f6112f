import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Gauge, Note, Snapshot} from '../../contract/row.ts';
import {formatClockTime, formatThousands} from '../../text/format.ts';
import {reloadFailed, rulesFailing, serverNotReady} from './prometheus-finding-types.ts';

/** What a Prometheus tells of itself. A member is undefined when this server does not tell it. */
export type PrometheusServerFacts = {
	readonly targets: {readonly all: number; readonly down: number};
	readonly ready: {readonly ready: boolean; readonly said: string} | undefined;
	readonly config: {readonly loaded: boolean; readonly lastConfigTime: string} | undefined;
	/** In memory. */
	readonly series: number | undefined;
	readonly rules:
		| {
				readonly all: number;
				readonly failing: readonly FailingRule[];
				/** Names of the alerting rules that look at `up`. */
				readonly ofUp: readonly string[];
		  }
		| undefined;
};

export type FailingRule = {readonly group: string; readonly name: string; readonly error: string};

/** Gauges are left out where the server has no such thing, rather than shown as unknown for ever. */
export function prometheusServerGauges({
	targets,
	ready,
	config,
	series,
	rules,
}: PrometheusServerFacts): readonly Gauge[] {
	return [
		{
			id: 'up',
			label: 'up',
			value: targets.all - targets.down,
			unit: 'count',
			limit: targets.all,
			severity: targets.down > 0 ? 'crit' : 'ok',
		},
		...(ready === undefined
			? []
			: [
					{
						id: 'ready',
						label: 'server',
						value: undefined,
						unit: 'text',
						text: ready.ready ? 'ready' : 'not ready',
						severity: ready.ready ? 'ok' : 'crit',
					} satisfies Gauge,
				]),
		...(config === undefined
			? []
			: [
					{
						id: 'config',
						label: 'config',
						value: undefined,
						unit: 'text',
						text: config.loaded ? loadedText(config.lastConfigTime) : 'reload failed',
						severity: config.loaded ? 'ok' : 'warn',
					} satisfies Gauge,
				]),
		...(series === undefined
			? []
			: [{id: 'series', label: 'series', value: series, unit: 'count', severity: 'ok'} satisfies Gauge]),
		...(rules === undefined
			? []
			: [
					{
						id: 'rules',
						label: 'rules failing',
						value: rules.failing.length,
						unit: 'count',
						severity: rules.failing.length > 0 ? 'warn' : 'ok',
					} satisfies Gauge,
				]),
	];
}

const loadedText = (time: string): string => {
	const at = Date.parse(time);
	return Number.isNaN(at) ? 'loaded' : `loaded ${formatClockTime(at)}`;
};

const shownFaults = 5;

/** What cannot be evaluated, and why. */
export const ruleNotes = (rules: PrometheusServerFacts['rules']): readonly Note[] =>
	(rules?.failing ?? []).slice(0, shownFaults).map(({group, name, error}) => ({
		text: `rule ${group}/${name} cannot be evaluated: ${error}`,
		hint: 'What hangs on it cannot fire. Correct its expression in the rule file, then reload.',
		severity: 'warn',
	}));

/** What is wrong with the server itself, read from its gauges and the notes on its rules. */
export function prometheusServerFindings(
	{gauges, notes}: Pick<Snapshot, 'gauges' | 'notes'>,
	target: string,
): readonly Finding[] {
	const about = {target, kind: 'prometheus.target'} as const;
	const bad = (id: string) => gauges.find(gauge => gauge.id === id && gauge.severity !== 'ok');
	const found: Finding[] = [];
	if (bad('ready') !== undefined) {
		found.push(
			createFinding(serverNotReady, {
				...about,
				id: `${target}/server/ready`,
				severity: 'crit',
				sentence: `${target} is not ready: it replays its log, or shuts down, and neither scrapes nor alerts`,
				evidence: ['GET /-/ready does not answer with 200'],
			}),
		);
	}
	if (bad('config') !== undefined) {
		found.push(
			createFinding(reloadFailed, {
				...about,
				id: `${target}/server/config`,
				severity: 'warn',
				sentence: `the configuration of ${target} could not be loaded: it goes on with the one before, and a restart would fail`,
				evidence: [
					'reloadConfigSuccess of /api/v1/status/runtimeinfo is false',
					'promtool check config tells the fault',
				],
			}),
		);
	}
	const rules = bad('rules');
	if (rules !== undefined) {
		const many = rules.value ?? 0;
		found.push(
			createFinding(rulesFailing, {
				...about,
				id: `${target}/server/rules`,
				severity: 'warn',
				sentence: `${formatThousands(many)} ${many === 1 ? 'rule' : 'rules'} of ${target} cannot be evaluated, and what hangs on ${many === 1 ? 'it' : 'them'} cannot fire`,
				evidence: notes.flatMap(({text}) => (text.startsWith('rule ') ? [text] : [])),
			}),
		);
	}
	return found;
}
