import {AdapterError, type ErrorKind, isAdapterError} from '../../../src/errors.ts';
import type {ApiRefusal} from '../../../src/port/kubernetes.ts';
import {type ConnectionHints, connectionErrorWithHints} from '../../http/errors.ts';
import {grantCommandForRefusal} from './grant-command.ts';

type Meaning = readonly [kind: ErrorKind, hint: string];

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: check that the API server runs, and the server of this context.',
		ENOTFOUND: 'The name does not resolve: check the server of this context, your VPN and your DNS.',
		ECONNRESET: 'The other end broke the connection: check the API server and what stands before it.',
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
	unreadable: 'The answer cannot be read: check what stands between here and the API server.',
	broken: 'The connection broke; it is tried again. Check the API server and the network.',
};

/** Anything that a socket, TLS or a stream threw, as what it means to the operator. `where` is `host:port`. */
export const kubernetesConnectionError = (thrown: unknown, where: string): AdapterError =>
	connectionErrorWithHints(thrown, where, hints);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Retry-After in seconds or as a date, in milliseconds from now. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
	if (header === undefined) return undefined;
	const seconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
	return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Whether the API server itself said it, rather than a service behind it. */
export function isApiStatus(body: string): boolean {
	try {
		const {kind, apiVersion} = record(JSON.parse(body));
		return kind === 'Status' && apiVersion === 'v1';
	} catch {
		return false;
	}
}

/** What the body of a refusal says: a `Status` of the API, or the words of something that stands before it. */
export function parseApiRefusal(code: number, body: string, retryAfter: number | undefined): ApiRefusal {
	let status: Readonly<Record<string, unknown>> = {};
	try {
		status = record(JSON.parse(body));
	} catch {
		// Not the API: a load balancer's page, or plain text.
	}
	return apiRefusalFromStatus(
		status,
		code,
		retryAfter,
		status['kind'] === 'Status' ? '' : body.replace(/<[^<>]*>/g, ' '),
	);
}

/** A `Status` object, also as it comes in an ERROR event of a watch. */
export function apiRefusalFromStatus(status: unknown, code: number, retryAfter?: number, otherwise = ''): ApiRefusal {
	const {reason, message, details, code: own} = record(status);
	const {causes, retryAfterSeconds} = record(details);
	const told = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : undefined;
	return {
		code: code === 0 && typeof own === 'number' ? own : code,
		reason: text(reason),
		message: (text(message) || otherwise).trim().replaceAll(/\s+/g, ' ').slice(0, 1000) || `status ${code}`,
		retryAfterMs: retryAfter ?? told,
		causes: (Array.isArray(causes) ? causes : []).map(cause => ({
			reason: text(record(cause)['reason']),
			message: text(record(cause)['message']),
			field: text(record(cause)['field']),
		})),
	};
}

/** The refusal behind an error, when the server gave one. */
export function findApiRefusal(error: unknown): ApiRefusal | undefined {
	if (!isAdapterError(error) || typeof error.cause !== 'object' || error.cause === null) return undefined;
	return 'causes' in error.cause && 'reason' in error.cause ? (error.cause as ApiRefusal) : undefined;
}

function meaningOf({code, message, reason}: ApiRefusal): Meaning {
	switch (code) {
		case 400:
		case 422:
			return ['denied', 'The server does not accept it as it stands: see what it says.'];
		case 401:
			return ['denied', 'The server does not know us: log in again, or renew the credentials of this context.'];
		case 403: {
			const line = grantCommandForRefusal(message);
			const hint = line === undefined ? 'Ask an administrator of the cluster for the right to do it.' : undefined;
			return ['denied', hint ?? `An administrator grants it with: ${line}`];
		}
		case 404:
			return reason === 'NotFound' && !/the server could not find the requested resource/.test(message)
				? ['conflict', 'It is not there any more: look again.']
				: ['unsupported', 'This server does not offer it: an old version, or an extension that is not installed.'];
		case 405:
		case 406:
		case 415:
			return ['unsupported', 'This server does not offer it: check its version.'];
		case 409:
			return ['conflict', 'It has changed meanwhile: look at it as it is now, and decide again.'];
		case 410:
			return ['conflict', 'The server has forgotten what was asked for; it is listed anew.'];
		case 429:
			return ['denied', 'Nothing was done. The server asks to wait, or a disruption budget forbids it.'];
		case 504:
			return ['timeout', 'The API server did not finish in time: look at its load and at etcd.'];
	}
	if (code >= 500)
		return ['unreachable', 'The API server, or something before it, failed: look at its log and at etcd.'];
	return ['malformed', 'Nobody expected this answer: check what stands between here and the API server.'];
}

/** What the server refused, as an error. `asked` says what was asked: `list pods`. */
export function apiRefusalError(refusal: ApiRefusal, asked: string): AdapterError {
	const [kind, hint] = meaningOf(refusal);
	return new AdapterError(kind, `${asked}: ${refusal.message}`, hint, {cause: refusal});
}
