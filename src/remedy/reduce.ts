import {type Demand, unmetReason} from '../policy/demand.ts';
import {
	type Confirmation,
	previewExpiryMs,
	type Remedy,
	type RemedyEnd,
	type RemedyEvent,
	type RemedyState,
} from './remedy-state.ts';

const end = (remedy: Remedy, state: RemedyEnd, at: number, reason: string, hint?: string): Remedy => ({
	...remedy,
	state,
	reason,
	hint,
	endedAt: at,
});

const nothingSent = 'nothing was sent';

/**
 * Returns the next state. An event that does not belong to the state changes nothing and returns the same value.
 *
 * The only way into `running` is, from `intent`, an `intent-written` whose record has the id of this remedy and the hash of this plan. The only
 * way into `intent` is a second preflight after an answer that met the demand.
 */
export function reduce(remedy: Remedy, event: RemedyEvent): Remedy {
	switch (remedy.state) {
		case 'proposed':
		case 'previewing':
			return beforePreview(remedy, event);
		case 'checking':
			if (event.type === 'checked') return afterPreflight(remedy, event);
			if (event.type === 'check-failed') {
				return {
					...end(remedy, 'failed', event.at, `the checks failed, ${nothingSent}`, event.failure.hint),
					failure: event.failure,
				};
			}
			return sideExit(remedy, event);
		case 'ready':
			return waiting(remedy, event);
		case 'confirmed':
			return event.type === 'recheck-started' ? {...remedy, state: 'rechecking'} : sideExit(remedy, event);
		case 'rechecking':
			return rechecking(remedy, event);
		case 'intent':
			return writingIntent(remedy, event);
		case 'running':
			return running(remedy, event);
		case 'verifying':
			return verifying(remedy, event);
		default:
			if (event.type === 'recorded') return {...remedy, recorded: true};
			return event.type === 'record-failed' ? {...remedy, recordFailure: event.message} : remedy;
	}
}

type In<S extends RemedyState> = Extract<Remedy, {readonly state: S}>;
type Is<T extends RemedyEvent['type']> = Extract<RemedyEvent, {readonly type: T}>;

/** The events that end a remedy in any state before something was sent. */
function sideExit(remedy: Remedy, event: RemedyEvent): Remedy {
	if (event.type === 'cancelled') return end(remedy, 'cancelled', event.at, `cancelled, ${nothingSent}`);
	if (event.type === 'refused') return end(remedy, 'refused', event.at, event.reason, event.hint);
	return remedy;
}

function beforePreview(remedy: Remedy, event: RemedyEvent): Remedy {
	if (event.type === 'preview-started') return {...remedy, state: 'previewing'};
	if (event.type === 'previewed' && remedy.state === 'previewing') {
		return {...remedy, state: 'checking', preview: event.preview, hash: event.hash};
	}
	if (event.type === 'preview-failed') {
		const state = event.failure.kind === 'conflict' ? 'stale' : 'failed';
		return {
			...end(remedy, state, event.at, event.failure.message, event.failure.hint),
			failure: event.failure,
			replanOffer: event.replanOffer,
		};
	}
	return sideExit(remedy, event);
}

/** A preflight before the confirmation: the first, or one while the demand waits for an answer. */
function afterPreflight(remedy: In<'checking' | 'ready'>, event: Is<'checked'>): Remedy {
	const checked = {
		...remedy,
		checks: event.checks,
		checkedAt: event.at,
		preflightFailure: undefined,
		demand: event.demand,
	};
	const exit = preflightExit(checked, event);
	if (exit) return exit;
	const isSameDemand = remedy.state === 'ready' && sameDemand(remedy.demand, event.demand);
	return {
		...checked,
		state: 'ready',
		demand: event.demand,
		checkedAt: event.at,
		readyAt: isSameDemand ? remedy.readyAt : event.at,
	};
}

function preflightExit(remedy: Remedy, event: Is<'checked'>): Remedy | undefined {
	const blocks = event.checks.filter(check => check.result === 'block');
	const conflict = blocks.find(check => check.conflict);
	if (conflict) {
		const reason = `it has changed, ${nothingSent}: ${conflict.detail}`;
		return {
			...end(remedy, 'stale', event.at, reason, 'check its present state, then try again'),
			changed: event.changed ?? [],
			replanOffer: event.replanOffer,
		};
	}
	const [block] = blocks;
	if (block) return end(remedy, 'blocked', event.at, `${block.label}: ${block.detail}`, nothingSent);
	if (event.demand.kind === 'refused') return end(remedy, 'refused', event.at, event.demand.reason, event.demand.hint);
	return undefined;
}

const sameDemand = (a: Demand, b: Demand): boolean => JSON.stringify(a) === JSON.stringify(b);

