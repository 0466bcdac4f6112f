import type {Finding} from '../../contract/finding.ts';
import type {Reading} from '../../contract/reading.ts';
import type {Labels} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {isSameAlert, reportsTargetDown} from '../alert-labels.ts';

type DownTargets = NonNullable<Finding['down']>;

/** Alerts that a Prometheus itself knows, and has shown in its last answer. */
const alertsOf = (readings: readonly Reading[], target: string): readonly Labels[] =>
	readings
		.filter(reading => reading.kind === 'prometheus.alert' && reading.target === target && reading.state === 'live')
		.flatMap(({snapshot}) => snapshot?.rows ?? [])
		.flatMap(row => ('labels' in row ? [row.labels as Labels] : []));

/** Whether this finding of alerts says of each of the targets that it is down, by an alert that the same Prometheus knows. */
function coversAllDownTargets(
	{alerts = []}: Finding,
	{targets, rules}: DownTargets,
	known: readonly Labels[],
): boolean {
	const told = known.filter(
		alert => rules.includes(alert['alertname'] ?? '') && alerts.some(shown => isSameAlert(alert, shown)),
	);
	return targets.every(labels => told.some(alert => reportsTargetDown(alert, labels)));
}

/** What the alert does not say, how many there are and why, stands behind what its author wrote. */
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
 * That targets are down is told by midwatch, and again by the alert that people write for it: then the alert tells it, with the cause
 * behind it, and is as loud as the worse of both. Only where the alert is known to be about just these targets: it is one of the Prometheus
 * that scrapes them, its rule looks at `up`, and its job and instance are theirs. A silenced alert tells nothing, so that nothing
 * goes into it. The returned function gives the same readings for the same readings.
 */
export function createDownDedup(): (readings: readonly Reading[]) => readonly Reading[] {
	let before: readonly Reading[] = [];
	let replaced: ReadonlyMap<Reading, Reading> = new Map();

	return readings => {
		const concerned = readings.filter(({kind}) => kind.startsWith('prometheus.') || kind === 'alertmanager.alert');
		const same = concerned.length === before.length && concerned.every((reading, at) => reading === before[at]);
		if (!same) replaced = foldDownFindings(concerned);
		before = concerned;
		return replaced.size === 0 ? readings : readings.map(reading => replaced.get(reading) ?? reading);
	};
}

function foldDownFindings(readings: readonly Reading[]): ReadonlyMap<Reading, Reading> {
	const findings = new Map(readings.map(reading => [reading, reading.findings]));
	const touched = new Set<Reading>();
	const replace = (reading: Reading, change: (findings: readonly Finding[]) => readonly Finding[]) => {
		findings.set(reading, change(findings.get(reading) ?? []));
		touched.add(reading);
	};
	for (const reading of readings) {
		for (const finding of reading.findings) {
			const {down} = finding;
			if (down === undefined || reading.state !== 'live') continue;
			const known = alertsOf(readings, finding.target);
			const host = readings.find(
				other => other.state === 'live' && findings.get(other)?.some(one => coversAllDownTargets(one, down, known)),
			);
			if (host === undefined) continue;
			const teller = findings.get(host)?.find(one => coversAllDownTargets(one, down, known));
			replace(host, all => all.map(one => (one === teller ? mergeIntoAlert(one, finding) : one)));
			replace(reading, all => all.filter(one => one !== finding));
		}
	}
	return new Map([...touched].map(reading => [reading, {...reading, findings: findings.get(reading) ?? []}]));
}
