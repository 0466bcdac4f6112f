import {readActor} from '../src/audit/actor.ts';
import {type Audit, createAudit} from '../src/audit/audit-log.ts';
import {createKeymap, type Keymap} from '../src/input/keymap.ts';
import {type Arming, createArming} from '../src/remedy/arming.ts';
import {createObjectLocks} from '../src/remedy/object-lock.ts';
import {recheckFailedText, recheckOutcome} from '../src/remedy/recheck-outcome.ts';
import {createRunner, type Runner} from '../src/remedy/runner.ts';
import {serverNames} from '../src/remedy/server-names.ts';
import {demoStateDir, stateDir} from '../src/state/state-dir.ts';
import {type Clock, stoppedClock, systemClock} from '../src/time/clock.ts';
import {createWatch, type Watch} from '../src/watch/watch.ts';
import {type AuditSetup, createAuditSetup} from './audit-setup.ts';
import type {Options} from './cli/arguments.ts';
import {createInitialPolicy} from './initial-policy.ts';
import {metricsQueryFor} from './metrics-target.ts';
import {panes} from './panes.ts';
import type {RunConfig} from './run-config.ts';
import {createStateDirectoryWatch, type StateDirectoryWatch} from './state-directory-watch.ts';
import {systems} from './systems.ts';
import {version} from './version.ts';
import {transportVia} from './via.ts';

/** The parts of a console that need no terminal. */
export type ConsoleCore = {
	/** The state directory. */
	readonly stateDir: string;
	readonly clock: Clock;
	readonly keymap: Keymap;
	readonly audit: Audit;
	readonly auditSetup: AuditSetup;
	readonly arming: Arming;
	readonly watch: Watch;
	readonly runner: Runner;
	readonly stateDirectoryWatch: StateDirectoryWatch;
};

const actionOf = (id: string) => systems.flatMap(({actions}) => actions).find(action => action.id === id);

/** Nothing is connected, read or written yet. */
export async function createConsoleCore(estate: RunConfig, options: Options): Promise<ConsoleCore> {
	// In `still` nothing may change, the clock in the corner included: that is what it is for.
	const clock = options.demo === 'still' ? stoppedClock(systemClock) : systemClock;
	// What is done to the demo is recorded like anything else, apart from what was done to real systems.
	const own = stateDir(process.env);
	const state = options.demo === undefined ? own : demoStateDir(own);
	const actor = readActor(process.env);
	const log = createAudit({stateDir: state, clock, actor, app: version});
	const keymap = createKeymap(estate.keys, panes);
	const policy = createInitialPolicy(estate, options.readOnly);
	let policyNow = () => policy;
	const copies = await createAuditSetup({
		sinks: estate.sinks,
		log,
		stateDir: state,
		clock,
		policy: () => policyNow(),
		keymap,
	});
	const {audit} = copies;
	const readOnly = policy.readOnly !== undefined;
	const arming = createArming({clock, audit, policy, source: estate.policy});
	policyNow = () => arming.policy.get();
	const watch = createWatch({targets: estate.targets, clock, readOnly, via: transportVia, metrics: metricsQueryFor});
	const locks = createObjectLocks(state, {
		serversOf(name) {
			const watched = estate.targets.find(one => one.target.name === name);
			return watched === undefined ? [name] : serverNames(watched.target, watch.identity(name)?.server);
		},
	});
	const resolve = async (name: string) => {
		const {port, target} = await watch.connection(name);
		const {who, server} = watch.identity(name) ?? {};
		return {port, target, who, server};
	};
	const runner = createRunner({clock, audit, arming, locks, resolve});
	const stateDirectoryWatch = createStateDirectoryWatch({
		stateDir: state,
		audit,
		locks,
		clock,
		actor,
		underWay: () => new Set(runner.inProgress().map(({id}) => id)),
		lookAgain: open => recheckOutcome(open, {clock, actionOf, resolve}).catch(recheckFailedText),
	});
	return {
		stateDir: state,
		clock,
		keymap,
		audit,
		auditSetup: copies,
		arming,
		watch,
		runner,
		stateDirectoryWatch,
	};
}
