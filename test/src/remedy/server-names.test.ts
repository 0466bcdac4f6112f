import {expect, test} from 'vitest';
import {systems} from '../../../bin/systems.ts';
import {serverNames} from '../../../src/remedy/server-names.ts';

/** The names of the server of a target with these settings. */
function namesOf(kind: string, settings: unknown, id?: string): readonly string[] {
	const system = systems.find(declared => declared.kind === kind);
	if (system === undefined) throw new Error(`there is no system ${kind}`);
	const target = {name: 'mine', kind, production: true, settings};
	return serverNames({target, system}, id === undefined ? undefined : {host: 'seen', id});
}

const hosts = [
	{host: 'DB2', port: 5432},
	{host: 'db1', port: 5433},
];

test.each([
	['postgres', {hosts, database: 'a'}, 'postgres db1:5433,db2:5432'],
	['redis', {host: 'Cache', port: 6379, replica: {host: 'other', port: 1}}, 'redis cache:6379'],
	['kafka', {brokers: hosts}, 'kafka db1:5433,db2:5432'],
	['prometheus', {url: 'https://prom/a'}, 'prometheus https://prom/a'],
	['alertmanager', {url: 'https://alerts'}, 'alertmanager https://alerts'],
	['kubernetes', {}, 'kubernetes target mine'],
])('the server of a target of kind %s has a name that does not depend on the target', (kind, settings, name) => {
	expect(namesOf(kind, settings)).toEqual([name]);
});

test('the id that the server reports is another of its names', () => {
	expect(namesOf('redis', {host: 'a', port: 1}, 'run7')).toEqual(['redis a:1', 'redis id run7']);
	expect(namesOf('kubernetes', {}, 'uid7')).toEqual(['kubernetes id uid7']);
});
