import type {Labels} from '../../../src/contract/row.ts';

export type DemoAlertRule = {
	readonly name: string;
	readonly group: string;
	readonly query: string;
	/** The `for` of an alerting rule, in seconds; undefined for a recording rule. */
	readonly forSeconds: number | undefined;
	readonly labels: Labels;
	readonly annotations: Labels;
};

export const demoAlertRules: readonly DemoAlertRule[] = [
	{
		name: 'TargetDown',
		group: 'targets',
		query: 'up == 0',
		forSeconds: 120,
		labels: {severity: 'critical'},
		annotations: {
			summary: '{{ $labels.job }} {{ $labels.instance }} cannot be scraped',
			runbook_url: 'https://runbooks.example.test/target-down',
		},
	},
	{
		name: 'Watchdog',
		group: 'targets',
		query: 'vector(1)',
		forSeconds: 0,
		labels: {severity: 'none'},
		annotations: {summary: 'Always fires: when it is missing, no alert would report anything'},
	},
	{
		name: 'NodeDiskSlow',
		group: 'nodes',
		query: 'node_disk_io_wait_ratio > 0.2',
		forSeconds: 600,
		labels: {severity: 'warning'},
		annotations: {
			summary: '{{ $labels.instance }} waits for its disk',
			runbook_url: 'https://runbooks.example.test/node-disk-slow',
		},
	},
	{
		name: 'HighErrorRate',
		group: 'services',
		query: 'job:http_errors:ratio5m > 0.05',
		forSeconds: 300,
		labels: {severity: 'critical'},
		annotations: {summary: '{{ $labels.job }} answers with errors'},
	},
	{
		name: 'job:http_requests:rate5m',
		group: 'services',
		query: 'sum by (job) (rate(http_requests_total[5m]))',
		forSeconds: undefined,
		labels: {},
		annotations: {},
	},
];
