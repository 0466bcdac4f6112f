import {type DemoAlertRule, demoAlertRules} from '../monitoring/alert-rules.ts';
import {evaluationMs, type FiringAlert, type Monitoring} from '../monitoring/monitoring.ts';

const rfc3339 = (at: number): string => new Date(at).toISOString();

const alertOf = ({labels, annotations, activeAt, value}: FiringAlert) => ({
	labels,
	annotations,
	state: 'firing',
	activeAt: rfc3339(activeAt),
	value: value.toExponential(),
});

/** `data` of /api/v1/alerts. */
export const alertsResponse = (world: Monitoring) => ({alerts: world.alertsAt(world.now()).map(alertOf)});

function ruleOf(world: Monitoring, rule: DemoAlertRule, alerts: readonly FiringAlert[]) {
	const common = {
		name: rule.name,
		query: rule.query,
		health: 'ok',
		evaluationTime: 0.0002 + 0.002 * world.stableRandom(`${rule.name} evaluation`),
		lastEvaluation: rfc3339(world.evaluatedAt(world.now())),
	};
	if (rule.forSeconds === undefined) return {...common, labels: rule.labels, type: 'recording'};
	const own = alerts.filter(one => one.rule === rule.name);
	return {
		...common,
		state: own.length > 0 ? 'firing' : 'inactive',
		duration: rule.forSeconds,
		keepFiringFor: 0,
		labels: rule.labels,
		annotations: rule.annotations,
		alerts: own.map(alertOf),
		type: 'alerting',
	};
}

/** `data` of /api/v1/rules. */
export function rulesResponse(world: Monitoring, type: string | null) {
	const alerts = world.alertsAt(world.now());
	const wanted = demoAlertRules.filter(rule => type === null || (type === 'alert') === (rule.forSeconds !== undefined));
	return {
		groups: [...Map.groupBy(wanted, rule => rule.group)].map(([name, all]) => ({
			name,
			file: `/etc/prometheus/rules/${name}.yml`,
			rules: all.map(rule => ruleOf(world, rule, alerts)),
			interval: evaluationMs / 1000,
			limit: 0,
			evaluationTime: 0.004,
			lastEvaluation: rfc3339(world.evaluatedAt(world.now())),
		})),
	};
}
