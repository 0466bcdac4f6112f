import {AdapterError, type ErrorKind, isAdapterError} from '../../../src/errors.ts';
import type {ApiRefusal} from '../../../src/port/kubernetes.ts';
import {asObject, asText} from '../../../src/text/json-values.ts';
import {type ConnectionHints, connectionErrorWithHints} from '../../http/errors.ts';
import {grantCommandForRefusal} from './grant-command.ts';

type Meaning = readonly [kind: ErrorKind, hint: string];

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: check that the API server runs, and the server of this context.',
		ENOTFOUND: 'The name does not resolve: check the server of this context, your VPN and your DNS.',
		ECONNRESET: 'The other end broke the connection: check the API server and any load balancer in front of it.',
	},
	certificate: {
		ca: 'certificate-authority in the kubeconfig',
		name: 'correct the server of this context or set tls-server-name in the kubeconfig',
	},
	notTls: 'What answers there does not speak TLS: check the port, and https in the server of this context.',
	certificateRefused: 'The server does not accept our certificate: renew client-certificate in the kubeconfig.',
	ownCertificateFiles:
		'Correct certificate-authority, client-certificate and client-key in the kubeconfig: they have to be PEM.',
	tlsFailed: 'TLS failed: check the certificates and the key of this context.',
	unreadable: 'The answer cannot be read: check the network and any proxy between midwatch and the API server.',
	broken: 'The connection broke: check the API server and the network.',
};

/** Turns an error of a socket, TLS or a stream into an AdapterError with a hint. `where` is `host:port`. */
export const kubernetesConnectionError = (thrown: unknown, where: string): AdapterError =>
	connectionErrorWithHints(thrown, where, hints);

/** Parses Retry-After (seconds or a date) to milliseconds from now. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
	if (header === undefined) return undefined;
	const seconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
	return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Whether a body is a `Status` of the API server itself, rather than an answer of a service behind its proxy. */
export function isApiStatus(body: string): boolean {
	try {
		const {kind, apiVersion} = asObject(JSON.parse(body));
		return kind === 'Status' && apiVersion === 'v1';
	} catch {
		return false;
	}
}

/** Parses the body of a refusal: a `Status` of the API, or the text of a proxy or load balancer in front of it. */
export function parseApiRefusal(code: number, body: string, retryAfter: number | undefined): ApiRefusal {
	let status: Readonly<Record<string, unknown>> = {};
	try {
		status = asObject(JSON.parse(body));
	} catch {
		// Not the API: the page of a load balancer, or plain text.
	}
	return apiRefusalFromStatus(
		status,
		code,
		retryAfter,
		status['kind'] === 'Status' ? '' : body.replace(/<[^<>]*>/g, ' '),
	);
}

/** Reads a `Status` object, also that of an ERROR event of a watch. */
export function apiRefusalFromStatus(status: unknown, code: number, retryAfter?: number, otherwise = ''): ApiRefusal {
	const {reason, message, details, code: own} = asObject(status);
	const {causes, retryAfterSeconds} = asObject(details);
	const detailsRetryMs = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : undefined;
	return {
		code: code === 0 && typeof own === 'number' ? own : code,
		reason: asText(reason),
		message: (asText(message) || otherwise).trim().replaceAll(/\s+/g, ' ').slice(0, 1000) || `status ${code}`,
		retryAfterMs: retryAfter ?? detailsRetryMs,
		causes: (Array.isArray(causes) ? causes : []).map(cause => ({
			reason: asText(asObject(cause)['reason']),
			message: asText(asObject(cause)['message']),
			field: asText(asObject(cause)['field']),
		})),
	};
}

/** The refusal of the server that caused an error; undefined when the error has another cause. */
export function findApiRefusal(error: unknown): ApiRefusal | undefined {
	if (!isAdapterError(error) || typeof error.cause !== 'object' || error.cause === null) return undefined;
	return 'causes' in error.cause && 'reason' in error.cause ? (error.cause as ApiRefusal) : undefined;
}

function meaningOf({code, message, reason}: ApiRefusal): Meaning {
	switch (code) {
		case 400:
		case 422:
			return ['denied', 'The server rejects the request: see its message.'];
		case 401:
			return [
				'denied',
				'The server does not accept our credentials: log in again, or renew the credentials of this context.',
			];
		case 403: {
			const line = grantCommandForRefusal(message);
			const hint = line === undefined ? 'Ask an administrator of the cluster for this permission.' : undefined;
			return ['denied', hint ?? `An administrator grants it with: ${line}`];
		}
		case 404:
			return reason === 'NotFound' && !/the server could not find the requested resource/.test(message)
				? ['conflict', 'It no longer exists: refresh.']
				: ['unsupported', 'This server does not offer it: its version is too old, or an extension is not installed.'];
		case 405:
		case 406:
		case 415:
			return ['unsupported', 'This server does not offer it: check its version.'];
		case 409:
			return ['conflict', 'It has changed meanwhile: look at it again, then decide.'];
		case 410:
			return ['conflict', 'The server no longer has that resource version; midwatch lists again.'];
		case 429:
			return ['denied', 'Nothing was changed. The server is rate limiting, or a disruption budget forbids it.'];
		case 504:
			return ['timeout', 'The API server did not finish in time: look at its load and at etcd.'];
	}
	if (code >= 500)
		return ['unreachable', 'The API server or a proxy in front of it failed: look at its log and at etcd.'];
	return ['malformed', 'Unexpected answer: check the network and any proxy between midwatch and the API server.'];
}

/** Turns a refusal into an error with a hint. `operation` names the request: `list pods`. */
export function apiRefusalError(refusal: ApiRefusal, operation: string): AdapterError {
	const [kind, hint] = meaningOf(refusal);
	return new AdapterError(kind, `${operation}: ${refusal.message}`, hint, {cause: refusal});
}
