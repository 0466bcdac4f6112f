import {readActor} from '../src/audit/actor.ts';
import {createAudit} from '../src/audit/audit-log.ts';
import {createKeymap, type Keymap} from '../src/input/keymap.ts';
import {type Arming, createArming} from '../src/remedy/arming.ts';
import {createObjectLocks} from '../src/remedy/object-lock.ts';
import {recheckFailedText, recheckOutcome} from '../src/remedy/recheck-outcome.ts';
import {createRunner, type Runner} from '../src/remedy/runner.ts';
import {serverNames} from '../src/remedy/server-names.ts';
import {stateDir, statePath} from '../src/state/layout.ts';
import {type Clock, stoppedClock, systemClock} from '../src/time/clock.ts';
import type {Watch} from '../src/watch/watch.ts';
import {type AuditSetup, createAuditSetup} from './audit-setup.ts';
import type {Options} from './cli/arguments.ts';
import type {DebugLog} from './debug-log.ts';
import {createInitialPolicy} from './initial-policy.ts';
import {logRunner} from './log-events.ts';
import type {RunConfig} from './run-config.ts';
import {createStateDirectoryWatch, type StateDirectoryWatch} from './state-directory-watch.ts';
import {version} from './version.ts';
import {watchTargets} from './watch-targets.ts';

/** The parts of a console that need no terminal. */
export type ConsoleCore = {
	/** Path of the state directory. */
	readonly stateDir: string;
	readonly clock: Clock;
	readonly keymap: Keymap;
	readonly auditSetup: AuditSetup;
	readonly arming: Arming;
	readonly watch: Watch;
	readonly runner: Runner;
	readonly stateDirectoryWatch: StateDirectoryWatch;
};

/** Creates the core of a console. Connects to nothing and reads and writes no file. */
export async function createConsoleCore(
	config: RunConfig,
	options: Options,
	log: DebugLog | undefined,
): Promise<ConsoleCore> {
	// The scenario `still` never changes, not even the clock in the corner.
	const clock = options.demo === 'still' ? stoppedClock(systemClock) : systemClock;
	// Actions on the demo are recorded too, in a state directory of their own.
	const userStateDir = stateDir(process.env);
	const state = options.demo === undefined ? userStateDir : statePath(userStateDir, 'demo');
	const actor = readActor(process.env);
	const auditLog = createAudit({stateDir: state, clock, actor, app: version});
	const keymap = createKeymap(config.keys, config.declared.panes);
	const policy = createInitialPolicy(config, options.readOnly);
	let currentPolicy = () => policy;
	const auditSetup = await createAuditSetup({
		sinks: config.sinks,
		log: auditLog,
		stateDir: state,
		clock,
		policy: () => currentPolicy(),
		keymap,
	});
	const {audit} = auditSetup;
	const actionOf = (id: string) =>
		config.declared.systems.flatMap(({actions}) => actions).find(action => action.id === id);
	const arming = createArming({clock, audit, policy, source: config.policy});
	currentPolicy = () => arming.policy.get();
	const watch = watchTargets({targets: config.targets, clock, readOnly: policy.readOnly !== undefined, log});
	const locks = createObjectLocks(state, {
		serversOf(name) {
			const watched = config.targets.find(({target}) => target.name === name);
			return watched === undefined ? [name] : serverNames(watched, watch.identity(name)?.server);
		},
	});
	const resolve = async (name: string) => {
		const {port, target} = await watch.connection(name);
		const identity = watch.identity(name);
		return {port, target, targetUser: identity?.who, server: identity?.server};
	};
	const runner = createRunner({clock, audit, arming, locks, resolve});
	if (log !== undefined) logRunner(log, runner);
	const stateDirectoryWatch = createStateDirectoryWatch({
		stateDir: state,
		audit,
		locks,
		clock,
		actor,
		inProgressIds: () => new Set(runner.inProgress().map(({id}) => id)),
		recheck: intent => recheckOutcome(intent, {clock, actionOf, resolve}).catch(recheckFailedText),
	});
	return {stateDir: state, clock, keymap, auditSetup, arming, watch, runner, stateDirectoryWatch};
}
