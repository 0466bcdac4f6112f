import {describe, expect, it} from 'vitest';
import {objectDiff} from '../../../../src/model/kubernetes/object-diff.ts';

const containers = (...all: readonly object[]) => ({spec: {containers: all}});

describe('the differences of two objects', () => {
	it.each<[string, unknown, unknown, unknown]>([
		['equal objects', {a: {b: 1}}, {a: {b: 1}}, []],
		['a value', {a: {b: 1}}, {a: {b: 2}}, [{field: 'a.b', before: '1', after: '2'}]],
		['a text', {image: 'api:1'}, {image: 'api:2'}, [{field: 'image', before: 'api:1', after: 'api:2'}]],
		['a new field', {}, {a: true}, [{field: 'a', before: '', after: 'true'}]],
		['a removed field', {a: {b: 1}}, {}, [{field: 'a.b', before: '1', after: ''}]],
		[
			'containers in another order, by name',
			containers({name: 'api', image: 'api:1'}, {name: 'log', image: 'log:1'}),
			containers({name: 'log', image: 'log:1'}, {name: 'api', image: 'api:2'}),
			[{field: 'spec.containers[api].image', before: 'api:1', after: 'api:2'}],
		],
		[
			'a list without names, by index',
			{args: ['a', 'b']},
			{args: ['a', 'c']},
			[{field: 'args[1]', before: 'b', after: 'c'}],
		],
		['an object that becomes a text', {a: {b: 1}}, {a: 'c'}, [{field: 'a', before: '{"b":1}', after: 'c'}]],
	])('of %s', (_, before, after, changes) => {
		expect(objectDiff(before, after)).toEqual(changes);
	});

	it('show a text of 160 characters entirely, and cut a longer one', () => {
		const [exact, longer] = ['x'.repeat(160), 'y'.repeat(161)];
		expect(objectDiff({a: exact}, {a: longer})).toEqual([{field: 'a', before: exact, after: `${'y'.repeat(159)}…`}]);
	});

	it('never show the value of an environment variable', () => {
		const env = (...all: readonly object[]) => containers({name: 'api', env: all});
		const changes = [
			...objectDiff(env({name: 'TOKEN', value: 'secret1'}), env({name: 'TOKEN', value: 'secret2'})),
			...objectDiff(env({name: 'A', value: 'b'}), env({name: 'A', value: 'b'}, {name: 'TOKEN', value: 'secret3'})),
			...objectDiff(env({name: 'TOKEN', value: 'secret4'}, {name: 'A'}), env({name: 'A'})),
		];
		expect(JSON.stringify(changes)).not.toContain('secret');
		expect(changes).toContainEqual({
			field: 'spec.containers[api].env[TOKEN].value',
			before: '(not shown)',
			after: '(not shown, changed)',
		});
	});
});
