/*
 * `node bench/logs.ts [seconds]`: the logs of 20 pods, 10,000 lines a second in all, followed in the deck for a minute while their
 * connections break twice and keys are pressed. Prints lost and duplicate lines, the delay of keys, CPU and memory. The server is
 * a process of its own.
 */
import {setTimeout as wait} from 'node:timers/promises';
import {kubernetesSystem} from '../adapters/kubernetes/system.ts';
import type {Pod} from '../demo/kubernetes-api/objects/kinds.ts';
import {startKubernetesApi} from '../demo/kubernetes-api/server.ts';
import {createScenario} from '../demo/scenario.ts';
import type {Document, DocumentLine} from '../src/contract/document.ts';
import type {Inspection} from '../src/contract/inspection.ts';
import {dispatchKey} from '../src/input/dispatch-key.ts';
import {currentDocument} from '../src/session/session.ts';
import {systemClock} from '../src/time/clock.ts';
import {paintDocument} from '../views/document/paint-document.ts';
import {podsPane} from '../views/panes/pods-pane.ts';
import {createTheme} from '../views/theme.ts';
import {openBenchDeck} from './bench-deck.ts';
import {quantile} from './figure.ts';
import {forkCluster} from './forked-cluster.ts';
import {watchLoop} from './loop.ts';

const pods = 20;
const linesPerSecond = 500;
const screen = {columns: 200, rows: 50};
const keyEveryMs = 100;
const reading = ['k', 'k', 'pageup', 'f', 'w', 't', 'n', 'G', 'w', 't', 'g', 'G'];
const filtering = ['&', 'e', 'r', 'r', 'enter', 'k', 'pageup', 'G', '&', 'ctrl+u', 'enter'];
const keys = [...reading, ...reading, ...filtering];

const name = (index: number) => `chatty-${String(index).padStart(2, '0')}`;

/** The server process: pods that write logs, and connections that break on request. */
async function serve(): Promise<void> {
	const api = await startKubernetesApi({scenario: createScenario('default', {now: Date.now})});
	api.simulation.programs.set('chatty:1', {linesPerSecond});
	const startedAt = `${new Date().toISOString().slice(0, 19)}Z`;
	for (let index = 0; index < pods; index += 1) {
		api.simulation.cluster.store.put('pods', {
			apiVersion: 'v1',
			kind: 'Pod',
			metadata: {
				name: name(index),
				namespace: 'bench',
				uid: `00000000-0000-0000-0000-0000000000${String(index).padStart(2, '0')}`,
				resourceVersion: '',
				creationTimestamp: startedAt,
			},
			spec: {nodeName: 'node-a1', containers: [{name: 'main', image: 'chatty:1'}]},
			status: {
				phase: 'Running',
				containerStatuses: [
					{
						name: 'main',
						image: 'chatty:1',
						ready: true,
						restartCount: 0,
						state: {running: {startedAt}},
						lastState: {},
					},
				],
			},
		} as unknown as Pod);
	}
	process.on('message', () => {
		process.send?.({broken: api.faults.injectNow({kind: 'reset'}, {resource: 'pods/log'})});
	});
	process.on('disconnect', () => process.exit(0));
	process.send?.({kubeconfig: api.kubeconfig});
}

/** Counts the lines as they come, before the text drops the oldest. */
function createTally() {
	const last = new Map<string, number>();
	const first = new Map<string, number>();
	let [came, lost, doubled] = [0, 0, 0];
	return {
		add(lines: readonly DocumentLine[]) {
			for (const {text, sourceLabel: lead} of lines) {
				const [, digits] = /seq=(\d+)$/.exec(text) ?? [];
				if (digits === undefined) continue;
				const key = lead?.text ?? '';
				const number = Number(digits);
				const before = last.get(key);
				came += 1;
				if (before === undefined) first.set(key, number);
				else if (number > before + 1) lost += number - before - 1;
				else if (number <= before) doubled += 1;
				last.set(key, Math.max(number, before ?? 0));
			}
		},
		report: () => ({came, lost, doubled, logs: last.size}),
	};
}

