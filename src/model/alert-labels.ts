import type {Labels, Severity} from '../contract/row.ts';

const crit = /^(?:crit(?:ical)?|page|pager|emergency|emerg|disaster|fatal|major|high|urgent|error|p[01]|sev-?[01])$/i;
const calm = /^(?:info(?:rmational)?|notice|none|ok|debug|low|minor|p[45]|sev-?[45])$/i;

/**
 * The severity of an alert, by its label `severity`, otherwise `priority` or `level`. There is no standard: kube-prometheus and
 * awesome-prometheus-alerts use critical, warning and info. An unknown value, and an alert without such a label, is a warning: there is a
 * rule for it. `info` and `none` (the Watchdog that always fires) are ok.
 */
export function alertSeverity(labels: Labels): Exclude<Severity, 'unknown'> {
	const word = (labels['severity'] ?? labels['priority'] ?? labels['level'] ?? '').trim();
	return crit.test(word) ? 'crit' : calm.test(word) ? 'ok' : 'warn';
}

/** Maximum characters of an annotation in one line, since Prometheus does not limit them; the alert's document has the complete text. */
const longest = 500;

export const alertName = (labels: Labels): string => labels['alertname'] ?? 'alert without a name';

/** Labels that repeat the name, the severity or the target's name, or describe the Prometheus server. */
const redundantLabels: ReadonlySet<string> = new Set([
	'alertname',
	'severity',
	'priority',
	'level',
	'prometheus',
	'prometheus_replica',
	'replica',
]);
/** Labels that name the object, narrowest first. */
const narrowestFirst: readonly string[] = [
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

/** The object of an alert: `job=checkout-api instance=10.2.5.3:8080`, the most specific label last. Empty without such a label. */
export function alertSubject(labels: Labels): string {
	return Object.keys(labels)
		.filter(name => !redundantLabels.has(name) && labels[name] !== '')
		.sort((a, b) => labelRank(b) - labelRank(a) || (a < b ? -1 : 1))
		.map(name => `${name}=${labels[name]}`)
		.join(' ')
		.slice(0, longest);
}

/** The alert's summary or description in one line; otherwise its name and object. */
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

/** Labels that classify alerts and do not name their object. */
const ruleLabels: ReadonlySet<string> = new Set(['alertname', 'severity', 'priority', 'level']);

/**
 * Whether an alert of a rule on `up` is about this target of the same Prometheus: its job or its instance is that of the target, and no label
 * that both have differs. An alert about a job has no instance.
 */
export function reportsTargetDown(alert: Labels, target: Labels): boolean {
	const both = Object.keys(alert).filter(name => !ruleLabels.has(name) && name in target);
	return (both.includes('job') || both.includes('instance')) && both.every(name => alert[name] === target[name]);
}

/** Whether a PromQL expression reads `up`, as rules for unreachable targets do. */
export const readsUpMetric = (expression: string): boolean => /(?<![\w:.$"'])up(?![\w:("'])/.test(expression);
