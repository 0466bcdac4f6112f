import {messageOf} from '../src/errors.ts';
import type {Deck} from '../src/input/deck.ts';
import {errorHint} from '../src/remedy/remedy-failure.ts';
import {stateDir} from '../src/state/layout.ts';
import {recordLayoutVersion} from '../src/state/layout-version.ts';
import {reportClockBehind} from './clock-reports.ts';
import {runningCode, saveCodeCache} from './code-cache.ts';
import type {ConsoleCore} from './console-core.ts';
import {onTargetAnswer} from './target-answers.ts';

/** Milliseconds from the start of the reads to the write of the code cache: the first reads have ended by then. */
const saveCodeCacheMs = 3000;

/** The reads, deliveries and polls of a console. The first frame needs none of them. */
export type BackgroundWork = {
	/** Starts it and appends the `start` record. Does nothing the second time, or after `close`. */
	start(deck: Pick<Deck, 'showNotice'>): void;
	/** Ends it and appends the `stop` record: what was sent is finished and recorded first. */
	close(): Promise<void>;
};

/** @param note the note of the `start` and `stop` records: which configuration was used. */
export function createBackgroundWork(core: ConsoleCore, note: string): BackgroundWork {
	const {clock, auditSetup, arming, watch, runner, stateDirectoryWatch} = core;
	const {audit} = auditSetup;
	let phase: 'opening' | 'watching' | 'closing' = 'opening';
	let stops: readonly (() => void)[] = [];
	return {
		start(deck) {
			if (phase !== 'opening') return;
			phase = 'watching';
			watch.start();
			stateDirectoryWatch.start();
			// When this fails, the first record fails too, and reports it.
			void recordLayoutVersion(stateDir(process.env)).catch(() => {});
			auditSetup.start();
			stops = [
				onTargetAnswer(watch, stateDirectoryWatch.targetAnswered),
				clock.after(saveCodeCacheMs, () => void saveCodeCache(runningCode)),
			];
			// Without an audit log the console still shows everything, and refuses to act.
			audit
				.append({kind: 'start', note})
				.then(record => reportClockBehind({clock, deck, audit}, record))
				.catch((error: unknown) =>
					deck.showNotice(`no action can run from this console: ${messageOf(error)}; ${errorHint(error)}`, 'warn'),
				);
		},
		async close() {
			const hadStarted = phase === 'watching';
			phase = 'closing';
			for (const stop of stops) stop();
			await runner.close();
			if (hadStarted) await audit.append({kind: 'stop', note}).catch(() => {});
			await Promise.all([stateDirectoryWatch.close(), watch.close(), auditSetup.close()]);
			arming.close();
		},
	};
}
