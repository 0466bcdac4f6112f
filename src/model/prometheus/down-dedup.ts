import type {Finding} from '../../contract/finding.ts';
import type {Reading} from '../../contract/reading.ts';
import type {Labels, Row} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {isSameAlert, reportsTargetDown} from '../alert-labels.ts';
import {alertmanagerAlertFiring} from '../alertmanager/alertmanager-finding-types.ts';
import type {PrometheusAlertRow} from './prometheus-alert.ts';
import {prometheusAlertFiring, targetsDown} from './prometheus-finding-types.ts';
import type {ScrapeRow} from './scrape-target.ts';

/** The labels of all scrape targets that a finding reports as down, and the names of the alerting rules that read `up`. */
type DownTargets = {readonly targets: readonly Labels[]; readonly rules: readonly string[]};

const isScrapeRow = (row: Row): row is ScrapeRow => row.kind === 'prometheus.target';

const isAlertRow = (row: Row): row is PrometheusAlertRow => row.kind === 'prometheus.alert';

/** The scrape targets that this finding reports as down; undefined when not all of them are known, or the rules are not. */
function downTargetsOf(finding: Finding, {snapshot, state}: Reading): DownTargets | undefined {
	if (finding.type !== targetsDown.type || state !== 'live') return undefined;
	const row = snapshot?.rows.find(({id}) => id === finding.row?.id);
	const rules = row !== undefined && isScrapeRow(row) ? row.coveredByRules : undefined;
	return finding.subjects === undefined || rules === undefined ? undefined : {targets: finding.subjects, rules};
}

/** The alerts in the last answer of a Prometheus. */
const alertsOf = (readings: readonly Reading[], target: string): readonly Labels[] =>
	readings
		.filter(reading => reading.kind === 'prometheus.alert' && reading.target === target && reading.state === 'live')
		.flatMap(({snapshot}) => snapshot?.rows ?? [])
		.filter(isAlertRow)
		.map(({labels}) => labels);

const alertTypes: ReadonlySet<string> = new Set([prometheusAlertFiring.type, alertmanagerAlertFiring.type]);

/** Whether a finding about alerts reports each of the targets as down, by alerts that the same Prometheus has (`known`). */
function coversAllDownTargets(finding: Finding, {targets, rules}: DownTargets, known: readonly Labels[]): boolean {
	const {type, subjects: alerts = []} = finding;
	if (!alertTypes.has(type)) return false;
	const covering = known.filter(
		alert => rules.includes(alert['alertname'] ?? '') && alerts.some(shown => isSameAlert(alert, shown)),
	);
	return targets.every(labels => covering.some(alert => reportsTargetDown(alert, labels)));
}

/** The finding about the alert, with the number of targets and the cause after its own sentence, and the worse severity. */
function mergeIntoAlert(alert: Finding, down: Finding): Finding {
	const severity = worstSeverity([alert.severity, down.severity]);
	return {
		...alert,
		severity: severity === 'ok' ? alert.severity : severity,
		sentence: `${alert.sentence} (${down.sentence})`,
		evidence: [...alert.evidence, `${down.target} scrapes: ${down.sentence}`, ...down.evidence],
	};
}

/**
 * Merges a finding about scrape targets that are down into the finding about the alert that reports the same. Only where the alert is known
 * to be about just these targets: it is an alert of the Prometheus that scrapes them, its rule reads `up`, and its job and instance are
 * theirs. A silenced alert has no finding, so nothing is merged into it. Returns the same readings for the same readings.
 */
export function createDownDedup(): (readings: readonly Reading[]) => readonly Reading[] {
	let before: readonly Reading[] = [];
	let replaced: ReadonlyMap<Reading, Reading> = new Map();

	return readings => {
		const relevant = readings.filter(({kind}) => kind.startsWith('prometheus.') || kind === 'alertmanager.alert');
		const same = relevant.length === before.length && relevant.every((reading, index) => reading === before[index]);
		if (!same) replaced = mergeDownFindings(relevant);
		before = relevant;
		return replaced.size === 0 ? readings : readings.map(reading => replaced.get(reading) ?? reading);
	};
}

/** The readings whose findings change, each with its replacement. */
function mergeDownFindings(readings: readonly Reading[]): ReadonlyMap<Reading, Reading> {
	const findings = new Map(readings.map(reading => [reading, reading.findings]));
	const changed = new Set<Reading>();
	const replace = (reading: Reading, change: (findings: readonly Finding[]) => readonly Finding[]) => {
		findings.set(reading, change(findings.get(reading) ?? []));
		changed.add(reading);
	};
	for (const reading of readings) {
		for (const finding of reading.findings) {
			const down = downTargetsOf(finding, reading);
			if (down === undefined) continue;
			const known = alertsOf(readings, finding.target);
			const covers = (other: Finding) => coversAllDownTargets(other, down, known);
			const host = readings.find(other => other.state === 'live' && findings.get(other)?.some(covers));
			const alert = host && findings.get(host)?.find(covers);
			if (host === undefined || alert === undefined) continue;
			replace(host, all => all.map(other => (other === alert ? mergeIntoAlert(alert, finding) : other)));
			replace(reading, all => all.filter(other => other !== finding));
		}
	}
	return new Map([...changed].map(reading => [reading, {...reading, findings: findings.get(reading) ?? []}]));
}
