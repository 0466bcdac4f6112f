import type {Labels, Severity} from '../contract/row.ts';

const crit = /^(?:crit(?:ical)?|page|pager|emergency|emerg|disaster|fatal|major|high|urgent|error|p[01]|sev-?[01])$/i;
const calm = /^(?:info(?:rmational)?|notice|none|ok|debug|low|minor|p[45]|sev-?[45])$/i;

/**
 * How bad an alert is, by its label `severity`, else `priority` or `level`. There is no standard: critical, warning and info are what
 * kube-prometheus and awesome-prometheus-alerts use. Whatever we do not know, and an alert without such a label, is a warning: somebody
 * wrote a rule for it. `info` and `none` (the Watchdog that always fires) are not wrong.
 */
export function alertSeverity(labels: Labels): Exclude<Severity, 'unknown'> {
	const word = (labels['severity'] ?? labels['priority'] ?? labels['level'] ?? '').trim();
	return crit.test(word) ? 'crit' : calm.test(word) ? 'ok' : 'warn';
}

/** Characters of what is shown in one line; the whole of it is in the alert's text. Nobody bounds an annotation. */
const longest = 500;

export const alertName = (labels: Labels): string => labels['alertname'] ?? 'alert without a name';

/** Said by the name, the severity or the target's own name already, or about the one who tells. */
const labelsToldElsewhere = new Set([
	'alertname',
	'severity',
	'priority',
	'level',
	'prometheus',
	'prometheus_replica',
	'replica',
]);
/** What a person calls the thing, the narrowest first. */
const narrowestFirst = [
	'instance',
	'pod',
	'container',
	'deployment',
	'statefulset',
	'daemonset',
	'job_name',
	'node',
	'device',
	'mountpoint',
	'topic',
	'group',
	'service',
	'job',
	'namespace',
	'cluster',
];

const labelRank = (name: string): number => {
	const at = narrowestFirst.indexOf(name);
	return at < 0 ? narrowestFirst.length : at;
};

/** Which one it is about: `job=checkout-api instance=10.2.5.3:8080`, the most telling label last. Empty when no label tells. */
export function alertSubject(labels: Labels): string {
	return Object.keys(labels)
		.filter(name => !labelsToldElsewhere.has(name) && labels[name] !== '')
		.sort((a, b) => labelRank(b) - labelRank(a) || (a < b ? -1 : 1))
		.map(name => `${name}=${labels[name]}`)
		.join(' ')
		.slice(0, longest);
}

/** What its author wrote for people, in one line; else its name and what it is about. */
export function alertSentence(labels: Labels, annotations: Labels): string {
	const written = annotations['summary'] ?? annotations['message'] ?? annotations['description'] ?? '';
	const line = written
		.slice(0, 4 * longest)
		.trim()
		.replaceAll(/\s+/g, ' ')
		.slice(0, longest);
	return line === '' ? alertSubject(labels) : line;
}

/**
 * Whether an Alertmanager's alert is this one of a Prometheus: it has all its labels. It may have more, for Prometheus adds its
 * external_labels on the way (https://prometheus.io/docs/prometheus/latest/configuration/configuration/).
 */
export const isSameAlert = (ofPrometheus: Labels, ofAlertmanager: Labels): boolean =>
	Object.entries(ofPrometheus).every(([name, value]) => (ofAlertmanager[name] ?? '') === value);

/** Labels by which alerts are sorted, not what they are about. */
const ruleLabels = new Set(['alertname', 'severity', 'priority', 'level']);

/**
 * Whether an alert of a rule on `up` is about this target of the same Prometheus: its job or its instance is that of the target, and no label
 * that both have differs. An alert on a whole job has no instance.
 */
export function reportsTargetDown(alert: Labels, target: Labels): boolean {
	const both = Object.keys(alert).filter(name => !ruleLabels.has(name) && name in target);
	return (both.includes('job') || both.includes('instance')) && both.every(name => alert[name] === target[name]);
}

/** Whether an expression in PromQL reads `up`, as the rules do that tell of targets that are down. */
export const readsUpMetric = (expression: string): boolean => /(?<![\w:.$"'])up(?![\w:("'])/.test(expression);
