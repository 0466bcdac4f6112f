import type {Finding} from '../../contract/finding.ts';
import type {Reading} from '../../contract/reading.ts';
import type {Labels, Row, Snapshot} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {alertName, isSameAlert} from '../alert-labels.ts';

type AlertRow = Row & {readonly labels: Labels};

const hasLabels = (row: Row): row is AlertRow => 'labels' in row;

const isAlertmanager = ({kind, state}: Reading): boolean => kind === 'alertmanager.alert' && state === 'live';

type IsAlertCovered = (labels: Labels) => boolean;

/** Whether an alert is shown by one of these Alertmanagers, silenced or not. */
function coveredByAlertmanagers(readings: readonly Reading[]): IsAlertCovered {
	const rows = readings.flatMap(({snapshot}) => snapshot?.rows.filter(hasLabels) ?? []);
	const byName = Map.groupBy(rows, ({labels}) => alertName(labels));
	return alert => byName.get(alertName(alert))?.some(({labels}) => isSameAlert(alert, labels)) === true;
}

const isSuppressed = ({alerts}: Finding, isTold: IsAlertCovered): boolean =>
	alerts !== undefined && alerts.length > 0 && alerts.every(isTold);

/**
 * The same alert is known to a Prometheus and to the Alertmanager that it tells, and only the latter knows whether it is silenced. So the
 * Prometheus stands back: what an Alertmanager shows is no finding of it and no loud row, but stays there with its rule and its graph. An
 * Alertmanager that cannot be read shows nothing. The returned function gives the same readings for the same readings.
 */
export function createAlertDedup(): (readings: readonly Reading[]) => readonly Reading[] {
	const quietRows = new WeakMap<Row, Row>();
	const quieted = new WeakMap<Reading, {readonly by: readonly Reading[]; readonly reading: Reading}>();

	function quiet(row: Row): Row {
		const known = quietRows.get(row);
		if (known !== undefined) return known;
		const {why: _, ...rest} = row;
		const made: Row = {...rest, severity: 'ok'};
		quietRows.set(row, made);
		return made;
	}

	function quietSnapshot(snapshot: Snapshot, isTold: IsAlertCovered): Snapshot {
		const rows = snapshot.rows.map(row =>
			row.severity !== 'ok' && hasLabels(row) && isTold(row.labels) ? quiet(row) : row,
		);
		const severity = worstSeverity(rows.map(row => row.severity));
		const gauges = snapshot.gauges.map(gauge => (gauge.id === 'alerts' ? {...gauge, severity} : gauge));
		return {...snapshot, rows, gauges};
	}

	return readings => {
		const by = readings.filter(isAlertmanager);
		if (by.length === 0) return readings;
		let isTold: IsAlertCovered | undefined;
		return readings.map(reading => {
			if (reading.kind !== 'prometheus.alert' || reading.snapshot === undefined) return reading;
			const known = quieted.get(reading);
			if (known !== undefined && known.by.length === by.length && known.by.every((one, index) => one === by[index])) {
				return known.reading;
			}
			const told = isTold ?? coveredByAlertmanagers(by);
			isTold = told;
			const made: Reading = {
				...reading,
				snapshot: quietSnapshot(reading.snapshot, told),
				findings: reading.findings.filter(finding => !isSuppressed(finding, told)),
			};
			quieted.set(reading, {by, reading: made});
			return made;
		});
	};
}
