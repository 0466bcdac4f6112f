import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Gauge, Note} from '../../contract/row.ts';
import {formatClockTime, formatThousands} from '../../text/format.ts';
import {reloadFailed, rulesFailing, serverNotReady} from './prometheus-finding-types.ts';

/** The state of a Prometheus. A property is undefined when this server does not serve it. */
export type PrometheusServerFacts = {
	readonly targets: {readonly all: number; readonly down: number};
	/** `answer`: the body of the response of /-/ready. */
	readonly ready: {readonly ready: boolean; readonly answer: string} | undefined;
	readonly config: {readonly loaded: boolean; readonly lastConfigTime: string} | undefined;
	/** The number of series in memory. */
	readonly series: number | undefined;
	readonly rules:
		| {
				readonly all: number;
				readonly failing: readonly FailingRule[];
				/** Names of the alerting rules that read `up`. */
				readonly ofUp: readonly string[];
		  }
		| undefined;
};

export type FailingRule = {readonly group: string; readonly name: string; readonly error: string};

export const prometheusServerGaugeIds = ['up', 'ready', 'config', 'series', 'rules'] as const;

export type PrometheusServerGauge = Gauge<(typeof prometheusServerGaugeIds)[number]>;

/** The gauges of the server, without those whose figure it does not serve. */
export function prometheusServerGauges({
	targets,
	ready,
	config,
	series,
	rules,
}: PrometheusServerFacts): readonly PrometheusServerGauge[] {
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
					} satisfies PrometheusServerGauge,
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
					} satisfies PrometheusServerGauge,
				]),
		...(series === undefined
			? []
			: [
					{id: 'series', label: 'series', value: series, unit: 'count', severity: 'ok'} satisfies PrometheusServerGauge,
				]),
		...(rules === undefined
			? []
			: [
					{
						id: 'rules',
						label: 'rules failing',
						value: rules.failing.length,
						unit: 'count',
						severity: rules.failing.length > 0 ? 'warn' : 'ok',
					} satisfies PrometheusServerGauge,
				]),
	];
}

const loadedText = (time: string): string => {
	const at = Date.parse(time);
	return Number.isNaN(at) ? 'loaded' : `loaded ${formatClockTime(at)}`;
};

const maxNotes = 5;

/** How the note of a failing rule begins. The finding takes these notes as its evidence. */
const failingRulePrefix = 'rule ';

/** Notes for the first failing rules, at most 5, each with its error. */
export const ruleNotes = (rules: PrometheusServerFacts['rules']): readonly Note[] =>
	(rules?.failing ?? []).slice(0, maxNotes).map(({group, name, error}) => ({
		text: `${failingRulePrefix}${group}/${name} cannot be evaluated: ${error}`,
		hint: 'Alerts that depend on it cannot fire. Correct its expression in the rule file, then reload.',
		severity: 'warn',
	}));

/** The findings on the server itself, from its gauges and the notes on its rules. */
export function prometheusServerFindings(
	{gauges, notes}: {readonly gauges: readonly PrometheusServerGauge[]; readonly notes: readonly Note[]},
	target: string,
): readonly Finding[] {
	const common = {target, kind: 'prometheus.target'} as const;
	const unhealthyGauge = (id: PrometheusServerGauge['id']) =>
		gauges.find(gauge => gauge.id === id && gauge.severity !== 'ok');
	const findings: Finding[] = [];
	if (unhealthyGauge('ready') !== undefined) {
		findings.push(
			createFinding(serverNotReady, {
				...common,
				id: `${target}/server/ready`,
				severity: 'crit',
				sentence: `${target} is not ready: it is starting or stopping, and neither scrapes nor alerts`,
				evidence: ['GET /-/ready does not return 200'],
			}),
		);
	}
	if (unhealthyGauge('config') !== undefined) {
		findings.push(
			createFinding(reloadFailed, {
				...common,
				id: `${target}/server/config`,
				severity: 'warn',
				sentence: `the configuration of ${target} could not be loaded: it keeps the one before, and a restart would fail`,
				evidence: [
					'reloadConfigSuccess of /api/v1/status/runtimeinfo is false',
					'promtool check config names the error',
				],
			}),
		);
	}
	const rules = unhealthyGauge('rules');
	if (rules !== undefined) {
		const count = rules.value ?? 0;
		findings.push(
			createFinding(rulesFailing, {
				...common,
				id: `${target}/server/rules`,
				severity: 'warn',
				sentence: `${formatThousands(count)} ${count === 1 ? 'rule' : 'rules'} of ${target} cannot be evaluated: alerts that depend on ${count === 1 ? 'it' : 'them'} cannot fire`,
				evidence: notes.flatMap(({text}) => (text.startsWith(failingRulePrefix) ? [text] : [])),
			}),
		);
	}
	return findings;
}
