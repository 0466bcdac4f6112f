import type {Finding} from '../../contract/finding.ts';
import type {Reading} from '../../contract/reading.ts';
import type {Labels, Row, Snapshot} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {alertName, isSameAlert} from '../alert-labels.ts';
import type {AlertmanagerAlertRow} from '../alertmanager/alertmanager-alert.ts';
import type {PrometheusAlertRow, prometheusAlertGaugeIds} from './prometheus-alert.ts';
import {prometheusAlertFiring} from './prometheus-finding-types.ts';

const firingGauge: (typeof prometheusAlertGaugeIds)[number] = 'alerts';

const isPrometheusAlert = (row: Row): row is PrometheusAlertRow => row.kind === 'prometheus.alert';

const isAlertmanagerAlert = (row: Row): row is AlertmanagerAlertRow => row.kind === 'alertmanager.alert';

const isAlertmanager = ({kind, state}: Reading): boolean => kind === 'alertmanager.alert' && state === 'live';

type IsAlertCovered = (labels: Labels) => boolean;

/** Returns whether one of these Alertmanagers shows an alert, silenced or not. */
function coveredByAlertmanagers(readings: readonly Reading[]): IsAlertCovered {
	const rows = readings.flatMap(({snapshot}) => snapshot?.rows.filter(isAlertmanagerAlert) ?? []);
	const byName = Map.groupBy(rows, ({labels}) => alertName(labels));
	return alert => byName.get(alertName(alert))?.some(({labels}) => isSameAlert(alert, labels)) === true;
}

const isSuppressed = ({type, subjects = []}: Finding, isCovered: IsAlertCovered): boolean =>
	type === prometheusAlertFiring.type && subjects.length > 0 && subjects.every(isCovered);

/**
 * Suppresses alerts of a Prometheus that an Alertmanager shows too: only the Alertmanager knows which alerts are silenced. Of a covered
 * alert, the finding is removed; the row stays with its rule and graph, and its severity becomes `ok`. An Alertmanager that cannot be read
 * covers nothing. Returns the same readings for the same readings.
 */
export function createAlertDedup(): (readings: readonly Reading[]) => readonly Reading[] {
	const suppressedRows = new WeakMap<Row, Row>();
	const cache = new WeakMap<Reading, {readonly alertmanagers: readonly Reading[]; readonly result: Reading}>();

	function suppressRow(row: Row): Row {
		const cached = suppressedRows.get(row);
		if (cached !== undefined) return cached;
		const {why: _, ...rest} = row;
		const suppressed: Row = {...rest, severity: 'ok'};
		suppressedRows.set(row, suppressed);
		return suppressed;
	}

	function suppressRows(snapshot: Snapshot, isCovered: IsAlertCovered): Snapshot {
		const rows = snapshot.rows.map(row =>
			row.severity !== 'ok' && isPrometheusAlert(row) && isCovered(row.labels) ? suppressRow(row) : row,
		);
		const severity = worstSeverity(rows.map(row => row.severity));
		const gauges = snapshot.gauges.map(gauge => (gauge.id === firingGauge ? {...gauge, severity} : gauge));
		return {...snapshot, rows, gauges};
	}

	return readings => {
		const alertmanagers = readings.filter(isAlertmanager);
		if (alertmanagers.length === 0) return readings;
		let isCovered: IsAlertCovered | undefined;
		return readings.map(reading => {
			if (reading.kind !== 'prometheus.alert' || reading.snapshot === undefined) return reading;
			const cached = cache.get(reading);
			if (cached !== undefined && hasSameItems(cached.alertmanagers, alertmanagers)) return cached.result;
			const covered = isCovered ?? coveredByAlertmanagers(alertmanagers);
			isCovered = covered;
			const result: Reading = {
				...reading,
				snapshot: suppressRows(reading.snapshot, covered),
				findings: reading.findings.filter(finding => !isSuppressed(finding, covered)),
			};
			cache.set(reading, {alertmanagers, result});
			return result;
		});
	};
}

const hasSameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
	a.length === b.length && a.every((item, index) => item === b[index]);
