import type {Context} from '../../../src/contract/context.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {EventObject} from '../../../src/port/kubernetes-objects.ts';
import {formatDuration} from '../../../src/text/format.ts';
import {watchedResources} from '../api/resources.ts';
import {eventTime} from './pod-facts.ts';

export type InvolvedObject = {readonly kind: string; readonly name: string; readonly uid: string};

const maxEvents = 200;

/** Reads the events about these objects, newest first. The server keeps events for about an hour. */
export async function readEvents(
	port: KubernetesPort,
	namespace: string,
	about: readonly InvolvedObject[],
	context: Context,
): Promise<readonly EventObject[]> {
	const {type} = watchedResources.events;
	const lists = await Promise.all(
		about.map(({uid}) =>
			port.list({type, namespace, fieldSelector: `involvedObject.uid=${uid}`, limit: maxEvents}, context),
		),
	);
	return lists
		.flatMap(({items}) => items as unknown as readonly EventObject[])
		.toSorted((a, b) => eventTime(b) - eventTime(a))
		.slice(0, maxEvents);
}

function eventLine(event: EventObject, now: number, named: boolean): DocumentLine {
	const {type, reason = '', message = '', involvedObject, count, series} = event;
	const times = series?.count ?? count ?? 1;
	const often = times > 1 ? ` x${times}` : '';
	const object = named ? `${involvedObject?.kind ?? ''} ${involvedObject?.name ?? ''}  ` : '';
	const text = `${formatDuration((now - eventTime(event)) / 1000).padStart(6)}  ${reason}${often}  ${object}${message.trim()}`;
	return type === 'Warning' ? {text, severity: 'warn'} : {text};
}

export const eventLines = (events: readonly EventObject[], now: number, named: boolean): readonly DocumentLine[] =>
	events.length === 0
		? [{text: 'No recent events. The server keeps events for about an hour.'}]
		: events.map(event => eventLine(event, now, named));

/** Reads the events and formats them; one line with the reason when they cannot be read. */
export async function readEventLines(
	port: KubernetesPort,
	namespace: string,
	about: readonly InvolvedObject[],
	context: Context,
): Promise<readonly DocumentLine[]> {
	try {
		return eventLines(
			await readEvents(port, namespace, about, context),
			context.now(),
			new Set(about.map(({name}) => name)).size > 1,
		);
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return [{text: `Events cannot be read: ${error.message}. ${error.hint}`, severity: 'unknown'}];
	}
}
