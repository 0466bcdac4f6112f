import type {Monitoring} from '../monitoring/monitoring.ts';
import {metricNames, metricSamples} from '../monitoring/series.ts';

/** Metrics that Prometheus creates itself and no target exposes. */
const generatedMetrics = /^(?:up|scrape_.*|ALERTS.*)$/;

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** The page of metrics at the address of a target, in the text format; undefined where no server answers. */
export function metricsPageText(world: Monitoring, url: string): string | undefined {
	const now = world.now();
	const target = world.targetsAt(now).find(one => one.url === url && one.error === '');
	if (target === undefined) return undefined;
	return metricNames()
		.filter(name => !generatedMetrics.test(name))
		.flatMap(name => {
			const own = metricSamples(world, name, now).filter(
				({labels}) => labels['instance'] === target.labels['instance'] && labels['job'] === target.labels['job'],
			);
			if (own.length === 0) return [];
			return [
				`# HELP ${name} Of the demo.`,
				`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`,
				...own.map(({labels, value}) => {
					const ownLabels = Object.entries(labels).filter(
						([label]) => !['__name__', 'instance', 'job'].includes(label),
					);
					const text = ownLabels.map(([label, one]) => `${label}="${escaped(one)}"`).join(',');
					return `${name}${text === '' ? '' : `{${text}}`} ${value}`;
				}),
			];
		})
		.map(line => `${line}\n`)
		.join('');
}
