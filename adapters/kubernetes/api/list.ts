import {AdapterError} from '../../../src/errors.ts';
import type {PodGlimpse, ResourceType} from '../../../src/port/kubernetes.ts';
import type {Metadata} from '../../../src/port/kubernetes-objects.ts';
import {refusalOf} from './errors.ts';
import {readItems} from './json-stream.ts';
import {trimmed} from './projection.ts';
import {metadataShape, pathOf} from './resources.ts';
import type {Query, Transport} from './transport.ts';

/** As kubectl. A page is one answer of about 3 MB for pods. */
const pageSize = 500;
/** The answer to a whole list begins late on a server under load. */
const headMs = 30_000;

export type ListRequest = {
	readonly type: ResourceType;
	/** Empty: all. */
	readonly namespace: string;
	readonly fieldSelector?: string | undefined;
	readonly labelSelector?: string | undefined;
	readonly accept?: string | undefined;
};

type Page = {readonly resourceVersion: string; readonly next: string};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

async function readPage(
	transport: Transport,
	request: ListRequest,
	query: Query,
	signal: AbortSignal,
	take: (item: unknown) => void,
): Promise<Page> {
	const asked = `list ${request.type.resource}${request.namespace === '' ? '' : ` of namespace ${request.namespace}`}`;
	const {fieldSelector, labelSelector, accept} = request;
	const answer = await transport.open(
		{
			method: 'GET',
			path: pathOf(request.type, request.namespace),
			query: {fieldSelector, labelSelector, ...query},
			accept,
			pool: 'read',
			asked,
			headMs,
		},
		signal,
	);
	try {
		const top = await readItems(answer.chunks, 'items', take);
		const metadata = fields(top['metadata']);
		return {resourceVersion: text(metadata['resourceVersion']), next: text(metadata['continue'])};
	} finally {
		answer.close();
	}
}

/**
 * All pages of a list, or as many as `until` wants. An answer that cannot be continued because it took too long begins anew, without pages.
 * @returns the version that a watch goes on from, and whether there is more.
 */
export async function listAll(
	transport: Transport,
	request: ListRequest,
	signal: AbortSignal,
	on: {
		/** The list begins, again perhaps: what was taken before is not part of it. */
		begin(): void;
		take(item: unknown): void;
		/** A page has been read, and more are to come: whether they are wanted. */
		page(): boolean;
	},
): Promise<Page> {
	on.begin();
	let limit: number | undefined = pageSize;
	let next: string | undefined;
	for (;;) {
		try {
			const page: Page = await readPage(transport, request, {limit, continue: next}, signal, item => on.take(item));
			if (page.next === '' || !on.page()) return page;
			next = page.next;
		} catch (error) {
			if (next === undefined || refusalOf(error)?.code !== 410) throw error;
			next = undefined;
			limit = undefined;
			on.begin();
		}
	}
}

/** The metadata of any object. @throws AdapterError `malformed` when it has none. */
export function metadataOf(object: unknown): Metadata {
	const found = trimmed<Metadata>(fields(object)['metadata'], metadataShape);
	if (found?.name === undefined) {
		throw new AdapterError(
			'malformed',
			'an object without a name',
			'Check what stands between here and the API server.',
		);
	}
	return {...found, name: found.name, ...bare(found)};
}

const bare = ({namespace = '', uid = '', resourceVersion = ''}: Partial<Metadata>) => ({
	namespace,
	uid,
	resourceVersion,
});

/** Pods as the server's table: a quarter of the bytes, and the words of `kubectl get pods`. */
export async function readGlimpse(
	transport: Transport,
	request: ListRequest,
	signal: AbortSignal,
): Promise<readonly PodGlimpse[]> {
	const rows: {readonly cells: readonly unknown[]; readonly metadata: Metadata}[] = [];
	const answer = await transport.open(
		{
			method: 'GET',
			path: pathOf(request.type, request.namespace),
			accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
			pool: 'read',
			asked: 'list pods as a table',
			headMs,
		},
		signal,
	);
	let top: Readonly<Record<string, unknown>>;
	try {
		top = await readItems(answer.chunks, 'rows', row => {
			const {cells, object} = fields(row);
			if (Array.isArray(cells)) rows.push({cells, metadata: metadataOf(object)});
		});
	} finally {
		answer.close();
	}
	const columns = Array.isArray(top['columnDefinitions']) ? top['columnDefinitions'] : [];
	const names = columns.map(column => text(fields(column)['name']).toLowerCase());
	const cell = (cells: readonly unknown[], name: string): string => {
		const value = cells[names.indexOf(name)];
		return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
	};
	return rows.map(({cells, metadata}) => {
		const node = cell(cells, 'node');
		return {
			metadata,
			ready: cell(cells, 'ready'),
			status: cell(cells, 'status'),
			restarts: cell(cells, 'restarts'),
			node: node === '' || node === '<none>' ? undefined : node,
		};
	});
}
