import {ApiError, tooManyRequests} from '../objects/api-error.ts';
import type {Fault} from '../objects/fault.ts';
import type {ResponseWriter} from './reply.ts';

/** The requests that a fault applies to; an absent property matches all. `resource` as in `pods`, `deployments.apps`, `pods/log`. */
export type RequestFilter = {
	readonly verb?: string;
	readonly resource?: string;
	readonly namespace?: string;
	readonly user?: string;
};

/** One request while it is open. */
export type OpenRequest = {
	readonly verb: string;
	readonly resource: string;
	readonly namespace: string | undefined;
	readonly user: string;
	readonly query: URLSearchParams;
	/** Headers, in lower case. */
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	readonly response: ResponseWriter;
	/** Marks the connection as dead: the server reads nothing from it any more. */
	ignoreConnection(): void;
};

export type FaultControls = {
	/** Applies the fault to the next `times` requests (default 1; Infinity: until cancelled). Returns a cancel function. */
	injectNext(fault: Fault, where?: RequestFilter, times?: number): () => void;
	/** Applies the fault to the responses in flight. Returns how many those were. */
	injectNow(fault: Fault, where?: RequestFilter): number;
	/** Calls the listener with every request as it arrives, also one that gets a fault. Returns an unsubscribe function. */
	onRequest(listener: (exchange: OpenRequest) => void): () => void;
	/** Cancels all faults of `injectNext`. */
	clear(): void;
	/** This bearer token is answered with 401 from now on. */
	expireToken(token: string): void;
	/** Drops the history: requests for an older version get 410. Open watches continue. */
	compact(): void;
	/** Stops listening, ends every connection, drops the history, and listens again on the same port with much higher revisions. */
	restart(forMs?: number): Promise<void>;
	/** Stops listening and ends every connection, until `start`. */
	stop(): Promise<void>;
	start(): Promise<void>;
};

type Rule = {readonly fault: Fault; readonly where: RequestFilter; left: number};

const matchesFilter = (where: RequestFilter, exchange: OpenRequest) =>
	(['verb', 'resource', 'namespace', 'user'] as const).every(
		name => where[name] === undefined || where[name] === exchange[name],
	);

export type FaultInjector = Pick<FaultControls, 'injectNext' | 'injectNow' | 'onRequest' | 'clear'> & {
	/** Every request comes by here. @throws ApiError of a `refuse`. @returns false when it must not be answered at all. */
	admit(exchange: OpenRequest): boolean;
};

export function createFaultInjector(): FaultInjector {
	const rules = new Set<Rule>();
	const open = new Set<OpenRequest>();
	const listeners = new Set<(exchange: OpenRequest) => void>();

	function strike(fault: Fault, exchange: OpenRequest) {
		if (fault.kind === 'half-open') exchange.ignoreConnection();
		exchange.response.injectFault(fault);
	}

	return {
		injectNext(fault, where = {}, times = 1) {
			const rule = {fault, where, left: times};
			rules.add(rule);
			return () => void rules.delete(rule);
		},
		injectNow(fault, where = {}) {
			const hit = [...open].filter(exchange => matchesFilter(where, exchange));
			for (const exchange of hit) strike(fault, exchange);
			return hit.length;
		},
		onRequest(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		clear: () => rules.clear(),
		admit(exchange) {
			open.add(exchange);
			for (const listener of listeners) listener(exchange);
			exchange.response.onClose(() => open.delete(exchange));
			for (const rule of [...rules]) {
				if (!matchesFilter(rule.where, exchange)) continue;
				rule.left -= 1;
				if (rule.left <= 0) rules.delete(rule);
				const {fault} = rule;
				if (fault.kind === 'refuse') throw refusal(fault);
				if (fault.kind === 'expired') throw new ApiError(410, 'Expired', 'too old resource version: 0 (0)');
				strike(fault, exchange);
				if (['stall', 'half-open', 'reset', 'cut'].includes(fault.kind)) return false;
			}
			return true;
		},
	};
}

function refusal({code, retryAfterSeconds, message}: Extract<Fault, {kind: 'refuse'}>): ApiError {
	if (code === 429)
		return tooManyRequests(message ?? 'too many requests, please try again later', retryAfterSeconds ?? 1);
	const reasons: Readonly<Record<number, string>> = {
		401: 'Unauthorized',
		403: 'Forbidden',
		500: 'InternalError',
		503: 'ServiceUnavailable',
		504: 'Timeout',
	};
	const details = retryAfterSeconds === undefined ? undefined : {retryAfterSeconds};
	return new ApiError(code, reasons[code] ?? 'Unknown', message ?? 'the server is not well', details);
}