const isExpired = (remedy: In<'ready'>, at: number): boolean => at - remedy.checkedAt > previewExpiryMs;

const expired = (remedy: Remedy, at: number): Remedy =>
	end(
		remedy,
		'expired',
		at,
		`the last checks are older than 60 s, ${nothingSent}`,
		'try again when the target answers',
	);

function waiting(remedy: In<'ready'>, event: RemedyEvent): Remedy {
	switch (event.type) {
		case 'checked':
			return isExpired(remedy, event.at) ? expired(remedy, event.at) : afterPreflight(remedy, event);
		case 'check-failed':
			return isExpired(remedy, event.at) ? expired(remedy, event.at) : {...remedy, preflightFailure: event.failure};
		case 'clock-ticked':
			return isExpired(remedy, event.at) ? expired(remedy, event.at) : remedy;
		case 'answered':
			return isExpired(remedy, event.at) ? expired(remedy, event.at) : answered(remedy, event);
		default:
			return sideExit(remedy, event);
	}
}

function answered(remedy: In<'ready'>, {answer, at}: Is<'answered'>): Remedy {
	const missing = unmetReason(remedy.demand, answer, at - remedy.readyAt);
	if (missing !== undefined || remedy.demand.kind === 'refused') return {...remedy, unmet: missing};
	const {demand} = remedy;
	const reason = answer.reason?.trim();
	const confirmation: Confirmation = {
		method: demand.kind,
		typed: demand.kind === 'key' ? demand.key : demand.text,
		...(demand.kind === 'type-count-reason' ? {count: demand.count} : {}),
		...(reason ? {reason} : {}),
		at,
		hash: remedy.hash,
	};
	return {...remedy, state: 'confirmed', confirmation, unmet: undefined};
}

function rechecking(remedy: In<'rechecking'>, event: RemedyEvent): Remedy {
	if (event.type === 'check-failed') {
		const reason = `the checks could not be repeated, ${nothingSent}: ${event.failure.message}`;
		return {...end(remedy, 'failed', event.at, reason, event.failure.hint), failure: event.failure};
	}
	if (event.type !== 'checked') return sideExit(remedy, event);
	const checked = {...remedy, checks: event.checks, checkedAt: event.at, preflightFailure: undefined};
	const exit = preflightExit(checked, event);
	if (exit) return exit;
	if (!sameDemand(remedy.demand, event.demand)) {
		return end(checked, 'refused', event.at, `a different confirmation is required now, ${nothingSent}`, 'try again');
	}
	return {...checked, state: 'intent'};
}

function writingIntent(remedy: In<'intent'>, event: RemedyEvent): Remedy {
	// A written intent cannot be cancelled: the record would announce a change that was never sent.
	if (event.type === 'refused') return end(remedy, 'refused', event.at, event.reason, event.hint);
	if (event.type !== 'intent-written') return remedy;
	const isThisPlan =
		event.record === remedy.id && event.planHash === remedy.hash && event.planHash === remedy.confirmation.hash;
	if (!isThisPlan)
		return end(remedy, 'refused', event.at, `the record is of another plan, ${nothingSent}`, 'try again');
	return {...remedy, state: 'running', startedAt: event.at, recorded: true};
}

function running(remedy: In<'running'>, event: RemedyEvent): Remedy {
	if (event.type === 'record-failed') return {...remedy, recordFailure: event.message};
	if (event.type === 'sent') return {...remedy, state: 'verifying', receipt: event.receipt};
	if (event.type !== 'run-failed') return remedy;
	const {failure, at} = event;
	if (!event.harmless) {
		const reason = `the outcome is not known: ${failure.message}`;
		return {
			...end(
				remedy,
				'unknown',
				at,
				reason,
				`before anything else, check on the server whether it was done: ${remedy.preview.checkedIdentity}`,
			),
			failure,
		};
	}
	const state = failure.kind === 'conflict' ? 'stale' : 'failed';
	const replanOffer = state === 'stale' ? event.replanOffer : undefined;
	return {...end(remedy, state, at, `nothing happened: ${failure.message}`, failure.hint), failure, replanOffer};
}

function verifying(remedy: In<'verifying'>, event: RemedyEvent): Remedy {
	if (event.type === 'record-failed') return {...remedy, recordFailure: event.message};
	if (event.type !== 'verified') return remedy;
	const {outcome, at} = event;
	if (outcome.result === 'pending') return {...remedy, outcome};
	const isClear = outcome.result === 'done' || outcome.result === 'superseded';
	const hint = isClear ? undefined : `check it on the server: ${remedy.preview.checkedIdentity}`;
	return {...end(remedy, outcome.result, at, outcome.detail, hint), outcome};
}
