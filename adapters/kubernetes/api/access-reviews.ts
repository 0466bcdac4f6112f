import type {Context} from '../../../src/contract/context.ts';
import type {ServerId} from '../../../src/contract/identity.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {AccessReview, AccessReviewResult, ServerIdentity} from '../../../src/port/kubernetes.ts';
import {asList, asObject, asText} from '../../../src/text/json-values.ts';
import {endpointOf} from '../../../src/text/url.ts';
import {findApiRefusal} from './errors.ts';
import type {ApiTransport} from './transport.ts';

const cacheMs = 5 * 60_000;

export type AccessReviews = {
	reviewAccess(question: AccessReview, context: Context): Promise<AccessReviewResult>;
	/** Forgets all cached answers. */
	clearCache(): void;
};

/** Reviews our own access (SelfSubjectAccessReview), which changes nothing. Answers are cached for five minutes, `unknown` is not. */
export function createAccessReviews(transport: ApiTransport): AccessReviews {
	const cache = new Map<string, {readonly answer: AccessReviewResult; readonly at: number}>();

	async function review({namespace, ...question}: AccessReview, signal: AbortSignal): Promise<AccessReviewResult> {
		const resourceAttributes = {...question, ...(namespace === '' ? {} : {namespace})};
		try {
			const answer = await transport.json(
				{
					method: 'POST',
					path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
					body: {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}},
					pool: 'read',
					operation: 'review our access',
				},
				signal,
			);
			const {allowed, denied, reason, evaluationError} = asObject(asObject(answer)['status']);
			if (typeof allowed !== 'boolean') {
				return {answer: 'unknown', reason: asText(evaluationError) || 'the server did not answer'};
			}
			if (allowed) return {answer: 'allowed', reason: asText(reason)};
			// An authoriser that could not decide is no denial.
			const failed = asText(evaluationError);
			if (failed !== '' && denied !== true) return {answer: 'unknown', reason: failed};
			return {answer: 'denied', reason: asText(reason)};
		} catch (error) {
			if (!isAdapterError(error) || signal.aborted) throw error;
			return {answer: 'unknown', reason: error.message};
		}
	}

	return {
		async reviewAccess(question, {signal, now}) {
			const key = JSON.stringify(question);
			const cached = cache.get(key);
			if (cached !== undefined && now() - cached.at < cacheMs) return cached.answer;
			const answer = await review(question, signal);
			if (answer.answer !== 'unknown') cache.set(key, {answer, at: now()});
			return answer;
		},
		clearCache: () => cache.clear(),
	};
}

/** Reads the version of the server and our user name and groups. Servers before 1.28 do not report the user: then it is empty. */
export async function readIdentity(transport: ApiTransport, {signal}: Context): Promise<ServerIdentity> {
	const version = await transport.json(
		{method: 'GET', path: '/version', pool: 'read', operation: 'read the version of the server'},
		signal,
	);
	const anonymous = {version: asText(asObject(version)['gitVersion']), user: '', groups: []};
	try {
		const review = await transport.json(
			{
				method: 'POST',
				path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
				body: {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'},
				pool: 'read',
				operation: 'review our identity',
			},
			signal,
		);
		const {username, groups} = asObject(asObject(asObject(review)['status'])['userInfo']);
		return {...anonymous, user: asText(username), groups: asList(groups).map(asText)};
	} catch (error) {
		// Not offered or not allowed: the rest of the server may still be readable.
		if (![403, 404, 405].includes(findApiRefusal(error)?.code ?? 0)) throw error;
		return anonymous;
	}
}

/** Endpoint of the API server, and as id the uid of the namespace kube-system, which lives as long as the cluster. No id when we may not read it. */
export async function readServerId(transport: ApiTransport, {signal}: Context): Promise<ServerId | undefined> {
	let id = '';
	try {
		const path = '/api/v1/namespaces/kube-system';
		const namespace = await transport.json(
			{method: 'GET', path, pool: 'read', operation: 'identify the cluster'},
			signal,
		);
		id = asText(asObject(asObject(namespace)['metadata'])['uid']);
	} catch (error) {
		if (!isAdapterError(error) || signal.aborted) throw error;
	}
	const server = transport.server();
	if (server === undefined) return undefined;
	return {...endpointOf(server), ...(id === '' ? {} : {id})};
}
