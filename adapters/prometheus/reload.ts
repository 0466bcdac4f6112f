import type {ActionContext, Check, Preview} from '../../src/contract/action.ts';
import {defineAction} from '../../src/contract/define.ts';
import type {Labels} from '../../src/contract/row.ts';
import {AdapterError} from '../../src/errors.ts';
import type {ScrapeRow} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, RuntimeInfo} from '../../src/port/prometheus.ts';
import {formatClockTime, formatThousands} from '../../src/text/format.ts';
import {shellLine} from '../../src/text/quote.ts';
import {curlReloadCommand} from './cli-equivalent.ts';

export type ReloadPlan = {
	readonly target: string;
	/** The configuration file that the command line of the server names; relative to the directory in which it was started. */
	readonly file: string;
	readonly startTime: string;
	readonly lastConfigTime: string;
	/** Whether the reload before this one succeeded. */
	readonly loaded: boolean;
};

async function runtimeOf(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<RuntimeInfo> {
	const runtime = await context.port.runtime(context);
	if (runtime !== undefined) return runtime;
	const hint = 'Reload the server that scrapes or evaluates, by its own means.';
	throw new AdapterError('unsupported', 'this server has the query API of Prometheus but not its reload', hint);
}

const formatReloadTime = (time: string): string => {
	const at = Date.parse(time);
	return Number.isNaN(at) ? time : formatClockTime(at);
};

/** What changed since the plan was confirmed, in a sentence; undefined when nothing did. */
function describeReloadConflict(plan: ReloadPlan, now: RuntimeInfo): string | undefined {
	if (now.startTime !== plan.startTime) return 'the server was restarted, which also loads the configuration';
	if (now.lastConfigTime !== plan.lastConfigTime) return `it was reloaded at ${formatReloadTime(now.lastConfigTime)}`;
	if (now.reloadConfigSuccess === plan.loaded) return undefined;
	return plan.loaded ? 'a reload has failed since' : 'it was reloaded since';
}

async function lifecycleCheck(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<Check> {
	const label = 'the right to reload';
	const flags = await context.port.flags(context);
	const flag = flags?.['web.enable-lifecycle'];
	if (flag === 'true') return {label, result: 'pass', detail: '--web.enable-lifecycle is set'};
	if (flag === undefined)
		return {label, result: 'unknown', detail: 'the server does not report whether --web.enable-lifecycle is set'};
	const detail =
		'the server was started without --web.enable-lifecycle: start it with that, or send it SIGHUP where it runs';
	return {label, result: 'block', detail};
}

function previewOf(
	runtime: RuntimeInfo,
	flags: Labels | undefined,
	context: ActionContext<PrometheusPort, PrometheusSettings>,
): Preview<ReloadPlan> {
	const {target} = context;
	const file = flags?.['config.file'] ?? '';
	const name = file.split('/').at(-1) || 'configuration';
	const check = shellLine(['promtool', 'check', 'config', file === '' ? 'prometheus.yml' : file]);
	const plan: ReloadPlan = {
		target: target.name,
		file,
		startTime: runtime.startTime,
		lastConfigTime: runtime.lastConfigTime,
		loaded: runtime.reloadConfigSuccess,
	};
	return {
		plan,
		target: target.name,
		object: name,
		lockNames: ['configuration'],
		count: 1,
		touches: [`configuration of ${target.name}${file === '' ? '' : `, ${file} and the rule files it names`}`],
		cliEquivalent: curlReloadCommand(target),
		impact:
			'Prometheus reads its configuration and rules again. Targets and rules that are no longer in the files are dropped at once, new ones start; scraped data stays. When a file has an error, Prometheus keeps the configuration it has and reports the error.',
		checkedIdentity: `started ${runtime.startTime}, configuration loaded ${runtime.lastConfigTime}`,
		changes: [{field: 'configuration', before: `loaded ${runtime.lastConfigTime}`, after: 'the files as they are now'}],
		risk: 'medium',
		undo: {
			class: 'none',
			text: 'none: the server keeps no earlier configuration; put the earlier file back and reload again',
		},
		...(runtime.reloadConfigSuccess
			? {}
			: {
					unhelpful: {
						reason: `the last reload failed, and this one reads the same files: it fails too unless they were corrected. \`${check}\` on the server names the error`,
					},
				}),
	};
}

/** Makes Prometheus read its configuration again. https://prometheus.io/docs/prometheus/latest/management_api/#reload */
export const reloadConfiguration = defineAction<ScrapeRow, PrometheusPort, PrometheusSettings>()<ReloadPlan>({
	id: 'prometheus.reload',
	title: 'Reload configuration',
	key: 'L',
	kind: 'prometheus.target',
	selects: 'one',
	params: [],
	shownFacts: [
		{
			fact: 'the configuration file',
			changeDetectedBy: 'startTime: the file is named on the command line of the server',
		},
		{fact: 'when the server was started', changeDetectedBy: 'startTime, read again just before the request is sent'},
		{
			fact: 'when the configuration was loaded',
			changeDetectedBy: 'lastConfigTime, read again just before the request is sent',
		},
		{
			fact: 'whether the last reload failed',
			changeDetectedBy: 'reloadConfigSuccess, read again just before the request is sent',
		},
		{
			fact: 'whether it may be reloaded by the API',
			changeDetectedBy: 'startTime: the flag is on the command line of the server, which refuses the call without it',
		},
		{
			fact: 'whether it is ready',
			changeAllowedBecause:
				'a server is unready only while it is starting or stopping, and startTime shows another start',
		},
		{
			fact: 'the contents of the files',
			changeAllowedBecause: 'Prometheus does not show files that it has not loaded, so they cannot be compared',
		},
	],
	disabled: () => undefined,
	async preview(_rows, _params, context) {
		const [runtime, flags] = await Promise.all([runtimeOf(context), context.port.flags(context)]);
		return previewOf(runtime, flags, context);
	},
	async preflight(plan, context) {
		const [runtime, lifecycle, ready] = await Promise.all([
			runtimeOf(context),
			lifecycleCheck(context),
			context.port.ready(context),
		]);
		const conflict = describeReloadConflict(plan, runtime);
		const checks: Check[] = [
			conflict === undefined
				? {
						label: 'the server',
						result: 'pass',
						detail: `unchanged, configuration of ${formatReloadTime(runtime.lastConfigTime)}`,
					}
				: {label: 'the server', result: 'block', detail: conflict, conflict: true},
			lifecycle,
		];
		if (ready?.ready === false) {
			checks.push({
				label: 'ready',
				result: 'warn',
				detail: `${ready.answer || 'it is not ready'}: the reload may take long`,
			});
		}
		return checks;
	},
	async run({startTime, lastConfigTime, loaded, file}, context) {
		const fault = await context.port.reload({startTime, lastConfigTime, reloadConfigSuccess: loaded}, context);
		return {
			summary: `POST /-/reload${fault === '' ? '' : `, applied in part: ${fault}`}`,
			before: {configuration: lastConfigTime, file, ...(fault === '' ? {} : {fault})},
		};
	},
	async verify(plan, receipt, context) {
		const now = await context.port.runtime(context);
		if (now === undefined)
			throw new AdapterError('conflict', 'the server does not report its state any more', 'Look at it with curl.');
		const fault = receipt.before['fault'];
		if (!now.reloadConfigSuccess) {
			const why = fault ?? 'see its log';
			return {result: 'ineffective', detail: `the reload failed: ${why}`};
		}
		if (now.startTime !== plan.startTime) return {result: 'unknown', detail: 'the server was restarted in between'};
		if (now.lastConfigTime === plan.lastConfigTime) {
			return {
				result: 'pending',
				detail: `it still has the configuration of ${formatReloadTime(now.lastConfigTime)}`,
			};
		}
		return {
			result: 'done',
			detail: `configuration loaded at ${formatReloadTime(now.lastConfigTime)}${await targetCountText(context)}`,
		};
	},
	settleMs: 15_000,
	undo: {impossible: 'Prometheus keeps no earlier configuration: put the earlier file back and reload again.'},
});

/** The number of targets now, where an error in a file shows first. */
async function targetCountText(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<string> {
	const {samples} = await context.port.query('count(up)', context);
	const [sample] = samples;
	return sample === undefined ? '' : `, ${formatThousands(sample.value)} ${sample.value === 1 ? 'target' : 'targets'}`;
}
