import {systemClock} from '../../src/time/clock.ts';
import {version} from '../version.ts';
import type {JsonOutput} from './json-schema.ts';
import {jsonValue} from './json-value.ts';

/**
 * Formats the output of a command with `--json`: one envelope for all commands, described by docs/json-schema.json.
 * @param now epoch milliseconds.
 */
export function jsonOutput(
	kind: JsonOutput['kind'],
	exitCode: number,
	data: object,
	now: number = systemClock.now(),
): string {
	const envelope = {schemaVersion: 1, kind, midwatch: version, at: new Date(now).toISOString(), exitCode, data};
	return `${JSON.stringify(jsonValue(envelope), undefined, '\t')}\n`;
}

/** Names of fields of a row that hold a time in epoch milliseconds. A new one must end in `At`, `Since` or `Until`. */
const timeName = /^(?:at|since|starts|ends)$|(?:At|Since|Until)$/;

/** Replaces times in epoch milliseconds by ISO 8601, in a value and everything in it. */
export function withIsoTimes(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withIsoTimes);
	if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, member]) => [
			name,
			timeName.test(name) && typeof member === 'number' && Number.isFinite(member)
				? new Date(member).toISOString()
				: withIsoTimes(member),
		]),
	);
}
