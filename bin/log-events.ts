import type {Reading} from '../src/contract/reading.ts';
import type {Runner} from '../src/remedy/runner.ts';
import type {Watch} from '../src/watch/watch.ts';
import type {DebugLog} from './debug-log.ts';
import type {RunConfig} from './run-config.ts';
import {version} from './version.ts';

/** The fields of the line with which a run begins. */
export const describeRun = ({from, targets}: RunConfig): Readonly<Record<string, unknown>> => ({
	midwatch: version,
	node: process.version,
	from,
	targets: targets.map(({target}) => `${target.name} (${target.kind})`),
});

/** Logs each connection, each read, and each failed read with the time of its retry. Returns the way to stop. */
export function logWatch(
	log: DebugLog,
	watch: Pick<Watch, 'targets' | 'readings' | 'identity' | 'subscribe'>,
): () => void {
	const before = new Map<string, Reading>();
	const identities = new Map<string, unknown>();
	const logIdentities = () => {
		for (const {target} of watch.targets) {
			const identity = watch.identity(target.name);
			if (identity === undefined || identities.get(target.name) === identity) continue;
			identities.set(target.name, identity);
			log.write('connected', {target: target.name, ...identity});
		}
	};
	return watch.subscribe(() => {
		logIdentities();
		for (const reading of watch.readings()) {
			const key = `${reading.target} ${reading.kind}`;
			logReading(log, reading, before.get(key));
			before.set(key, reading);
		}
	});
}

function logReading(log: DebugLog, reading: Reading, before: Reading | undefined): void {
	if (reading === before) return;
	const {target, kind, state, failure, snapshot} = reading;
	if (state !== (before?.state ?? 'connecting'))
		log.write('state', {target, kind, from: before?.state ?? 'connecting', to: state});
	if (failure !== undefined && failure.attempts !== before?.failure?.attempts) {
		const retryAt = reading.nextAt === undefined ? undefined : new Date(reading.nextAt).toISOString();
		const {kind: error, message, hint, attempts} = failure;
		log.write('failure', {target, kind, error, message, hint, attempts, retryAt});
	}
	if (snapshot === undefined || snapshot === before?.snapshot) return;
	const {rows, omitted, notes} = snapshot;
	log.write('read', {
		target,
		kind,
		tookMs: reading.tookMs,
		rows: rows.length,
		omitted,
		notes: notes.map(({text}) => text),
	});
}

/** Logs each state of each action. Plans and reasons are not logged: the audit log has them. Returns the way to stop. */
export function logRunner(log: DebugLog, runner: Pick<Runner, 'state' | 'onEnd'>): () => void {
	const write = ({id, action, target, state, ...rest}: NonNullable<ReturnType<Runner['state']['get']>>) =>
		log.write('action', {id, action: action.id, target, state, ...('reason' in rest ? {reason: rest.reason} : {})});
	let before = '';
	const stops = [
		runner.state.subscribe(() => {
			const remedy = runner.state.get();
			const now = remedy === undefined ? '' : `${remedy.id} ${remedy.state}`;
			if (remedy !== undefined && now !== before) write(remedy);
			before = now;
		}),
		runner.onEnd(remedy => {
			const current = runner.state.get();
			if (current?.id !== remedy.id) write(remedy);
		}),
	];
	return () => {
		for (const stop of stops) stop();
	};
}
