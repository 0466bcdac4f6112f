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
	/** As the server was started with it; relative paths are relative to where it was started. */
	readonly file: string;
	readonly startTime: string;
	readonly lastConfigTime: string;
	/** Whether the reload before this one succeeded. */
	readonly loaded: boolean;
};

const conflictError = (what: string, hint: string): AdapterError => new AdapterError('conflict', what, hint);

async function runtimeOf(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<RuntimeInfo> {
	const runtime = await context.port.runtime(context);
	if (runtime !== undefined) return runtime;
	const hint = 'Reload the server that scrapes or evaluates, by its own means.';
	throw new AdapterError(
		'unsupported',
		'this server only speaks the API of Prometheus, and cannot be reloaded by it',
		hint,
	);
}

const formatReloadTime = (time: string): string => {
	const at = Date.parse(time);
	return Number.isNaN(at) ? time : formatClockTime(at);
};

/** What moved since the plan was made, in a sentence. */
function describeReloadConflict(plan: ReloadPlan, now: RuntimeInfo): string | undefined {
	if (now.startTime !== plan.startTime) return 'the server was restarted since, which loads the configuration too';
	if (now.lastConfigTime !== plan.lastConfigTime)
		return `somebody reloaded it at ${formatReloadTime(now.lastConfigTime)}`;
	if (now.reloadConfigSuccess === plan.loaded) return undefined;
	return plan.loaded ? 'somebody tried to reload it since, and that failed' : 'it was reloaded since';
}

async function lifecycleCheck(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<Check> {
	const label = 'the right to reload';
	const flags = await context.port.flags(context);
	const flag = flags?.['web.enable-lifecycle'];
	if (flag === 'true') return {label, result: 'pass', detail: '--web.enable-lifecycle is set'};
	if (flag === undefined)
		return {label, result: 'unknown', detail: 'the server does not tell whether --web.enable-lifecycle is set'};
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
		locks: ['configuration'],
		count: 1,
		touches: [`configuration of ${target.name}${file === '' ? '' : `, ${file} and the rule files it names`}`],
		cliEquivalent: curlReloadCommand(target),
		impact:
			'Prometheus reads its configuration and rules anew. Targets and rules that are gone from the files are dropped at once, new ones begin; scraped data stays. When a file has a fault it goes on with what it has, and says which.',
		boundTo: `started ${runtime.startTime}, configuration loaded ${runtime.lastConfigTime}`,
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
						reason: `the last reload failed, and this one reads the same files: it fails too unless they were mended since. \`${check}\` tells the fault where the server runs`,
					},
				}),
	};
}

/** Reads the configuration anew. https://prometheus.io/docs/prometheus/latest/management_api/#reload */
export const reloadConfiguration = defineAction<ScrapeRow, PrometheusPort, PrometheusSettings>()<ReloadPlan>({
	id: 'prometheus.reload',
	title: 'Reload configuration',
	key: 'L',
	kind: 'prometheus.target',
	selects: 'one',
	params: [],
	shows: [
		{fact: 'the configuration file', bound: 'startTime: it is named on the command line of the server'},
		{fact: 'when the server was started', bound: 'startTime, read again just before it is sent'},
		{fact: 'when the configuration was loaded', bound: 'lastConfigTime, read again just before it is sent'},
		{fact: 'whether the last reload failed', bound: 'reloadConfigSuccess, read again just before it is sent'},
		{
			fact: 'whether it may be reloaded by the API',
			bound: 'startTime: the flag is on the command line of the server, which refuses the call without it',
		},
		{
			fact: 'whether it is ready',
			notBound: 'a server is not ready only while it starts or stops, and another start is noticed by startTime',
		},
		{
			fact: 'what the files hold',
			notBound: 'Prometheus does not show files that it has not loaded, so that nothing can be compared',
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
		const what = describeReloadConflict(plan, runtime);
		const checks: Check[] = [
			what === undefined
				? {
						label: 'the server',
						result: 'pass',
						detail: `as it was, configuration of ${formatReloadTime(runtime.lastConfigTime)}`,
					}
				: {label: 'the server', result: 'block', detail: what, conflict: true},
			lifecycle,
		];
		if (ready?.ready === false) {
			checks.push({
				label: 'ready',
				result: 'warn',
				detail: `${ready.said || 'it is not ready'}: it may not answer for long`,
			});
		}
		return checks;
	},
	async run({startTime, lastConfigTime, loaded, file}, context) {
		const fault = await context.port.reload({startTime, lastConfigTime, reloadConfigSuccess: loaded}, context);
		return {
			summary: `POST /-/reload${fault === '' ? '' : `, taken in part: ${fault}`}`,
			before: {configuration: lastConfigTime, file, ...(fault === '' ? {} : {fault})},
		};
	},
	async verify(plan, receipt, context) {
		const now = await context.port.runtime(context);
		if (now === undefined) throw conflictError('the server does not tell its state any more', 'Look at it by hand.');
		const fault = receipt.before['fault'];
		if (!now.reloadConfigSuccess) {
			const why = fault ?? 'its log tells why';
			return {result: 'ineffective', detail: `the server says that its reload failed: ${why}`};
		}
		if (now.startTime !== plan.startTime) return {result: 'unknown', detail: 'the server was restarted meanwhile'};
		if (now.lastConfigTime === plan.lastConfigTime) {
			return {
				result: 'pending',
				detail: `it still goes by the configuration of ${formatReloadTime(now.lastConfigTime)}`,
			};
		}
		return {
			result: 'done',
			detail: `configuration loaded at ${formatReloadTime(now.lastConfigTime)}${await sizeText(context)}`,
		};
	},
	settleMs: 15_000,
	undo: {impossible: 'Prometheus keeps no earlier configuration: put the earlier file back and reload again.'},
});

/** How many targets it has now: a mistake in a file shows there first. */
async function sizeText(context: ActionContext<PrometheusPort, PrometheusSettings>): Promise<string> {
	const {samples} = await context.port.query('count(up)', context);
	const [sample] = samples;
	return sample === undefined ? '' : `, ${formatThousands(sample.value)} ${sample.value === 1 ? 'target' : 'targets'}`;
}
