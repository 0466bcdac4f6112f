import type {Context} from '../../../src/contract/context.ts';
import type {ServerId} from '../../../src/contract/identity.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {AccessReview, AccessReviewResult, ServerIdentity} from '../../../src/port/kubernetes.ts';
import {endpointOf} from '../../../src/text/url.ts';
import {findApiRefusal} from './errors.ts';
import type {ApiTransport} from './transport.ts';

const cacheMs = 5 * 60_000;

const field = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export type AccessReviews = {
	reviewAccess(question: AccessReview, context: Context): Promise<AccessReviewResult>;
	/** What was answered is not trusted any more. */
	clearCache(): void;
};

/** Asks the server what we may do, which does none of it. Answers are kept for five minutes; a question that failed is asked again. */
export function createAccessReviews(transport: ApiTransport): AccessReviews {
	const kept = new Map<string, {readonly answer: AccessReviewResult; readonly at: number}>();

	async function ask({namespace, ...question}: AccessReview, signal: AbortSignal): Promise<AccessReviewResult> {
		const resourceAttributes = {...question, ...(namespace === '' ? {} : {namespace})};
		try {
			const review = await transport.json(
				{
					method: 'POST',
					path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
					body: {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}},
					pool: 'read',
					operation: 'ask what we may do',
				},
				signal,
			);
			const status = field(review, 'status');
			if (typeof field(status, 'allowed') !== 'boolean') {
				return {answer: 'unknown', reason: text(field(status, 'evaluationError')) || 'the server did not answer'};
			}
			if (field(status, 'allowed') === true) return {answer: 'allowed', reason: text(field(status, 'reason'))};
			// An authoriser that could not decide is no denial.
			const failed = text(field(status, 'evaluationError'));
			if (failed !== '' && field(status, 'denied') !== true) return {answer: 'unknown', reason: failed};
			return {answer: 'denied', reason: text(field(status, 'reason'))};
		} catch (error) {
			if (!isAdapterError(error) || signal.aborted) throw error;
			return {answer: 'unknown', reason: error.message};
		}
	}

	return {
		async reviewAccess(question, {signal, now}) {
			const key = JSON.stringify(question);
			const known = kept.get(key);
			if (known !== undefined && now() - known.at < cacheMs) return known.answer;
			const answer = await ask(question, signal);
			if (answer.answer !== 'unknown') kept.set(key, {answer, at: now()});
			return answer;
		},
		clearCache: () => kept.clear(),
	};
}

/** The server's version, and who it says we are: servers before 1.28 do not tell. */
export async function readIdentity(transport: ApiTransport, {signal}: Context): Promise<ServerIdentity> {
	const version = await transport.json(
		{method: 'GET', path: '/version', pool: 'read', operation: 'the version of the server'},
		signal,
	);
	const known = {version: text(field(version, 'gitVersion')), user: '', groups: []};
	try {
		const review = await transport.json(
			{
				method: 'POST',
				path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
				body: {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'},
				pool: 'read',
				operation: 'ask who we are',
			},
			signal,
		);
		const user = field(field(review, 'status'), 'userInfo');
		const groups = field(user, 'groups');
		return {...known, user: text(field(user, 'username')), groups: Array.isArray(groups) ? groups.map(text) : []};
	} catch (error) {
		// Not offered, or not allowed: that does not make the server unreadable.
		if (![403, 404, 405].includes(findApiRefusal(error)?.code ?? 0)) throw error;
		return known;
	}
}

/** Where the API server is, and the uid of kube-system, which is made with the cluster and never again; without it where we may not read it. */
export async function readServerId(transport: ApiTransport, {signal}: Context): Promise<ServerId | undefined> {
	let id = '';
	try {
		const path = '/api/v1/namespaces/kube-system';
		const namespace = await transport.json(
			{method: 'GET', path, pool: 'read', operation: 'ask which cluster it is'},
			signal,
		);
		id = text(field(field(namespace, 'metadata'), 'uid'));
	} catch (error) {
		if (!isAdapterError(error) || signal.aborted) throw error;
	}
	const server = transport.server();
	if (server === undefined) return undefined;
	return {...endpointOf(server), ...(id === '' ? {} : {id})};
}
