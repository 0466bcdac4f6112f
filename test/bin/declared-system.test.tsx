import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import type {Options} from '../../bin/cli/arguments.ts';
import {runDoctor} from '../../bin/cli/doctor.ts';
import {jsonOutputSchema} from '../../bin/cli/json-schema.ts';
import {generateReferenceDocs} from '../../bin/cli/reference-docs.ts';
import {runSnapshot} from '../../bin/cli/snapshot.ts';
import {panes as productPanes} from '../../bin/panes.ts';
import {loadRunConfig} from '../../bin/run-config.ts';
import {systems as productSystems} from '../../bin/systems.ts';
import {loadConfiguration} from '../../src/config/load-config.ts';
import {hostSchema, portSchema} from '../../src/config/schema-parts.ts';
import {discoverVariable} from '../../src/config/variable-discovery.ts';
import {defineAction, defineSource, defineSystem, defineTargetConfig} from '../../src/contract/define.ts';
import {createFinding, defineFindingType} from '../../src/contract/finding-type.ts';
import {defineSection, type Pane} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import {paletteItems} from '../../src/input/palette.ts';
import {App} from '../../views/app.tsx';
import {createTheme} from '../../views/theme.ts';
import {createTestEnvironment, writeTestFile} from '../src/config/test-environment.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {openDemoDeck} from '../views/demo-deck.ts';
import {mountTestTerminal} from '../views/test-terminal.tsx';

/*
 * A system that midwatch does not have, a printer server: it is declared here, and one line adds it to the list of systems, one its pane to the
 * list of panes. Everything else follows.
 */

type Job = Row & {readonly title: string};
type PrinterPort = {readonly jobs: () => readonly Job[]};
type PrinterSettings = {readonly host: string; readonly port: number; readonly spooler: string | undefined};

const outOfPaper = defineFindingType({type: 'printer.out-of-paper', actions: ['printer.cancel'], inspections: []});

const jobsSource = defineSource<Job, PrinterPort, PrinterSettings>()({
	kind: 'printer.job',
	title: 'Jobs',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	cliEquivalent: ({settings}) => [`lpstat -h ${settings.host}:${settings.port} -o`],
	open: port => async () => ({rows: port.jobs(), gauges: [], omitted: 0, notes: []}),
	findings: ({rows}, _previous, {target}) =>
		rows.flatMap(({id, title, severity}) =>
			severity === 'crit'
				? createFinding(outOfPaper, {
						id,
						target,
						severity,
						sentence: `${title} waits for paper`,
						row: {kind: 'printer.job', id},
						kind: 'printer.job',
						evidence: ['the tray is empty'],
					})
				: [],
		),
});

const cancelJob = defineAction<Job, PrinterPort, PrinterSettings>()<{readonly id: string}>({
	id: 'printer.cancel',
	title: 'Cancel the job',
	key: 'J',
	kind: 'printer.job',
	selects: 'one',
	params: [],
	shownFacts: [{fact: 'the id of the job', changeDetectedBy: 'the id'}],
	disabled: () => undefined,
	preview: async ([job], _params, {target}) => ({
		plan: {id: job?.id ?? ''},
		target: target.name,
		object: job?.title ?? '',
		count: 1,
		touches: [`job ${job?.id}`],
		lockNames: [`job ${job?.id}`],
		cliEquivalent: `cancel -h ${target.settings.host} ${job?.id}`,
		impact: 'The job is not printed.',
		checkedIdentity: `job ${job?.id}`,
		changes: [],
		risk: 'low',
		undo: {class: 'none', text: 'print it again'},
	}),
	preflight: async () => [],
	run: async () => ({summary: 'cancelled', before: {}}),
	verify: async () => ({result: 'done', detail: 'it was cancelled'}),
	settleMs: 1000,
	undo: {impossible: 'print it again'},
});

const printerConfig = defineTargetConfig<PrinterSettings>()({
	keys: {
		host: hostSchema.describe('The print server.'),
		port: portSchema.default(631).describe('Of IPP.'),
		spooler: hostSchema.optional().describe('The name of the target whose spool it uses.'),
	},
	hostMeaning: 'the print server',
	readSettings: ({host, port, spooler}, report) => {
		if (host === 'localhost') report('host', 'host must be another machine');
		return {host, port, spooler};
	},
	discoveries: [discoverVariable('PRINTER_HOST', 'printer', host => ({host, port: 631, spooler: undefined}))],
});

