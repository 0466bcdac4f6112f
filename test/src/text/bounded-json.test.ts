import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {deepestJson, JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';

describe('JSON within bounds', () => {
	it('is what JSON.parse gives', () => {
		fc.assert(
			fc.property(fc.jsonValue(), value => {
				const text = JSON.stringify(value);
				expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
			}),
		);
		expect(parseBoundedJson('{"a":"\\\\","b":"[[\\"{"}')).toEqual({a: '\\', b: '[["{'});
		expect(() => parseBoundedJson('{')).toThrow(SyntaxError);
	});

	it('is refused when it is too deep, before it is parsed', () => {
		const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
		expect(parseBoundedJson(nested(deepestJson))).toHaveLength(1);
		expect(() => parseBoundedJson(nested(deepestJson + 1))).toThrow(JsonBoundError);
		expect(() => parseBoundedJson('{"a":'.repeat(1_000_000))).toThrow('is nested more than 200 levels deep');
		expect(parseBoundedJson(JSON.stringify({a: '['.repeat(10_000)}))).toEqual({a: '['.repeat(10_000)});
	});

	it('is refused when its values take too much memory', () => {
		expect(() => parseBoundedJson(`[${'{},'.repeat(4_000_000)}{}]`)).toThrow('more than 256 MB of memory');
	});

	it('takes linear time on backslashes and quotes', () => {
		for (const part of ['"\\', '\\"', '\\\\', '"\\\\'])
			expect(() => parseBoundedJson(`["${part.repeat(500_000)}`)).toThrow(SyntaxError);
	});
});
