import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import type {ScrapeRow} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusRule, PrometheusSettings} from '../../src/port/prometheus.ts';
import {formatThousands} from '../../src/text/format.ts';
import {curlReadCommand} from './cli-equivalent.ts';
import {ruleLines} from './document-lines.ts';

const maxRules = 200;
const maxAlerts = 10;

/** Whether an alert is about a target: it has the same job, and no other instance. */
function isAlertAboutTarget(target: Labels, alert: Labels): boolean {
	const same = (name: string) => alert[name] === undefined || alert[name] === target[name];
	return alert['job'] !== undefined && same('job') && same('instance');
}

/** The position of a rule in the list: lower comes first. */
function sortRank(rule: PrometheusRule, target: Labels): number {
	if (rule.alerts.some(({labels}) => isAlertAboutTarget(target, labels))) return 0;
	if (rule.health === 'err') return 1;
	return {firing: 2, pending: 3, inactive: 4}[rule.state];
}

/** The rules of the server: first those with alerts about this target, then failing, firing and other rules. */
export const inspectRules = defineInspection<ScrapeRow, PrometheusPort, PrometheusSettings>()({
	id: 'prometheus.rules',
	title: 'Rules and alerts',
	key: 'l',
	kind: 'prometheus.target',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const reads = [curlReadCommand(target, '/api/v1/rules')];
		const rules = await port.rules(context);
		const title = `Rules of ${target.name}`;
		if (rules === undefined) {
			const text = 'This server has no /api/v1/rules: look at the one that evaluates them.';
			return {title, cliEquivalent: reads, lines: [{text, severity: 'unknown'}]};
		}
		if (rules.length === 0) {
			return {
				title,
				cliEquivalent: reads,
				lines: [{text: 'It has no rules: its configuration has no rule_files.'}],
			};
		}
		const now = context.now();
		const rulesOnTarget = rules.filter(rule => rule.alerts.some(({labels}) => isAlertAboutTarget(row.labels, labels)));
		const failing = rules.filter(({health}) => health === 'err').length;
		const ordered = rules.toSorted((a, b) => sortRank(a, row.labels) - sortRank(b, row.labels));
		const head: DocumentLine = {
			text: `${rulesOnTarget.length} with alerts about ${row.instance}, ${failing} that cannot be evaluated, ${rules.filter(({state}) => state === 'firing').length} firing`,
			...(failing > 0 ? {severity: 'warn' as const} : {}),
		};
		return {
			title: `${title}: ${formatThousands(rules.length)}`,
			cliEquivalent: reads,
			lines: [
				head,
				...ordered.slice(0, maxRules).flatMap(rule => ruleLines(rule, now, maxAlerts)),
				...(rules.length > maxRules
					? [{text: ''}, {text: `… ${formatThousands(rules.length - maxRules)} more rules`}]
					: []),
			],
		};
	},
});