const printerSystem = defineSystem<PrinterPort, PrinterSettings>({
	kind: 'printer',
	title: 'Printers',
	sources: [jobsSource],
	actions: [cancelJob],
	inspections: [],
	findingTypes: [outOfPaper],
	loadConfig: async () => printerConfig,
	describeAddress: ({host, port}) => `${host}:${port}, no TLS`,
	links: ({spooler}) => (spooler === undefined ? [] : [{name: spooler, kind: 'printer', path: ['spooler']}]),
	readAttributes: ({host, port}) => ({endpoints: [{host, port}]}),
	connect: async ({name}) => ({
		port: {
			jobs: () => [{id: '7', kind: 'printer.job', target: name, severity: 'crit', why: 'no paper', title: 'payslips'}],
		},
		identify: async () => ({version: 'CUPS 2.4', who: 'midwatch', latencyMs: 1, channel: 'plain'}),
		permissions: async () => [{needs: 'printer.cancel', name: 'operator', state: 'have', grant: ''}],
		close: async () => {},
	}),
});

const printersPane: Pane = {
	id: 'printers',
	title: 'Print jobs',
	tab: 'Print',
	systems: ['printer'],
	gauges: [],
	sections: [
		defineSection<Job>({
			kind: 'printer.job',
			title: 'Jobs',
			columns: [{header: 'job', width: 20, grow: true, field: 'job', cell: ({title}) => title}],
			orders: [{title: 'title', compare: (a, b) => a.title.localeCompare(b.title)}],
			empty: 'nothing waits',
			weight: 1,
		}),
	],
};

const systems = [...productSystems, printerSystem];
const panes = [...productPanes, printersPane];
const number = panes.length;

