import {readOnlyRefusal} from '../../../src/errors.ts';
import type {
	ApiObject,
	DeleteOptions,
	KubernetesPort,
	KubernetesWriteContext,
	Patch,
} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from './errors.ts';
import {metadataOf} from './list.ts';
import {apiPath, watchedResources} from './resources.ts';
import type {ApiRequest, ApiTransport} from './transport.ts';

const contentTypes: Readonly<Record<Patch['type'], string>> = {
	strategic: 'application/strategic-merge-patch+json',
	merge: 'application/merge-patch+json',
	json: 'application/json-patch+json',
};

/** Admission webhooks may take 30 s each. */
const headersTimeoutMs = 35_000;

/** An answer of the API as an object of ours, whole: long annotations and managed fields too. @throws AdapterError `malformed` when it has no metadata. */
export function apiObject(answer: unknown): ApiObject {
	const metadata = metadataOf(answer);
	const whole = answer as ApiObject;
	return {...whole, metadata: {...metadata, ...whole.metadata}};
}

const deleteOptions = ({dryRun, preconditions, gracePeriodSeconds, propagation}: DeleteOptions) => ({
	...(dryRun ? {dryRun: ['All']} : {}),
	...(Object.keys(preconditions).length === 0 ? {} : {preconditions}),
	...(gracePeriodSeconds === undefined ? {} : {gracePeriodSeconds}),
	...(propagation === undefined ? {} : {propagationPolicy: propagation}),
});

/** What changes the cluster. Each goes out once, on a connection of its own. */
export function createWrites(
	transport: ApiTransport,
	options: {readonly readOnly: boolean; denied(): void},
): Pick<KubernetesPort, 'patch' | 'remove' | 'evict'> {
	async function act(
		request: Omit<ApiRequest, 'pool' | 'record' | 'headersTimeoutMs'>,
		context: KubernetesWriteContext,
	) {
		if (options.readOnly) throw readOnlyRefusal();
		try {
			const whole: ApiRequest = {
				...request,
				pool: 'write',
				record: context.record,
				headersTimeoutMs: headersTimeoutMs,
				silenceTimeoutMs: headersTimeoutMs,
			};
			return await transport.json(whole, context.signal);
		} catch (error) {
			if (findApiRefusal(error)?.code === 403) options.denied();
			throw error;
		}
	}

	return {
		async patch(
			{type, namespace, name, subresource},
			{type: kind, body},
			{dryRun, fieldManager = 'midwatch'},
			context,
		) {
			const answer = await act(
				{
					method: 'PATCH',
					path: apiPath(type, namespace, name, subresource),
					query: {dryRun: dryRun ? 'All' : undefined, fieldManager},
					body,
					contentType: contentTypes[kind],
					operation: `patch ${type.resource}${subresource === undefined ? '' : `/${subresource}`} ${name}`,
				},
				context,
			);
			return apiObject(answer);
		},
		async remove({type, namespace, name}, wanted, context) {
			await act(
				{
					method: 'DELETE',
					path: apiPath(type, namespace, name),
					body: {apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions(wanted)},
					operation: `delete ${type.resource} ${name}`,
				},
				context,
			);
		},
		async evict({namespace, name}, wanted, context) {
			const send = (apiVersion: string) =>
				act(
					{
						method: 'POST',
						path: apiPath(watchedResources.pods.type, namespace, name, 'eviction'),
						// Of a subresource that creates, the server reads dryRun from the query.
						query: {dryRun: wanted.dryRun ? 'All' : undefined},
						body: {apiVersion, kind: 'Eviction', metadata: {name, namespace}, deleteOptions: deleteOptions(wanted)},
						operation: `evict pod ${name}`,
					},
					context,
				);
			try {
				await send('policy/v1');
			} catch (error) {
				// Servers before 1.22 know only v1beta1, and say so before they look at the pod.
				const {message = ''} = findApiRefusal(error) ?? {};
				const isOld =
					/no kind "Eviction" is registered/i.test(message) || (/unknown/i.test(message) && /policy\/v1/.test(message));
				if (!isOld) throw error;
				await send('policy/v1beta1');
			}
		},
	};
}