/** The same inspection, with a look at what it brings. */
function watched(inspection: Inspection, add: (lines: readonly DocumentLine[]) => void): Inspection {
	return {
		...inspection,
		async open(row, context) {
			const document: Document = await inspection.open(row, context);
			const {follow} = document;
			add(document.lines);
			if (follow === undefined) return document;
			return {
				...document,
				async *follow(request) {
					for await (const lines of follow(request)) {
						add(lines);
						yield lines;
					}
				},
			};
		},
	};
}

async function measure(seconds: number): Promise<void> {
	const cluster = await forkCluster(import.meta.url, {
		production: false,
		namespaces: ['bench'],
		stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
	});
	const tally = createTally();
	const system = {...kubernetesSystem, inspections: kubernetesSystem.inspections.map(one => watched(one, tally.add))};
	const {deck, watch} = openBenchDeck({
		targets: [{target: cluster.target, system}],
		panes: [podsPane],
		clock: systemClock,
		stateDir: cluster.folder,
	});
	watch.start();
	deck.setShownPanes(['pods']);
	while (deck.completeView('pods').entries.length < pods) await wait(50);
	for (const {key} of deck.completeView('pods').entries) deck.apply({do: 'mark', key});
	dispatchKey(deck, 'l', 'l');

	const theme = createTheme('colour', false);
	let painted = 0;
	let paintMs = 0;
	const paint = () => {
		const layer = currentDocument(deck.session.get());
		if (layer === undefined) return;
		const began = performance.now();
		paintDocument(deck, layer, screen, theme);
		painted += 1;
		paintMs = Math.max(paintMs, performance.now() - began);
	};
	deck.subscribe(paint);
	while ((currentDocument(deck.session.get())?.state ?? 'loading') === 'loading') await wait(20);

	const loop = watchLoop();
	const cpu = process.cpuUsage();
	const answers: number[] = [];
	const broken: unknown[] = [];
	const began = performance.now();
	let due = began;
	for (let turn = 0; performance.now() - began < seconds * 1000; turn += 1) {
		due += keyEveryMs;
		await wait(Math.max(0, due - performance.now()));
		const key = keys[turn % keys.length] ?? 'G';
		dispatchKey(deck, key, key.length === 1 ? key : undefined);
		paint();
		// From the moment when it was due: the delay of the press itself counts.
		answers.push(performance.now() - due);
		const elapsed = performance.now() - began;
		if (broken.length < Math.min(2, Math.floor((elapsed / 1000 / seconds) * 3))) {
			broken.push((await cluster.ask<{broken: unknown}>('break')).broken);
		}
	}
	const {user, system: kernel} = process.cpuUsage(cpu);
	const elapsed = (performance.now() - began) / 1000;
	const layer = currentDocument(deck.session.get());
	const report = {
		seconds: elapsed.toFixed(1),
		...tally.report(),
		perSecond: Math.round(tally.report().came / elapsed),
		brokenConnections: broken,
		keys: answers.length,
		keyMs: [0.5, 0.99, 1].map(share => quantile(answers, share).toFixed(1)),
		...loop.report(),
		painted,
		longestPaintMs: paintMs.toFixed(1),
		cpuPercent: (((user + kernel) / 1e6 / elapsed) * 100).toFixed(0),
		rssMb: Math.round(process.memoryUsage().rss / 1024 / 1024),
		linesInMemory: layer === undefined ? 0 : layer.text.end() - layer.text.first(),
	};
	process.stdout.write(`${JSON.stringify(report, null, '\t')}\n`);
	deck.apply({do: 'close-all'});
	await watch.close();
	deck.close();
	await cluster.close();
	process.exitCode = report.lost + report.doubled === 0 ? 0 : 1;
}

if (process.argv[2] === 'serve') await serve();
else await measure(Number(process.argv[2] ?? 60));