describe('a system that is added to the list', () => {
	const load = (text: string, policy?: string) => {
		const environment = createTestEnvironment();
		const config = writeTestFile(environment, 'config.yaml', text);
		if (policy !== undefined) writeTestFile(environment, 'policy.yaml', policy, 0o644);
		return loadConfiguration({systems, environment, config});
	};

	test('can be configured, and a wrong key is refused with its line and the allowed keys', async () => {
		const {targets} = await load('targets:\n  - {name: hall, kind: printer, host: print1}\n');
		expect(targets).toEqual([
			{name: 'hall', kind: 'printer', production: true, settings: {host: 'print1', port: 631, spooler: undefined}},
		]);
		await expect(load('targets:\n  - name: hall\n    kind: printer\n    hots: print1\n')).rejects.toThrow(
			/config\.yaml:4:5: "hots" is not known in targets\[0\]; did you mean "host"\? Allowed: name, kind, production, host, port, spooler$/m,
		);
		await expect(load('targets:\n  - {name: hall, kind: printer, host: print1, port: no}\n')).rejects.toThrow(
			'config.yaml:2:53: targets[0].port must be an integer from 1 to 65535',
		);
		await expect(load('targets:\n  - {name: hall, kind: printer, host: localhost}\n')).rejects.toThrow(
			'config.yaml:2:39: host must be another machine',
		);
		await expect(load('targets:\n  - {name: hall, kind: printer, host: a, spooler: none}\n')).rejects.toThrow(
			'config.yaml:2:51: no target of kind printer is called none',
		);
		await expect(load('targets:\n  - {name: hall, kind: plotter}\n')).rejects.toThrow(
			'must be one of kubernetes, postgres, redis, kafka, prometheus, alertmanager, printer, and is "plotter"',
		);
	});

	test('is discovered', async () => {
		const {targets, origins} = await loadConfiguration({
			systems,
			environment: createTestEnvironment({PRINTER_HOST: 'print2'}),
		});
		expect(targets).toMatchObject([{name: 'printer', kind: 'printer', settings: {host: 'print2'}}]);
		expect(origins).toEqual({printer: 'found in PRINTER_HOST'});
	});

	test('is known to the policy of a machine', async () => {
		const config = 'targets:\n  - {name: hall, kind: printer, host: print1}\n';
		const {policy} = await load(
			config,
			'forbid: [printer.cancel]\nrules:\n  - {match: {kind: printer, host: print1}, readOnly: true}\n',
		);
		expect(policy.initialTargetAttributes.get('hall')).toEqual({
			kind: 'printer',
			endpoints: [{host: 'print1', port: 631}],
		});
		await expect(load(config, 'forbid: [printer.cancle]')).rejects.toThrow('did you mean "printer.cancel"?');
	});

	test('is in the generated documents', async () => {
		const docs = await generateReferenceDocs(systems, panes);
		expect(docs['keys.md']).toContain(`| \`${number}\` | Go to pane ${number}: Print jobs | \`pane.${number}\` |`);
		expect(docs['keys.md']).toContain('| `J` | **Cancel the job** | printer.job | `printer.cancel` |');
		expect(docs['actions.md']).toContain('### Cancel the job (`printer.cancel`)');
		expect(docs['config.md']).toContain('## A target of kind printer');
		expect(docs['config.md']).toContain('| `port` | integer | `631` | Of IPP. |');
		expect(docs['config.md']).toMatch(/discovered from .+ and `PRINTER_HOST`\. They are guarded/);
		expect(docs['config.md']).toContain('and the print server of Printers. `*` matches any text.');
		expect(docs['commands.md']).toContain('and PRINTER_HOST');
	});

	test('has its pane, its keys, its help and its commands on the screen', async () => {
		const settings: PrinterSettings = {host: 'print1', port: 631, spooler: undefined};
		const target = {name: 'hall', kind: 'printer', production: true, settings};
		const demo = await openDemoDeck('calm', {panes, open: true, more: [{target, system: printerSystem}]});
		onTestFinished(() => demo.close());
		const {deck} = demo;
		const terminal = mountTestTerminal(
			<App deck={deck} theme={createTheme('none', false)} afterPaint={call => call()} />,
			{columns: 200, rows: 60},
		);
		onTestFinished(() => terminal.unmount());
		expect(await terminal.screen()).toContain('payslips waits for paper');
		dispatchKey(deck, String(number), undefined, true);
		expect(deck.session.get().pane).toBe('printers');
		expect(await terminal.screen()).toMatch(new RegExp(`^${number} Print jobs ─`, 'm'));

		const command = paletteItems(deck, 'cancel the job', () => {})[0];
		expect(command).toMatchObject({left: 'J', text: 'Cancel the job', id: 'printer.cancel'});
		expect(paletteItems(deck, 'print jobs', () => {})[0]).toMatchObject({left: String(number)});
		dispatchKey(deck, '?', '?', true);
		const help = await terminal.screen();
		expect(help).toMatch(new RegExp(`^ +${number} +Go to pane ${number}: Print jobs$`, 'm'));
		for (let page = 0; page < 9; page++) dispatchKey(deck, 'pagedown', undefined, true);
		expect(await terminal.screen()).toMatch(/^ +J +Cancel the job {2}\(printer\.cancel\)$/m);
		dispatchKey(deck, 'esc', undefined, true);

		dispatchKey(deck, 'J', 'J', true);
		await vi.waitFor(async () => {
			await demo.clock.settle();
			expect(await terminal.screen()).toContain('cancel -h print1 7');
		});
	});

	test('is in the output of snapshot and doctor, which follows their schema', async () => {
		const state = await scratchDir();
		vi.stubEnv('XDG_STATE_HOME', state);
		onTestFinished(() => void vi.unstubAllEnvs());
		const config = join(state, 'config.yaml');
		writeFileSync(config, 'targets:\n  - {name: hall, kind: printer, host: print1}\n', {mode: 0o600});
		const options: Options = {config, demo: undefined, readOnly: false, targets: [], log: undefined};
		const run = await loadRunConfig(options, {systems, panes});
		const printed: string[] = [];
		const write = (text: string) => void printed.push(text);
		await runSnapshot(run, {pane: 'printers', readOnly: false, log: undefined, write});
		const snapshot = jsonOutputSchema.parse(JSON.parse(printed.join('')));
		expect(snapshot).toMatchObject({
			kind: 'snapshot',
			exitCode: 1,
			data: {
				targets: [{name: 'hall', kind: 'printer'}],
				panes: [{id: 'printers', kinds: ['printer.job']}],
				findings: [{type: 'printer.out-of-paper', actions: ['printer.cancel']}],
				readings: [{kind: 'printer.job', rows: [{title: 'payslips'}]}],
			},
		});
		printed.length = 0;
		await runDoctor(run, {options, json: true, log: undefined, write});
		expect(jsonOutputSchema.parse(JSON.parse(printed.join('')))).toMatchObject({
			kind: 'doctor',
			data: {targets: [{kind: 'printer', address: 'print1:631, no TLS', permissions: [{needs: 'printer.cancel'}]}]},
		});
	});
});
