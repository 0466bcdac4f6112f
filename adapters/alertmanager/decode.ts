import {AdapterError} from '../../src/errors.ts';
import type {AlertFacts, AlertmanagerStatus, Matcher, Silence} from '../../src/port/alertmanager.ts';
import {asList, asText, type JsonObject} from '../../src/text/json-values.ts';

/*
 * Decodes and checks responses of the API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. A response without a
 * field that identifies an alert or a silence, or says its state, time or matchers, is malformed; so is a status without version, start or state of
 * the cluster. Other fields have a default, also where the specification requires them: an empty text, no annotations, no receivers.
 */

const malformed = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${what} is not what an Alertmanager sends`,
		'Check `url` and its prefix: is it another server?',
	);

const isObject = (value: unknown): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function object(value: unknown, what: string): JsonObject {
	if (isObject(value)) return value;
	throw malformed(what);
}

function list(value: unknown, what: string): readonly unknown[] {
	if (Array.isArray(value)) return value;
	throw malformed(what);
}

function text(value: unknown, what: string): string {
	if (typeof value === 'string') return value;
	throw malformed(what);
}

function timestamp(value: unknown, what: string): string {
	const time = text(value, what);
	if (Number.isNaN(Date.parse(time))) throw malformed(what);
	return time;
}

const texts = (value: unknown): readonly string[] => asList(value).filter(item => typeof item === 'string');

const labels = (value: unknown, what: string): Readonly<Record<string, string>> =>
	Object.fromEntries(Object.entries(object(value, what)).map(([name, label]) => [name, text(label, what)]));

function oneOf<T extends string>(value: unknown, values: readonly T[], what: string): T {
	const match = values.find(candidate => candidate === value);
	if (match === undefined) throw malformed(what);
	return match;
}

function decodeAlert(value: unknown): AlertFacts {
	const alert = object(value, 'an alert');
	const status = object(alert['status'], 'the status of an alert');
	return {
		fingerprint: text(alert['fingerprint'], 'the fingerprint of an alert'),
		labels: labels(alert['labels'], 'the labels of an alert'),
		annotations: labels(alert['annotations'] ?? {}, 'the annotations of an alert'),
		state: oneOf(status['state'], ['active', 'suppressed', 'unprocessed'], 'the state of an alert'),
		silencedBy: texts(status['silencedBy']),
		inhibitedBy: texts(status['inhibitedBy']),
		receivers: list(alert['receivers'] ?? [], 'the receivers of an alert').map(receiver =>
			text(object(receiver, 'a receiver')['name'], 'the name of a receiver'),
		),
		startsAt: timestamp(alert['startsAt'], 'the start of an alert'),
		updatedAt: timestamp(alert['updatedAt'], 'the last update of an alert'),
		generatorURL: asText(alert['generatorURL']),
	};
}

function decodeMatcher(value: unknown): Matcher {
	const matcher = object(value, 'a matcher');
	return {
		name: text(matcher['name'], 'the label of a matcher'),
		value: text(matcher['value'], 'the value of a matcher'),
		isRegex: matcher['isRegex'] === true,
		// Absent before 0.22, which had no negative matchers.
		isEqual: matcher['isEqual'] !== false,
	};
}

function decodeSilence(value: unknown): Silence {
	const silence = object(value, 'a silence');
	const status = object(silence['status'], 'the status of a silence');
	return {
		id: text(silence['id'], 'the id of a silence'),
		state: oneOf(status['state'], ['pending', 'active', 'expired'], 'the state of a silence'),
		matchers: list(silence['matchers'], 'the matchers of a silence').map(decodeMatcher),
		startsAt: timestamp(silence['startsAt'], 'the start of a silence'),
		endsAt: timestamp(silence['endsAt'], 'the end of a silence'),
		updatedAt: timestamp(silence['updatedAt'], 'the last update of a silence'),
		createdBy: asText(silence['createdBy']),
		comment: asText(silence['comment']),
	};
}

/** Decodes the response of GET /alerts. @throws AdapterError `malformed` */
export const decodeAlertmanagerAlerts = (body: unknown): readonly AlertFacts[] =>
	list(body, 'the list of alerts').map(decodeAlert);

/** Decodes the response of GET /silences. @throws AdapterError `malformed` */
export const decodeSilences = (body: unknown): readonly Silence[] =>
	list(body, 'the list of silences').map(decodeSilence);

/** Decodes the response of GET /status, without the configuration, which may hold secrets. @throws AdapterError `malformed` */
export function decodeStatus(body: unknown): AlertmanagerStatus {
	const status = object(body, 'the status');
	const cluster = object(status['cluster'], 'the status of the cluster');
	return {
		version: text(object(status['versionInfo'], 'the version')['version'], 'the version'),
		uptime: timestamp(status['uptime'], 'the time it was started'),
		cluster: oneOf(cluster['status'], ['ready', 'settling', 'disabled'], 'the status of the cluster'),
		peers: Array.isArray(cluster['peers']) ? cluster['peers'].length : 0,
	};
}

/** Decodes the response of POST /silences: the id of the silence. @throws AdapterError `malformed` */
export const decodeSilenceId = (body: unknown): string =>
	text(object(body, 'the response to a new silence')['silenceID'], 'the id of the new silence');
