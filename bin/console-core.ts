import {readActor} from '../src/audit/actor.ts';
import {type Audit, createAudit} from '../src/audit/audit-log.ts';
import {createKeymap, type Keymap} from '../src/input/keymap.ts';
import {type Arming, createArming} from '../src/remedy/arming.ts';
import {createObjectLocks} from '../src/remedy/object-lock.ts';
import {failedLook, lookAgain} from '../src/remedy/recheck-outcome.ts';
import {createRunner, type Runner} from '../src/remedy/runner.ts';
import {serverNames} from '../src/remedy/server-names.ts';
import {demoStateDir, stateDir} from '../src/state/state-dir.ts';
import {type Clock, stoppedClock, systemClock} from '../src/time/clock.ts';
import {createWatch, type Watch} from '../src/watch/watch.ts';
import {type AuditCopies, createAuditCopies} from './audit-setup.ts';
import type {Options} from './cli/arguments.ts';
import {policyOf} from './initial-policy.ts';
import {metricsOf} from './metrics-target.ts';
import type {Estate} from './run-config.ts';
import {createSurroundings, type Surroundings} from './state-directory-watch.ts';
import {systems} from './systems.ts';
import {version} from './version.ts';
import {viaOf} from './via.ts';

/** The parts of a console that need no terminal. */
export type Core = {
	/** The state directory. */
	readonly state: string;
	readonly clock: Clock;
	readonly keymap: Keymap;
	readonly audit: Audit;
	readonly copies: AuditCopies;
	readonly arming: Arming;
	readonly watch: Watch;
	readonly runner: Runner;
	readonly surroundings: Surroundings;
};

const actionOf = (id: string) => systems.flatMap(({actions}) => actions).find(action => action.id === id);

/** Nothing is connected, read or written yet. */
export async function createCore(estate: Estate, options: Options): Promise<Core> {
	// In `still` nothing may change, the clock in the corner included: that is what it is for.
	const clock = options.demo === 'still' ? stoppedClock(systemClock) : systemClock;
	// What is done to the demo is recorded like anything else, apart from what was done to real systems.
	const own = stateDir(process.env);
	const state = options.demo === undefined ? own : demoStateDir(own);
	const actor = readActor(process.env);
	const log = createAudit({stateDir: state, clock, actor, app: version});
	const keymap = createKeymap(estate.keys);
	const policy = policyOf(estate, options.readOnly);
	let policyNow = () => policy;
	const copies = await createAuditCopies({
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
	const watch = createWatch({targets: estate.targets, clock, readOnly, via: viaOf, metrics: metricsOf});
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
	const surroundings = createSurroundings({
		stateDir: state,
		audit,
		locks,
		clock,
		actor,
		underWay: () => new Set(runner.underWay().map(({id}) => id)),
		lookAgain: open => lookAgain(open, {clock, actionOf, resolve}).catch(failedLook),
	});
	return {state, clock, keymap, audit, copies, arming, watch, runner, surroundings};
}
