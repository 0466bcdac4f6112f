import {readOnlyRefusal} from '../../../src/errors.ts';
import type {
	ApiObject,
	DeleteOptions,
	KubernetesPort,
	KubernetesWriteContext,
	Patch,
} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from './errors.ts';
import type {ApiRequest} from './http-exchange.ts';
import {metadataOf} from './list.ts';
import {apiPath, watchedResources} from './resources.ts';
import type {ApiTransport} from './transport.ts';

const contentTypes: Readonly<Record<Patch['type'], string>> = {
	strategic: 'application/strategic-merge-patch+json',
	merge: 'application/merge-patch+json',
	json: 'application/json-patch+json',
};

/** Admission webhooks may take 30 s each. */
const headersTimeoutMs = 35_000;

/** Validates the metadata of a complete object that the API returned. @throws AdapterError `malformed` when it has none. */
export function apiObject(answer: unknown): ApiObject {
	const metadata = metadataOf(answer);
	const object = answer as ApiObject;
	return {...object, metadata: {...metadata, ...object.metadata}};
}

const deleteOptions = ({dryRun, preconditions, gracePeriodSeconds, propagation}: DeleteOptions) => ({
	...(dryRun ? {dryRun: ['All']} : {}),
	...(Object.keys(preconditions).length === 0 ? {} : {preconditions}),
	...(gracePeriodSeconds === undefined ? {} : {gracePeriodSeconds}),
	...(propagation === undefined ? {} : {propagationPolicy: propagation}),
});

type WriteRequest = Omit<ApiRequest, 'pool' | 'record' | 'headersTimeoutMs'>;

/** Sends a write once, on a connection of its own, and returns the answer. */
type SendWrite = (request: WriteRequest, context: KubernetesWriteContext) => Promise<unknown>;

/** The writes of one connection. `onDenied` is called when the server denies one (403). */
export function createWrites(
	transport: ApiTransport,
	options: {readonly readOnly: boolean; onDenied(): void},
): Pick<KubernetesPort, 'patch' | 'remove' | 'evict'> {
	const send: SendWrite = async (request, context) => {
		if (options.readOnly) throw readOnlyRefusal();
		const write: ApiRequest = {
			...request,
			pool: 'write',
			record: context.record,
			headersTimeoutMs,
			silenceTimeoutMs: headersTimeoutMs,
		};
		try {
			return await transport.json(write, context.signal);
		} catch (error) {
			if (findApiRefusal(error)?.code === 403) options.onDenied();
			throw error;
		}
	};
	return {
		async patch({type, namespace, name, subresource}, patch, {dryRun, fieldManager = 'midwatch'}, context) {
			const answer = await send(
				{
					method: 'PATCH',
					path: apiPath(type, namespace, name, subresource),
					query: {dryRun: dryRun ? 'All' : undefined, fieldManager},
					body: patch.body,
					contentType: contentTypes[patch.type],
					operation: `patch ${type.resource}${subresource === undefined ? '' : `/${subresource}`} ${name}`,
				},
				context,
			);
			return apiObject(answer);
		},
		async remove({type, namespace, name}, deletion, context) {
			await send(
				{
					method: 'DELETE',
					path: apiPath(type, namespace, name),
					body: {apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions(deletion)},
					operation: `delete ${type.resource} ${name}`,
				},
				context,
			);
		},
		evict: (pod, deletion, context) => evict(pod, deletion, context, send),
	};
}

async function evict(
	{namespace, name}: Parameters<KubernetesPort['evict']>[0],
	deletion: Parameters<KubernetesPort['evict']>[1],
	context: KubernetesWriteContext,
	send: SendWrite,
): Promise<void> {
	const sendVersion = (apiVersion: string) =>
		send(
			{
				method: 'POST',
				path: apiPath(watchedResources.pods.type, namespace, name, 'eviction'),
				// For a subresource that is created, the server reads dryRun from the query.
				query: {dryRun: deletion.dryRun ? 'All' : undefined},
				body: {apiVersion, kind: 'Eviction', metadata: {name, namespace}, deleteOptions: deleteOptions(deletion)},
				operation: `evict pod ${name}`,
			},
			context,
		);
	try {
		await sendVersion('policy/v1');
	} catch (error) {
		// Servers before 1.22 only know v1beta1, and refuse v1 before they look at the pod.
		const {message = ''} = findApiRefusal(error) ?? {};
		const isOld =
			/no kind "Eviction" is registered/i.test(message) || (/unknown/i.test(message) && /policy\/v1/.test(message));
		if (!isOld) throw error;
		await sendVersion('policy/v1beta1');
	}
}
